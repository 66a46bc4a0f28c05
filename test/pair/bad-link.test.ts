// Claims about a near whose far is not there, does not know it, or speaks another protocol; and about links that break.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { writeJoinedFar } from '../../proxy-near/credential.ts'
import { startNear } from '../../proxy-near/near.ts'
import { readConfig } from '../../shared/config/read-config.ts'
import { formatJoinUrl, type JoinUrl } from '../../shared/link/join-url.ts'
import { TestFar } from '../proxy-near/test-far.ts'
import { ask, begin, headOf, readAll } from './client.ts'
import { closedUrl, makeText, Origin } from './odd-origin.ts'
import { startPair, startValve } from './running-pair.ts'

async function makeDirectory(t: Test): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'hunch-test-'))
  t.teardown(() => rm(data, { recursive: true }))
  return data
}

/** A near that is started with the line that a far printed. */
async function startWith(t: Test, far: JoinUrl, data: string) {
  const argv = ['--listen', '127.0.0.1:0', '--log-level', 'silent', '--data', data, '--far', formatJoinUrl(far)]
  const near = await startNear(readConfig('near', { argv, env: {} }))
  t.teardown(() => near.close())
  return near
}

async function expectPage(t: Test, address: string, code: string, side = 'the link to the far proxy'): Promise<void> {
  const got = await ask(address, 'http://site.example/')
  t.match(got, { status: 502, complete: true, way: 'failed' }, code)
  t.ok(got.body.toString().endsWith(`\n[${code}, at ${side}]\n`), got.body.toString())
  const posted = await ask(address, 'http://site.example/', { method: 'POST', body: 'x'.repeat(100_000) })
  t.match(posted, { status: 502, complete: true }, `${code}, with a content`)
  const status = await ask(address, 'http://hunch.invalid/status.json')
  t.match(JSON.parse(status.body.toString()), { fault: { code } }, 'near says it of itself too')
}

t.test('a far that cannot be reached is a page that says so', async t => {
  const data = await makeDirectory(t)
  const far = await TestFar.start(t, { dataDir: join(data, 'far') })
  const near = await startWith(
    t,
    { ...(await far.url()), port: Number(new URL(await closedUrl()).port) },
    join(data, 'near'),
  )
  await expectPage(t, near.address, 'LINK_UNREACHABLE')
})

t.test('a code that is wrong, was used, or is too old is a page that says what to do', async t => {
  const data = await makeDirectory(t)
  const clock = { now: 0 }
  const far = await TestFar.start(t, { dataDir: join(data, 'far'), now: () => clock.now })
  const used = await far.url()
  const first = await startWith(t, used, join(data, 'first'))
  t.equal((await ask(first.address, 'http://hunch.invalid/healthz')).status, 200)
  await ask(first.address, 'http://site.example/')
  const old = await far.url()
  clock.now = 3_600_001
  for (const [name, url] of Object.entries({ wrong: await far.url('A'.repeat(22)), used, old })) {
    const near = await startWith(t, url, join(data, name))
    await expectPage(t, near.address, 'LINK_CREDENTIAL')
  }
})

t.test('a credential that far does not know any more is a page that says what to do', async t => {
  const data = await makeDirectory(t)
  const far = await TestFar.start(t, { dataDir: join(data, 'far') })
  const url = await far.url()
  await writeJoinedFar(join(data, 'near'), { url, credential: 'unknown.credential', nearId: 'x', version: 1 })
  const near = await startWith(t, { ...url, token: undefined }, join(data, 'near'))
  await expectPage(t, near.address, 'LINK_CREDENTIAL')
})

t.test('a far that speaks another version of the protocol is a page that names both', async t => {
  const data = await makeDirectory(t)
  const far = await TestFar.start(t, { dataDir: join(data, 'far'), versions: { min: 7, max: 9 } })
  const near = await startWith(t, await far.url(), join(data, 'near'))
  await expectPage(t, near.address, 'LINK_PROTOCOL')
  const got = await ask(near.address, 'http://site.example/')
  t.match(got.body.toString(), /Near speaks version 1 .* far speaks versions 7 to 9/)
})

t.test('a far with another key is a page that says so, and is sent nothing', async t => {
  const data = await makeDirectory(t)
  const far = await TestFar.start(t, { dataDir: join(data, 'far') })
  const security = { kind: 'pinned', pin: `sha256-${'A'.repeat(43)}` } as const
  const near = await startWith(t, { ...(await far.url()), security }, join(data, 'near'))
  await expectPage(t, near.address, 'LINK_PIN')
  t.equal(far.paths.length, 0)
})

/** Begins a response of which the client has the first part when the link breaks; gives what comes of it. */
async function breakInTheMiddle(t: Test, fields: Record<string, string>, first: string) {
  const pair = await startPair(t)
  const valve = await startValve(t, pair)
  const near = await pair.addNear({ through: valve })
  const origin = await Origin.start(t)
  const request = begin(near.address, `${origin.url}/long`)
  request.end()
  const { response } = await origin.next()
  const closed = once(response, 'close')
  response.writeHead(200, { 'content-type': 'text/html', ...fields }).write(first)
  const answer = await headOf(request)
  const all = readAll(answer)
  let length = 0
  const isThere = (chunk: Buffer) => (length += chunk.length) >= first.length
  await new Promise<void>(resolve => answer.on('data', chunk => isThere(chunk) && resolve()))
  valve.cut()
  await closed
  t.equal(response.writableFinished, false, 'the origin is let go')
  return { near, origin, all }
}

const long = makeText(50_000)

t.test('a link that breaks in the middle of a content: what follows comes over the next one, unseen', async t => {
  for (const fields of [{}, { etag: '"1"', 'x-request': '1' }]) {
    const { origin, all } = await breakInTheMiddle(t, fields, long.slice(0, 30_000))
    const { response } = await origin.next()
    response.writeHead(200, { 'content-type': 'text/html', ...fields, ...('etag' in fields && { 'x-request': '2' }) })
    response.end(long)
    const got = await all
    t.match(got, { status: 200, complete: true })
    t.equal(got.body.toString(), long)
  }
})

t.test('where what follows belongs to another content or head, the response breaks, and the link lives', async t => {
  for (const [name, fields, text] of [
    ['a byte that differs', {}, `${long.slice(0, 10)}?${long.slice(11)}`],
    ['fewer bytes', {}, long.slice(0, 20_000)],
    ['another field', { 'set-cookie': 'a=1' }, long],
    ['another validator', { etag: '"2"' }, long],
  ] as const) {
    const { near, origin, all } = await breakInTheMiddle(t, { etag: 'W/"1"' }, long.slice(0, 30_000))
    const { response } = await origin.next()
    response.writeHead(200, { 'content-type': 'text/html', etag: 'W/"1"', ...fields }).end(text)
    const got = await all
    t.match(got, { status: 200, complete: false }, name)
    t.ok(long.startsWith(got.body.toString()))
    const next = ask(near.address, `${origin.url}/next`)
    ;(await origin.next()).response.end('here again')
    t.equal((await next).body.toString(), 'here again')
  }
})

t.test('a link that breaks while the origin is thinking is asked again over a new one, unseen', async t => {
  const pair = await startPair(t)
  const valve = await startValve(t, pair)
  const near = await pair.addNear({ through: valve })
  const origin = await Origin.start(t)
  const asked = ask(near.address, origin.url)
  await origin.next()
  valve.cut()
  ;(await origin.next()).response.end('at last')
  const got = await asked
  t.match(got, { status: 200, way: 'fallback', complete: true })
  t.equal(got.body.toString(), 'at last')
})

t.test('what may change something is not asked again when the link breaks under it: its page says so', async t => {
  const pair = await startPair(t)
  const valve = await startValve(t, pair)
  const near = await pair.addNear({ through: valve })
  const origin = await Origin.start(t)
  for (const wish of [{ method: 'POST' }, { method: 'PUT', body: 'content' }]) {
    const asked = ask(near.address, origin.url, wish)
    await origin.next()
    valve.cut()
    const got = await asked
    t.match(got, { status: 502, complete: true, way: 'failed' }, wish.method)
    t.match(got.body.toString(), /\[LINK_CLOSED, at the link to the far proxy\]\n$/)
  }
  const deleting = ask(near.address, origin.url, { method: 'DELETE' })
  await origin.next()
  valve.cut()
  ;(await origin.next()).response.writeHead(204).end()
  t.match(await deleting, { status: 204, way: 'fallback' }, 'RFC 9110 §9.2.2: that may be repeated')
})
