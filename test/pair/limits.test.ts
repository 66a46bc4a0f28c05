// Claims about what far lets whom do: shares of each near, guessing, strangers; over real sockets.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type ClientHttp2Session, type IncomingHttpHeaders, connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FAR_AUTHORITY, HELLO_PATH, JOIN_PATH, PROTOCOL_FIELD } from '../../shared/link/protocol.ts'
import { LOCK_OUT } from '../../shared/limits/lock-out.ts'
import { ask, begin, headOf } from './client.ts'
import { Origin, makeText } from './odd-origin.ts'
import { type RunningPair, startPair } from './running-pair.ts'

const GUESS = `Bearer ${'A'.repeat(12)}.${'B'.repeat(43)}`

function openSession(t: Test, pair: RunningPair): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${pair.url.port}`, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  return session
}

/** The head of the answer to one request of a client of HTTP/2. */
async function tell(session: ClientHttp2Session, headers: Record<string, string>, body?: string) {
  const stream = session.request(headers, { endStream: body === undefined })
  stream.on('error', () => undefined)
  if (body !== undefined) stream.end(body)
  stream.resume()
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }]
  if (!stream.closed) await once(stream, 'close')
  return answer
}

const joinWith = (session: ClientHttp2Session, code: string) =>
  tell(
    session,
    { ':method': 'POST', ':path': JOIN_PATH, ':authority': FAR_AUTHORITY, 'content-type': 'application/json' },
    JSON.stringify({ code, versions: { min: 1, max: 1 } }),
  )

t.test('a near that asks more often than its share gets a 429 that says when to come back', async t => {
  const { near } = await startPair(t, { far: ['--asks-per-second-per-user', '1'] })
  const origin = await Origin.start(t, (_request, response) => void response.end('content'))
  const burst = 10
  for (let each = 0; each < burst; each++) t.equal((await ask(near.address, `${origin.url}/${each}`)).status, 200)
  const refused = await ask(near.address, `${origin.url}/more`)
  t.equal(refused.status, 429)
  t.match(refused.body.toString(), /\[FAR_SHARE, at the far proxy\]/)
  t.strictSame(refused.all('retry-after'), ['1'])
})

t.test('so many requests are under way at once; tunnels count, another near has room of its own', async t => {
  const pair = await startPair(t, { far: ['--asks-at-once-per-user', '2'] })
  const other = await pair.addNear()
  const origin = await Origin.start(t)
  const open = ['/a', '/b'].map(path => begin(pair.near.address, `${origin.url}${path}`))
  const heads = open.map(headOf)
  for (const request of open) request.end()
  const asked = [await origin.next(), await origin.next()]
  t.equal((await ask(pair.near.address, `${origin.url}/c`)).status, 429)
  const tunnel = connect(Number(new URL(`http://${pair.near.address}`).port), '127.0.0.1')
  tunnel.write(`CONNECT ${new URL(origin.url).host} HTTP/1.1\r\nHost: a\r\n\r\n`)
  const [answer] = (await once(tunnel, 'data')) as [Buffer]
  t.match(answer.toString(), /^HTTP\/1\.1 429 [^]*\r\nRetry-After: 1\r\n[^]*FAR_SHARE/)
  const others = ask(other.address, `${origin.url}/d`)
  const theirs = await origin.next()
  theirs.response.end()
  t.equal((await others).status, 200)
  for (const { response } of asked) response.end('done')
  for (const head of heads) t.equal((await head).statusCode, 200)
  for (const head of heads) (await head).resume()
})

t.test('who has had the bytes of a day is refused until some are there again', async t => {
  const { near } = await startPair(t, { far: ['--bytes-per-day-per-user', '1MiB'] })
  const origin = await Origin.start(t, (_request, response) => void response.end(makeText(3 * 1024 * 1024)))
  t.equal((await ask(near.address, `${origin.url}/large`)).status, 200)
  const refused = await ask(near.address, `${origin.url}/next`)
  t.equal(refused.status, 429)
  t.ok(Number(refused.all('retry-after')[0]) > 60, 'not before some of the day has passed')
})

t.test('without a share of processors contents come whole, and right', async t => {
  const { near } = await startPair(t, { far: ['--delta-cpu-percent-per-user', '0'] })
  let content = makeText(30_000)
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(content)
  })
  const ways = []
  for (const change of ['a', 'b', 'c']) {
    content = `${content}${change}`
    const got = await ask(near.address, origin.url)
    t.equal(got.body.toString(), content)
    ways.push(got.way)
  }
  t.strictSame(ways, ['whole', 'whole', 'whole'])
})

t.test('without speculations answers wait for the origin', async t => {
  const pair = await startPair(t, { far: ['--speculations-per-second-per-user', '0'] })
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'public, no-cache' }).end(makeText(30_000))
  })
  const other = await pair.addNear()
  t.equal((await ask(pair.near.address, origin.url)).way, 'whole')
  t.equal((await ask(other.address, origin.url)).way, 'whole')
})

t.test('guessing join codes is locked out, and so is a right code; who is known stays', async t => {
  const pair = await startPair(t)
  const session = openSession(t, pair)
  for (let each = 0; each < LOCK_OUT.freeFailures + 1; each++) {
    t.equal((await joinWith(session, `guess-${each}`))[':status'], 407)
  }
  const locked = await joinWith(session, pair.url.token ?? '')
  t.match(locked, { ':status': 429, 'hunch-fault': 'FAR_LOCKED_OUT', 'retry-after': '1' })
  const known = { 'proxy-authorization': `Bearer ${pair.credential}` }
  const hello = {
    ':method': 'POST',
    ':path': HELLO_PATH,
    ':authority': FAR_AUTHORITY,
    'content-type': 'text/plain',
    ...known,
  }
  const answer = await tell(session, hello, JSON.stringify({ versions: { min: 1, max: 1 } }))
  t.equal(answer[':status'], 200, 'a right credential is let in')
})

t.test('guessing credentials is locked out on asks, and told so alike for all', async t => {
  const pair = await startPair(t)
  const origin = await Origin.start(t, (_request, response) => void response.end())
  const session = openSession(t, pair)
  const guess = {
    ':path': '/',
    ':scheme': 'http',
    ':authority': new URL(origin.url).host,
    [PROTOCOL_FIELD]: '1',
    'proxy-authorization': GUESS,
  }
  const statuses = []
  for (let each = 0; each < LOCK_OUT.freeFailures + 3; each++) statuses.push((await tell(session, guess))[':status'])
  t.strictSame(statuses, [...Array.from({ length: LOCK_OUT.freeFailures + 1 }, () => 407), 429, 429])
  const { 'proxy-authorization': _, ...bare } = guess
  t.equal((await tell(session, bare))[':status'], 407, 'whoever shows none has not guessed')
})

t.test('the audit log has joins, refusals and lock-outs, and no secret', async t => {
  const path = join(t.testdir({}), 'audit.jsonl')
  const pair = await startPair(t, { far: ['--audit-log', path] })
  const session = openSession(t, pair)
  await joinWith(session, pair.url.token ?? '')
  for (let each = 0; each < LOCK_OUT.freeFailures + 20; each++) await joinWith(session, `guess-${each}`)
  const text = await readFile(path, 'utf8')
  const events = text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { event: string; address: string; audit: boolean })
  t.strictSame(
    events.map(({ event }) => event),
    ['joined', ...Array.from({ length: LOCK_OUT.freeFailures }, () => 'refused'), 'locked-out'],
    'what is refused while it is locked out makes no more lines',
  )
  t.ok(events.every(({ audit, address }) => audit && address.includes('127.0.0.1')))
  t.notMatch(text, /guess|Bearer/)
  t.notOk(text.includes(pair.url.token ?? 'none'))
})

t.test('one line has only so many connections that nobody knows, and those of nears go on', async t => {
  const pair = await startPair(t)
  const origin = await Origin.start(t, (_request, response) => void response.end('still here'))
  // Known to far from here on.
  await ask(pair.near.address, origin.url)
  const sockets: Socket[] = []
  t.teardown(() => sockets.forEach(socket => socket.destroy()))
  let closed = 0
  const crowd = 100
  const refused = new Promise<void>(resolve => {
    for (let each = 0; each < crowd; each++) {
      const socket = connect(pair.url.port, '127.0.0.1').on('error', () => undefined)
      socket.on('close', () => {
        closed += 1
        if (closed === crowd - 64) resolve()
      })
      sockets.push(socket)
    }
  })
  await refused
  t.equal((await ask(pair.near.address, `${origin.url}/again`)).body.toString(), 'still here')
  t.equal(closed, crowd - 64)
})

t.test('far has only so many connections', async t => {
  const pair = await startPair(t, { far: ['--max-connections', '2'] })
  const first = openSession(t, pair)
  await once(first, 'connect')
  const second = connect(pair.url.port, '127.0.0.1').on('error', () => undefined)
  await once(second, 'connect')
  t.teardown(() => second.destroy())
  const third = connect(pair.url.port, '127.0.0.1').on('error', () => undefined)
  await once(third, 'close')
  t.pass('the third was closed at once')
})
