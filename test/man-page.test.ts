// Claims about the manual page: it is current, and it is roff that formatters take without a word.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { flagOf, optionNames } from '../shared/config/options.ts'
import { describeManPage, readVersion } from './man-page.ts'

const page = describeManPage(readVersion())

t.test('docs/hunch.1 is what the tables say: npm run docs', async t => {
  t.equal(readFileSync(new URL('../docs/hunch.1', import.meta.url), 'utf8'), page)
})

t.test('every option can be copied from it as it is typed', async t => {
  for (const name of optionNames) t.ok(page.includes(`\\fB${flagOf(name).replaceAll('-', String.raw`\-`)}\\fR`), name)
})

t.test('groff takes it without a warning', async t => {
  const { error, stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-P-cbou'], {
    input: page,
    encoding: 'utf8',
  })
  if (error) return t.comment('groff is not installed: not tried')
  t.equal(stderr, '')
  t.match(stdout, /hunch far init \[--install\]/)
})
