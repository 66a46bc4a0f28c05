// Claims about `hunch near|far cache`, while a proxy has the store open and when none has.
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { storePath } from '../../store/database.ts'
import { makeVersion } from '../shared/sample-version.ts'
import { leaveBehind, openKept, recall } from '../store/open-kept.ts'
import { startHunch } from './run-hunch.ts'

const [a, b, other] = ['http://site.example/a', 'http://site.example/b', 'http://other.example/']

async function run(t: Test, words: readonly string[]) {
  const hunch = startHunch(t, words)
  const code = await hunch.waitForEnd()
  return { code, out: hunch.stdout(), err: hunch.stderr() }
}

t.test('what is kept is listed, shown, verified and cleared, while a proxy that has it open notices', async t => {
  const data = t.testdir()
  const { kept } = openKept(t, data)
  const fields = [['Content-Type', 'text/plain']] as const
  for (const url of [a, b, other]) kept.add(makeVersion({ url, content: `content of ${url}`, fields }))
  await kept.written()
  const listed = await run(t, ['near', 'cache', 'list', '--json', '--data', data])
  t.strictSame(
    JSON.parse(listed.out)
      .map(({ url }: { url: string }) => url)
      .sort(),
    [other, a, b],
  )
  t.match((await run(t, ['far', 'cache', 'list', '--data', data])).out, /3 versions, \d+ bytes/)
  const shown = await run(t, ['near', 'cache', 'show', a, '--data', data])
  t.equal(shown.out, `content of ${a}`, 'the content alone')
  t.match(shown.err, /^url +http:\/\/site\.example\/a\n[^]*Content-Type: text\/plain/)
  t.match(await run(t, ['near', 'cache', 'clear', '--data', data]), { code: 2, err: /say one of --all/ })
  t.match(await run(t, ['near', 'cache', 'verify', '--data', data]), { code: 0, out: '3 versions read, 0 damaged\n' })
  t.match((await run(t, ['near', 'cache', 'clear', '--origin', a, '--data', data])).out, '2 versions forgotten')
  t.strictSame([await recall(kept, a), await recall(kept, other)], [[], [`content of ${other}`]])
  t.match((await run(t, ['near', 'cache', 'clear', '--all', '--json', '--data', data])).out, '{"cleared":1}')
  t.strictSame(await recall(kept, other), [])
})

t.test('verify finds what is damaged, says so, drops it, and ends with 1', async t => {
  const data = t.testdir()
  await leaveBehind(t, data, [
    { url: a, content: 'one' },
    { url: b, content: 'two' },
  ])
  const db = new DatabaseSync(storePath(data))
  db.exec(`UPDATE pieces SET bytes = x'000000' WHERE bytes = CAST('two' AS BLOB)`)
  db.close()
  const { code, out } = await run(t, ['near', 'cache', 'verify', '--data', data])
  t.equal(code, 1)
  t.match(out, /^dropped http:\/\/site\.example\/b: its content .*\n2 versions read, 1 damaged\n$/)
  t.match(await run(t, ['near', 'cache', 'verify', '--data', data]), { code: 0, out: '1 versions read, 0 damaged\n' })
})

t.test('what is wrong is said in one line', async t => {
  const data = t.testdir({ 'versions.db': 'no database' })
  for (const [words, code, said] of [
    [['list', '--data', `${data}/nowhere`], 0, /^$/],
    [['list', '--data', data], 1, /^hunch near: The store .* cannot be used: file is not a database\. .*\n$/],
    [['clear', '--data', `${data}/nowhere`], 2, /say one of --all/],
    [['shwo'], 2, /there is no verb shwo/],
    [['show', 'nonsense', '--data', data], 2, /"nonsense" is not a web address/],
  ] as const) {
    const ended = await run(t, ['near', 'cache', ...words])
    t.equal(ended.code, code, words.join(' '))
    t.match(ended.err, said)
  }
})
