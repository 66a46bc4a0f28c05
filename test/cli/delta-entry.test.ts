// Claims about the package entry `hunch/delta`.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'

const entry = new URL('../../cli/delta-entry.js', import.meta.url).href
const page = readFileSync(new URL('../../docs/delta.md', import.meta.url), 'utf8')

t.test('the example of docs/delta.md runs, and says what happened', async t => {
  const example = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  const code = example.replace("'hunch/delta'", JSON.stringify(entry))
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code])
  t.equal(status, 0, stderr.toString())
  t.match(stdout.toString(), /^\d+ bytes make 13013: true\n(\d+ bytes are there\n)+$/)
})

t.test('every name that docs/delta.md lists is exported, and no other', async t => {
  const listed = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names]) =>
    [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  )
  const exported = Object.keys(await import(entry)).filter(name => name !== 'deltaFormats')
  t.same(new Set(exported), new Set(listed))
})
