// Claims about what a person reads about the options.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { describeOptions, describePage } from '../../../shared/config/describe.ts'
import { flagOf, optionNames, optionsOf, variableOf } from '../../../shared/config/options.ts'

t.test('docs/options.md is what the table says now (npm run docs writes it)', async t => {
  const page = await readFile(new URL('../../../docs/options.md', import.meta.url), 'utf8')
  t.equal(page, describePage())
})

t.test('the help of a command names each of its options once, and no others', async t => {
  for (const command of ['near', 'far', 'demo'] as const) {
    const named = [...describeOptions(command).matchAll(/^ {2}(--[\w-]+)/gm)].map(match => String(match[1]))
    t.same(named.sort(), optionsOf(command).map(flagOf).sort(), command)
  }
})

t.test('the help keeps to 120 columns', async t => {
  for (const command of ['near', 'far', 'demo'] as const) {
    for (const line of describeOptions(command).split('\n')) t.ok(line.length <= 120, line)
  }
})

t.test('the page names every flag and variable, in tables of five cells', async t => {
  const page = describePage()
  for (const name of optionNames) {
    t.ok(page.includes(`\`${flagOf(name)}`), name)
    t.ok(page.includes(`\`${variableOf(name)}\``), name)
  }
  for (const line of page.split('\n').filter(line => line.startsWith('|'))) {
    t.equal(line.split(/(?<!\\)\|/).length, 7, line)
  }
})
