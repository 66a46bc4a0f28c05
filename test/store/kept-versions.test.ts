// Claims about the versions that one proxy keeps, over real files.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { brotliDecompressSync } from 'node:zlib'
import t from 'tap'
import { compress, compressedOf } from '../../shared/store/compressed.ts'
import { shorten } from '../../shared/version.ts'
import { storePath } from '../../store/database.ts'
import { KeptVersions } from '../../store/kept-versions.ts'
import { get, makeVersion, NOW, URL_A } from '../shared/sample-version.ts'
import { leaveBehind, openKept, recall } from './open-kept.ts'

const DICTIONARY = { match: '/*', destinations: [], id: '', freshUntil: 1, credentials: '' }
const text = 'The same words come again and again. '.repeat(2000)

t.test('after a restart the versions of a URL are there, newest first, as they were', async t => {
  const dataDir = t.testdir()
  const fields = [['Cache-Control', 'max-age=60']] as const
  const [, two] = await leaveBehind(t, dataDir, [{ content: 'one' }, { content: text, fields, wholeBytes: 99 }])
  const { kept, lines } = openKept(t, dataDir)
  t.strictSame(kept.of(URL_A, ['public']), [], 'not before it is recalled')
  t.strictSame(await recall(kept, URL_A), [text, 'one'])
  const [newest] = kept.of(URL_A, ['public'])
  t.strictSame(
    { ...newest, content: Buffer.from(newest!.content), freshness: newest!.freshness.facts },
    { ...two, freshness: two!.freshness.facts },
  )
  t.ok(newest?.freshness.answers(get(), NOW + 59_000))
  t.strictSame(lines, [])
})

t.test('what is kept comes with the form in which it is sent, without compressing it again', async t => {
  const dataDir = t.testdir()
  await leaveBehind(t, dataDir, [{ content: text, fields: [['Content-Type', 'text/html']] }])
  const { kept } = openKept(t, dataDir)
  await recall(kept, URL_A)
  const [version] = kept.of(URL_A, ['public'])
  // Made now, at this quality, it would be another.
  const compressed = await compressedOf(version!.content, 1)
  t.strictSame(Buffer.from(compressed), await compress(Buffer.from(text)))
})

t.test('two processes see what the other stores, invalidates and drops', async t => {
  const dataDir = t.testdir()
  const { kept: one } = openKept(t, dataDir)
  const { kept: other } = openKept(t, dataDir)
  const fields = [['Cache-Control', 'max-age=60']] as const
  one.add(makeVersion({ content: 'first', fields }))
  await one.written()
  t.strictSame(await recall(other, URL_A), ['first'])
  other.add(makeVersion({ content: 'second' }))
  await other.written()
  t.strictSame(await recall(one, URL_A), ['second', 'first'])
  one.add(makeVersion({ content: 'first', fields }))
  await one.written()
  t.strictSame(await recall(other, URL_A), ['first', 'second'], 'what was stored again is newest')
  other.invalidate(URL_A, ['public'])
  other.add(makeVersion({ url: `${URL_A}/behind` }))
  await other.written()
  t.strictSame(await recall(one, URL_A), ['first', 'second'])
  t.notOk(one.of(URL_A, ['public'])[0]?.freshness.answers(get(), NOW))
  one.drop(URL_A, ['public'])
  one.add(makeVersion({ url: `${URL_A}/behind`, content: 'again' }))
  await one.written()
  t.strictSame(await recall(other, URL_A), [])
  t.strictSame([one.of(URL_A, ['public']), other.of(URL_A, ['public'])], [[], []])
})

t.test('a scope is recalled only for those who ask for it', async t => {
  const dataDir = t.testdir()
  const [secret] = await leaveBehind(t, dataDir, [{ content: 'secret', scope: 'private:a' }])
  const { kept } = openKept(t, dataDir)
  for (const scopes of [['public'], ['private:b'], ['public', 'private:']] as const) {
    await kept.recall({ url: URL_A, scopes, digests: [shorten(secret!.digest)], siblings: true })
    t.equal(kept.count, 0)
  }
  t.strictSame(await recall(kept, URL_A, ['private:a']), ['secret'])
})

t.test('a digest recalls the version that has it, and a new URL its siblings', async t => {
  const dataDir = t.testdir()
  const urls = [1, 2].map(id => `http://site.example/articles/${id}?page=1`)
  const [one] = await leaveBehind(t, dataDir, [
    ...urls.map(url => ({ url, content: `content of ${url}` })),
    { url: 'http://other.example/articles/3?page=1' },
  ])
  const { kept } = openKept(t, dataDir)
  const url = 'http://site.example/articles/3?page=1'
  await kept.recall({ url, scopes: ['public'], digests: [shorten(one!.digest)], siblings: false })
  t.equal(kept.find(shorten(one!.digest), ['public'])?.url, urls[0])
  t.equal(kept.count, 1)
  await kept.recall({ url, scopes: ['public'], siblings: true })
  t.strictSame(
    kept
      .ofOrigin(url, ['public'])
      .map(version => version.url)
      .sort(),
    urls,
  )
})

t.test('what another process stores is a sibling after a second; what is as it was is read once', async t => {
  const dataDir = t.testdir()
  const clock = { now: 1000 }
  const { kept } = openKept(t, dataDir, { clock })
  const { kept: other } = openKept(t, dataDir)
  const [known, next] = [1, 2].map(id => `http://site.example/articles/${id}`) as [string, string]
  const wanted = { url: next, scopes: ['public'], siblings: true } as const
  const names = async () => {
    await kept.recall(wanted)
    return kept.ofOrigin(next, ['public']).map(({ url }) => url)
  }
  t.strictSame(await names(), [])
  other.add(makeVersion({ url: known }))
  await other.written()
  clock.now = 1999
  t.strictSame(await names(), [], 'a list holds for a second')
  clock.now = 2000
  t.strictSame(await names(), [known])
})

t.test('the dictionaries of an origin are recalled for those who want them', async t => {
  const dataDir = t.testdir()
  const { kept } = openKept(t, dataDir)
  const dictionary = { ...makeVersion({ url: 'http://site.example/d' }), dictionary: DICTIONARY }
  kept.add(dictionary)
  await kept.close()
  const { kept: next } = openKept(t, dataDir)
  await next.recall({ url: URL_A, scopes: ['public'], siblings: false })
  t.strictSame(next.dictionariesOf(URL_A, ['public']), [])
  await next.recall({ url: URL_A, scopes: ['public'], siblings: false, dictionaries: true })
  t.strictSame(next.dictionariesOf(URL_A, ['public'])[0]?.dictionary, DICTIONARY)
})

t.test('the file and what lies beside it are for its owner only', async t => {
  const dataDir = `${t.testdir()}/data`
  const { kept } = openKept(t, dataDir)
  kept.add(makeVersion({ scope: 'private:a' }))
  await kept.written()
  t.equal(statSync(dataDir).mode & 0o777, 0o700)
  for (const suffix of ['', '-wal', '-shm']) {
    const path = `${storePath(dataDir)}${suffix}`
    t.ok(existsSync(path), path)
    t.equal(statSync(path).mode & 0o777, 0o600, path)
  }
})

t.test('the same content in many versions is on the disk once, and goes with the last of them', async t => {
  const dataDir = t.testdir()
  const content = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * at * 31 + at * 7) % 251))
  const urls = ['a', 'b', 'c'].map(path => `http://site.example/${path}`)
  await leaveBehind(
    t,
    dataDir,
    urls.map(url => ({ url, content })),
  )
  const count = () => {
    const db = new DatabaseSync(storePath(dataDir), { readOnly: true })
    const row = db.prepare('SELECT (SELECT count(*) FROM contents) AS c, (SELECT count(*) FROM pieces) AS p').get()
    db.close()
    return [row?.['c'], row?.['p']]
  }
  t.strictSame(count(), [1, 1])
  const { kept } = openKept(t, dataDir)
  kept.drop(urls[0]!, ['public'])
  kept.drop(urls[1]!, ['public'])
  await kept.close()
  t.strictSame(count(), [1, 1])
  const { kept: last } = openKept(t, dataDir)
  last.drop(urls[2]!, ['public'])
  await last.close()
  t.strictSame(count(), [0, 0])
})

t.test('a content of many pieces comes back whole', async t => {
  const dataDir = t.testdir()
  const content = Buffer.alloc(1_000_000)
  for (let at = 0, state = 1; at < content.length; at++) content[at] = (state = (state * 48271) % 2147483647) & 0xff
  await leaveBehind(t, dataDir, [{ content }])
  const { kept } = openKept(t, dataDir)
  await kept.recall({ url: URL_A, scopes: ['public'], siblings: false })
  t.ok(content.equals(kept.of(URL_A, ['public'])[0]!.content))
})

t.test('damaged bytes of a content or a record are never given: the version is dropped, once, with a line', async t => {
  const damages = [
    `UPDATE pieces SET bytes = zeroblob(length(bytes))`,
    `UPDATE pieces SET bytes = substr(bytes, 1, length(bytes) - 1)`,
    `DELETE FROM contents`,
    `UPDATE versions SET record = replace(record, '"status":200', '"status":201')`,
    `UPDATE versions SET seal = zeroblob(16)`,
    `UPDATE contents SET form = 'identity'`,
  ]
  const root = t.testdir()
  for (const [at, damage] of damages.entries()) {
    const dataDir = `${root}/${at}`
    await leaveBehind(t, dataDir, [{ content: text, fields: [['Content-Type', 'text/html']] }])
    const db = new DatabaseSync(storePath(dataDir))
    db.exec(damage)
    db.close()
    const { kept, lines } = openKept(t, dataDir)
    t.strictSame(await recall(kept, URL_A), [], damage)
    await kept.close()
    t.equal(lines.length, 1, damage)
    t.match(lines[0], /a kept version is damaged: it is dropped/)
    const { kept: again, lines: none } = openKept(t, dataDir)
    t.strictSame(await recall(again, URL_A), [])
    t.strictSame(none, [], 'the next process does not find it any more')
  }
})

t.test('another URL in the index of a record does not make it that URL’s', async t => {
  const dataDir = t.testdir()
  const [mine] = await leaveBehind(t, dataDir, [
    { content: 'mine', scope: 'private:a' },
    { content: 'yours', scope: 'private:b' },
  ])
  const db = new DatabaseSync(storePath(dataDir))
  db.exec(`UPDATE versions SET by_url = (SELECT by_url FROM versions WHERE scope = 'private:b'), scope = 'private:b'`)
  db.close()
  const { kept } = openKept(t, dataDir)
  t.strictSame(await recall(kept, URL_A, ['private:b']), ['yours'])
  t.equal(kept.find(shorten(mine!.digest), ['private:b']), undefined)
})

t.test('a file that is no store, or is torn in its middle, is emptied with a line, and works', async t => {
  const dataDir = t.testdir({ 'versions.db': 'this is no database, but long enough to be read as one '.repeat(100) })
  const { kept, lines } = openKept(t, dataDir)
  t.match(lines, [/is damaged \(file is not a database\): it is emptied/])
  kept.add(makeVersion({ content: 'new' }))
  await kept.close()
  const { kept: next } = openKept(t, dataDir)
  t.strictSame(await recall(next, URL_A), ['new'])
  await next.close()
  const bytes = readFileSync(storePath(dataDir))
  bytes.fill(0xee, 4096)
  writeFileSync(storePath(dataDir), bytes)
  const { kept: torn, lines: said } = openKept(t, dataDir)
  t.strictSame(await recall(torn, URL_A), [])
  torn.add(makeVersion({ content: 'newer' }))
  await torn.close()
  t.match(said.join('\n'), /damaged/)
  const { kept: last } = openKept(t, dataDir)
  t.strictSame(await recall(last, URL_A), ['newer'])
})

t.test('a store of a newer format is refused in words; one of an older format is emptied with a line', async t => {
  const dataDir = t.testdir()
  await leaveBehind(t, dataDir, [{}])
  const setFormat = (format: number) => {
    const db = new DatabaseSync(storePath(dataDir))
    db.exec(`PRAGMA user_version = ${format}`)
    db.close()
  }
  setFormat(99)
  t.throws(() => openKept(t, dataDir), {
    code: 'STORE_FORMAT',
    message: /has format 99, and this version of Hunch knows formats up to 3/,
  })
  setFormat(0)
  const { kept, lines } = openKept(t, dataDir)
  t.match(lines, [/has an older format: it is emptied/])
  t.strictSame(await recall(kept, URL_A), [])
  kept.add(makeVersion({ content: 'new' }))
  await kept.close()
  const { kept: next } = openKept(t, dataDir)
  t.strictSame(await recall(next, URL_A), ['new'])
})

t.test('a store of format 2 is brought to this one, with all that it has', async t => {
  // Three versions of a URL, one of them private, and a note, as format 2 wrote them.
  const file = brotliDecompressSync(readFileSync(new URL('format-2.db.br', import.meta.url)))
  const dataDir = t.testdir({ 'versions.db': file })
  const { kept, lines } = openKept(t, dataDir)
  t.strictSame(await recall(kept, URL_A), ['new '.repeat(100), 'old '.repeat(100)])
  t.strictSame(await recall(kept, URL_A, ['private:ada']), ['mine '.repeat(100)])
  t.match(kept.notes('hosts'), [{ name: 'a.example', text: '{"ms":7}' }])
  kept.add(makeVersion({ content: 'newer' }))
  kept.drop(URL_A, ['private:ada'])
  await kept.close()
  t.strictSame(lines, [])
  const db = new DatabaseSync(storePath(dataDir), { readOnly: true })
  t.teardown(() => db.close())
  t.match(db.prepare('PRAGMA integrity_check').get(), { integrity_check: 'ok' })
  const used = db.prepare(`SELECT sum(bytes) AS bytes FROM usage WHERE name GLOB 'scope *'`).get()
  t.match(db.prepare('SELECT sum(cost_bytes) AS bytes FROM versions').get(), used, 'what is counted is what there is')
  const tables = db.prepare(`SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name`)
  const fresh = `${dataDir}/fresh`
  await openKept(t, fresh).kept.close()
  const other = new DatabaseSync(storePath(fresh), { readOnly: true })
  t.teardown(() => other.close())
  t.strictSame(tables.all(), other.prepare(tables.sourceSQL).all(), 'the tables are those of a new file')
})

t.test('a file that another process replaced is left, and the new one used', async t => {
  const dataDir = t.testdir()
  const clock = { now: 0 }
  const { kept } = openKept(t, dataDir, { clock })
  kept.add(makeVersion({ content: 'old' }))
  await kept.written()
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${storePath(dataDir)}${suffix}`)
  await leaveBehind(t, dataDir, [{ content: 'theirs' }])
  clock.now = 1000
  t.strictSame(await recall(kept, URL_A), ['old', 'theirs'], 'memory still has its own')
  kept.add(makeVersion({ content: 'mine' }))
  await kept.close()
  const { kept: next } = openKept(t, dataDir)
  t.strictSame(await recall(next, URL_A), ['mine', 'theirs'])
})

t.test('a newer program that takes the store over costs a running one the disk, not the request', async t => {
  const dataDir = t.testdir()
  await leaveBehind(t, dataDir, [{}])
  const clock = { now: 0 }
  const { kept, lines } = openKept(t, dataDir, { clock })
  t.strictSame(await recall(kept, URL_A), ['content'])
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${storePath(dataDir)}${suffix}`, { force: true })
  const db = new DatabaseSync(storePath(dataDir))
  db.exec('CREATE TABLE versions (seq); PRAGMA user_version = 99')
  db.close()
  clock.now = 1000
  t.strictSame(await recall(kept, URL_A), ['content'], 'memory has it')
  t.match(lines, [/the store cannot be used: .*format 99/])
})

t.test('notes of the last process are there after a restart', async t => {
  const dataDir = t.testdir()
  const clock = { now: 7 }
  const { kept } = openKept(t, dataDir, { clock })
  kept.note('waits', 'a', '1')
  kept.note('waits', 'b', '2')
  kept.note('waits', 'a', '3')
  kept.note('link', 'a', '4')
  await kept.close()
  const { kept: next } = openKept(t, dataDir)
  const notes = next.notes('waits').map(({ name, text: said, at }) => [name, said, at])
  t.strictSame(
    notes.sort(([one], [other]) => String(one).localeCompare(String(other))),
    [
      ['a', '3', 7],
      ['b', '2', 7],
    ],
  )
})

t.test('without a disk nothing is recalled, noted or left behind', async t => {
  const silent = { info: () => {}, warn: () => {} }
  const memory = { maxBytes: 1_000_000, maxVersionsPerUrl: 4 }
  const kept = new KeptVersions({ memory, disk: undefined, log: silent, now: () => 0 })
  const version = makeVersion()
  kept.add(version)
  kept.note('a', 'b', 'c')
  await kept.recall({ url: URL_A, scopes: ['public'], siblings: true })
  t.strictSame(kept.of(URL_A, ['public']), [version])
  t.strictSame(kept.notes('a'), [])
  await kept.close()
})
