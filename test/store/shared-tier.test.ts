// Claims about versions that several machines share: real servers, each opening of the store is another machine.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  type RunningRedis,
  startRedis,
  startRedisCluster,
  startSecureRedis,
} from '../../loadtest/store/running-redis.ts'
import { LearntKeeper } from '../../store/learnt.ts'
import { READ_MS, SharedTier } from '../../store/shared-tier.ts'
import { UrlHistory } from '../../shared/exchange/url-history.ts'
import { sharedNames } from '../../shared/store/shared-names.ts'
import { shorten, type Scope } from '../../shared/version.ts'
import { makeLeaf, trust } from '../pair/tls-origin.ts'
import { makeVersion, URL_A } from '../shared/sample-version.ts'
import { openKept } from './open-kept.ts'

const text = (word: string) => `${word} `.repeat(1000)
const PUBLIC: readonly Scope[] = ['public']

t.test('what one machine stored another recalls, and keeps on its own disk', async t => {
  const server = await start(t)
  const [one, other] = [await open(t, server.url), await open(t, server.url)]
  const version = makeVersion({ content: text('page'), fields: [['Content-Type', 'text/html']] })
  one.kept.add(version)
  await one.shared.written()
  t.strictSame(await recall(other.kept), [text('page')])
  t.strictSame(other.kept.of(URL_A, PUBLIC)[0]?.fields, version.fields)
  await other.kept.written()
  server.signal('SIGSTOP')
  const { kept: again } = openKept(t, other.dataDir)
  t.strictSame(await recall(again), [text('page')])
})

t.test('a private version is found by the near whose it is, and by no other', async t => {
  const server = await start(t)
  const [one, other] = [await open(t, server.url), await open(t, server.url)]
  const version = makeVersion({ content: text('mine'), scope: 'private:ada' })
  one.kept.add(version)
  await one.shared.written()
  const digests = [shorten(version.digest)]
  await other.kept.recall({ url: URL_A, scopes: ['public', 'private:bob'], digests, siblings: true })
  t.strictSame(other.kept.all(), [])
  await other.kept.recall({ url: `${URL_A}/else`, scopes: ['public', 'private:ada'], digests, siblings: false })
  t.equal(other.kept.find(digests[0]!, ['private:ada'])?.digest, version.digest, 'named by its digest alone')
})

t.test('what others stored earlier stays behind what is newer here, and confirmations count', async t => {
  const server = await start(t)
  const [one, other] = [await open(t, server.url), await open(t, server.url)]
  one.kept.add(makeVersion({ content: text('old'), storedAt: 1000 }))
  await one.shared.written()
  other.kept.add(makeVersion({ content: text('new'), storedAt: 2000 }))
  await other.shared.written()
  t.strictSame(await recall(other.kept), [text('new'), text('old')])
  t.strictSame(await recall(one.kept), [text('new'), text('old')])
  one.kept.add(makeVersion({ content: text('old'), storedAt: 3000, fields: [['ETag', '"again"']] }))
  await one.shared.written()
  t.strictSame(await recall(other.kept), [text('old'), text('new')])
  t.strictSame(other.kept.of(URL_A, PUBLIC)[0]?.fields, [['ETag', '"again"']])
  one.kept.invalidate(URL_A, PUBLIC)
  await one.shared.written()
  await recall(other.kept)
  t.ok(other.kept.of(URL_A, PUBLIC).every(({ freshness }) => freshness.facts.mustBeValidated))
})

t.test('siblings are found by their origin', async t => {
  const server = await start(t)
  const [one, other] = [await open(t, server.url), await open(t, server.url)]
  one.kept.add(makeVersion({ content: text('one'), url: 'http://site.example/news?page=1' }))
  await one.shared.written()
  const url = 'http://site.example/news?page=2'
  await other.kept.recall({ url, scopes: PUBLIC, siblings: true })
  t.strictSame(
    other.kept.ofOrigin(url, PUBLIC).map(version => version.url),
    ['http://site.example/news?page=1'],
  )
})

t.test('nothing that was changed on the server is believed', async t => {
  const server = await start(t)
  const one = await open(t, server.url)
  const version = makeVersion({ content: text('right') })
  one.kept.add(version)
  await one.shared.written()
  const forged = makeVersion({ content: text('wrong') })
  one.kept.add({ ...forged, url: `${URL_A}/other` })
  await one.shared.written()
  server.ask('COPY', sharedNames.content(forged.digest), sharedNames.content(version.digest), 'REPLACE')
  t.strictSame(await recall((await open(t, server.url)).kept), [], 'another content')
  server.ask('DEL', sharedNames.versions(URL_A, 'public'))
  server.ask('RENAME', sharedNames.versions(`${URL_A}/other`, 'public'), sharedNames.versions(URL_A, 'public'))
  t.strictSame(await recall((await open(t, server.url)).kept), [], 'the record of another URL')
  server.ask('LPUSH', sharedNames.versions(URL_A, 'public'), 'nonsense')
  t.strictSame(await recall((await open(t, server.url)).kept), [], 'no record')
})

t.test('what the fars of all machines have learnt each of them knows', async t => {
  const server = await start(t)
  const histories = await Promise.all(
    ['one', 'other'].map(async (host, at) => {
      const { kept, shared } = await open(t, server.url)
      const history = new UrlHistory()
      history.note(`http://${host}.example/`, 100 + at, 'public')
      const learnt = { kind: 'waits', entries: () => history.hostEntries(), restore: history.restore.bind(history) }
      const keeper = new LearntKeeper(kept, [learnt], shared)
      t.teardown(() => keeper.close())
      return { history, keeper }
    }),
  )
  for (const { keeper } of [...histories, ...histories]) await keeper.exchange()
  for (const { history } of histories) {
    t.strictSame(history.of('http://one.example/else', PUBLIC), [100])
    t.strictSame(history.of('http://other.example/else', PUBLIC), [101])
  }
})

t.test('a server that hangs, dies and comes back costs nothing but what it would have known', async t => {
  const server = await start(t)
  const clock = { now: 0 }
  const { kept, shared, lines } = await open(t, server.url, clock, 50)
  kept.add(makeVersion({ content: text('here') }))
  await shared.written()
  server.signal('SIGSTOP')
  for (let times = 0; times < 3; times++) t.strictSame(await recall(kept), [text('here')])
  t.match(lines, [/^the shared store cannot be used.*no answer within/])
  t.strictSame(await recall(kept), [text('here')])
  server.signal('SIGCONT')
  await server.kill()
  clock.now += 60_000
  t.strictSame(await recall(kept), [text('here')])
  t.equal(lines.length, 1, 'said once')
  await server.start()
  await untilRead(shared, clock)
  t.match(lines[1], /^the shared store can be used again/)
  kept.add(makeVersion({ content: text('here'), storedAt: 5 }))
  await shared.written()
  t.strictSame(
    await recall((await open(t, server.url)).kept),
    [text('here')],
    'a content that the server lost is written again',
  )
})

t.test('a lookup ends long before the server is given up', async t => {
  const server = await start(t)
  const { shared } = await open(t, server.url, { now: 0 }, READ_MS)
  server.signal('SIGSTOP')
  let isOver = false
  const looking = shared.members('none').finally(() => {
    isOver = true
  })
  t.equal(await shared.read(() => looking), undefined)
  t.notOk(isOver, 'the command is still under way')
  await t.rejects(looking, /timed out/)
})

t.test('over TLS a server is believed only with a certificate of an authority that this machine trusts', async t => {
  const leaf = await makeLeaf()
  const server = await startSecureRedis(leaf)
  t.teardown(() => server.close())
  const stranger = await open(t, server.url)
  stranger.kept.add(makeVersion({ content: text('unheard') }))
  await stranger.shared.written()
  for (let times = 0; times < 3; times++) await recall(stranger.kept, `${URL_A}/else`)
  t.match(stranger.lines, [/^the shared store cannot be used.*unable to verify the first certificate/])
  trust(t, leaf)
  const [one, other] = [await open(t, server.url), await open(t, server.url)]
  t.strictSame(await recall(other.kept), [], 'nothing came without trust')
  one.kept.add(makeVersion({ content: text('page') }))
  await one.shared.written()
  t.strictSame(await recall(other.kept), [text('page')])
  const plain = await open(t, server.url.replace('rediss', 'redis'))
  t.strictSame(await recall(plain.kept), [], 'it speaks nothing else')
})

t.test('three nodes of a cluster share the names, and one that dies takes only its own', async t => {
  const nodes = await startRedisCluster()
  t.teardown(async () => {
    for (const node of nodes) await node.close()
  })
  const url = `redis-cluster://127.0.0.1:${nodes[1]!.port}?nodes=127.0.0.1:${nodes[0]!.port}`
  const [one, other] = [await open(t, url), await open(t, url)]
  const urls = Array.from({ length: 40 }, (_, at) => `${URL_A}/${at}`)
  for (const each of urls) one.kept.add(makeVersion({ content: text(each), url: each }))
  await one.shared.written()
  for (const node of nodes) t.ok(Number(node.ask('DBSIZE')) > 0)
  for (const each of urls) t.equal((await recall(other.kept, each)).join(), text(each))
  await nodes[2]!.kill()
  for (const each of urls) t.equal((await recall(one.kept, each)).join(), text(each), 'its own are still there')
})

async function start(t: Test): Promise<RunningRedis> {
  const server = await startRedis()
  t.teardown(() => server.close())
  return server
}

/** One machine, with a disk of its own; patient, as this one may be busy. */
async function open(t: Test, url: string, clock = { now: 0 }, readMs = 5000) {
  const dataDir = await mkdtemp(join(tmpdir(), 'hunch-test-'))
  t.teardown(() => rm(dataDir, { recursive: true }))
  const lines: string[] = []
  const log = (facts: object, message: string) => void lines.push(`${message} ${JSON.stringify(facts)}`)
  const shared = new SharedTier({
    url: new URL(url),
    maxVersionsPerUrl: 4,
    readMs,
    log: { info: log, warn: log },
    now: () => clock.now,
  })
  t.teardown(() => shared.close())
  await shared.ready()
  return { ...openKept(t, dataDir, { clock, shared }), shared, lines, dataDir }
}

async function recall(kept: ReturnType<typeof openKept>['kept'], url = URL_A): Promise<string[]> {
  await kept.recall({ url, scopes: PUBLIC, siblings: false })
  return kept.of(url, PUBLIC).map(({ content }) => Buffer.from(content).toString())
}

/** Looks until the server answers again: connections come back in their own time. */
async function untilRead(shared: SharedTier, clock: { now: number }): Promise<void> {
  for (;;) {
    clock.now += 60_000
    if ((await shared.read(() => shared.members('none'), 1000)) !== undefined) return
    await shared.ready()
  }
}
