// Claims about the link as near's other parts see it, over real TLS and HTTP/2. Time is turned by hand.
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import {
  type ClientHttp2Stream,
  constants,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from 'node:http2'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { type Link, type LinkOptions, type LinkState, openLink } from '../../proxy-near/link.ts'
import type { Fault } from '../../shared/fault.ts'
import type { JoinUrl } from '../../shared/link/join-url.ts'
import { FakeClock } from './fake-clock.ts'
import { portOf, TestFar } from './test-far.ts'

const TIMEOUT_MS = 60_000
const HOUR_MS = 3_600_000

// One for all tests: that of a single test is removed before its link is closed, while near may still be writing.
const root = t.testdir()

function makeDirectory(): Promise<string> {
  return mkdtemp(join(root, 'test-'))
}

interface Started {
  readonly link: Link
  readonly clock: FakeClock
}

async function start(
  t: Test,
  dataDir: string,
  far: JoinUrl | undefined,
  more: Partial<LinkOptions> = {},
): Promise<Started> {
  const clock = new FakeClock()
  const log = pino({ level: 'silent' })
  const link = await openLink({ far, dataDir, log, timeoutMs: TIMEOUT_MS, clock, chance: () => 1, ...more })
  t.teardown(() => link.close())
  return { link, clock }
}

/** Resolves with the fault once the link is in `state`. */
async function reach(link: Link, state: LinkState): Promise<Fault | undefined> {
  while (link.state !== state) await once(link, 'state')
  return link.fault
}

async function read(stream: ClientHttp2Stream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const ask = { ':authority': 'origin.example', ':path': '/page' }

t.test('the first start joins; later ones need neither the code nor --far', async t => {
  const directory = await makeDirectory()
  const dataDir = join(directory, 'near')
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const { link } = await start(t, dataDir, await far.url())
  t.equal(await reach(link, 'up'), undefined)
  t.equal(await read(await link.request(ask)), 'answer to /page')
  await link.close()
  t.equal((await stat(join(dataDir, 'far.json'))).mode & 0o777, 0o600)
  const again = await start(t, dataDir, undefined)
  t.equal(await read(await again.link.request(ask)), 'answer to /page')
  await reach(again.link, 'up')
  t.strictSame(far.paths, ['/join', '/page', '/hello', '/page'])
})

t.test('the first dial of a later start resumes the TLS session; a file that is no ticket does no harm', async t => {
  const directory = await makeDirectory()
  const dataDir = join(directory, 'near')
  const path = join(dataDir, 'far-ticket.json')
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const { pin } = far.identity
  for (const [url, text] of [
    [await far.url()],
    [undefined],
    [undefined, 'no JSON'],
    [undefined, JSON.stringify({ pin, ticket: 'no ticket' })],
  ] as const) {
    if (text !== undefined) await writeFile(path, text)
    const { link } = await start(t, dataDir, url)
    t.equal(await read(await link.request(ask)), 'answer to /page')
    await reach(link, 'up')
    await link.close()
    t.equal((await stat(path)).mode & 0o777, 0o600)
  }
  const [first, second, ...others] = far.resumed
  t.strictSame([first, second, others.includes(true)], [false, true, false])
})

t.test('the line that was used once may be used again by the near that used it', async t => {
  const directory = await makeDirectory()
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const url = await far.url()
  for (let round = 0; round < 2; round++) {
    const { link } = await start(t, join(directory, 'near'), url)
    await reach(link, 'up')
    await link.close()
  }
  t.strictSame(far.paths, ['/join', '/hello'])
})

t.test('a wrong, a used and an expired code are refused, once and for all', async t => {
  const directory = await makeDirectory()
  let now = 0
  const far = await TestFar.start(t, { dataDir: join(directory, 'far'), now: () => now })
  const used = await far.url()
  await reach((await start(t, join(directory, 'one'), used)).link, 'up')
  const expired = await far.url()
  now = HOUR_MS
  let connections = far.connections
  for (const [name, url] of [
    ['two', used],
    ['three', expired],
    ['four', await far.url('wrong')],
  ] as const) {
    const { link, clock } = await start(t, join(directory, name), url)
    const waiting = t.rejects(link.request(ask), { code: 'LINK_CREDENTIAL' })
    const fault = await reach(link, 'refused')
    t.match(fault, { code: 'LINK_CREDENTIAL', message: /wrong, was used already, or is over an hour old/ })
    await waiting
    await t.rejects(link.request(ask), { code: 'LINK_CREDENTIAL' })
    t.equal(clock.waking, 0, 'no further dial is planned')
    t.equal(far.connections, ++connections)
    await t.rejects(stat(join(directory, name, 'far.json')), { code: 'ENOENT' })
  }
})

t.test('a far that forgot this near: LINK_CREDENTIAL, slow retries, and a new code mends it', async t => {
  const directory = await makeDirectory()
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const first = await start(t, join(directory, 'near'), await far.url())
  await reach(first.link, 'up')
  await first.link.close()
  await far.stop()
  await rm(join(directory, 'far', 'nears'), { recursive: true })
  const forgetful = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const { link, clock } = await start(t, join(directory, 'near'), { ...(await forgetful.url()), token: undefined })
  t.match(await reach(link, 'refused'), { code: 'LINK_CREDENTIAL', message: /does not (know|accept)/ })
  await t.rejects(link.request(ask), { code: 'LINK_CREDENTIAL' })
  clock.pass(30_000)
  t.equal(link.state, 'connecting')
  await reach(link, 'refused')
  await link.close()
  const rejoined = await start(t, join(directory, 'near'), await forgetful.url())
  await reach(rejoined.link, 'up')
  t.strictSame(forgetful.paths, ['/hello', '/hello', '/hello', '/join'])
})

t.test('without a version in common both sides say so, with both ranges', async t => {
  const directory = await makeDirectory()
  const far = await TestFar.start(t, { dataDir: join(directory, 'far'), versions: { min: 2, max: 3 } })
  const { link } = await start(t, join(directory, 'near'), await far.url())
  t.match(await reach(link, 'refused'), { code: 'LINK_PROTOCOL', message: /Near speaks version 1 .* versions 2 to 3/ })
})

t.test('a wrong pin: LINK_PIN, and no session ever begins', async t => {
  const directory = await makeDirectory()
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const url: JoinUrl = { ...(await far.url()), security: { kind: 'pinned', pin: `sha256-${'A'.repeat(43)}` } }
  const { link, clock } = await start(t, join(directory, 'near'), url)
  t.match(await reach(link, 'refused'), { code: 'LINK_PIN' })
  clock.pass(30_000)
  t.equal(link.state, 'connecting', 'tried again, slowly')
  await reach(link, 'refused')
  t.strictSame(far.paths, [])
})

t.test('asks go out right behind the hello, in the version of the last session', async t => {
  const directory = await makeDirectory()
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const first = await start(t, join(directory, 'near'), await far.url())
  await reach(first.link, 'up')
  await first.link.close()
  const asked = Promise.withResolvers<void>()
  const slow = await TestFar.start(t, {
    dataDir: join(directory, 'far'),
    beforeHello: asked.promise,
    answer: (stream, fields) => {
      stream.respond()
      stream.end(String(fields['hunch-protocol']))
    },
  })
  const { link } = await start(t, join(directory, 'near'), { ...(await slow.url()), token: undefined })
  const stream = await link.request(ask)
  t.equal(await read(stream), '1', 'answered before the hello was')
  t.equal(link.state, 'connecting')
  asked.resolve()
  t.equal(await reach(link, 'up'), undefined)
  t.strictSame(slow.paths, ['/hello', '/page'])
})

t.test('far dies and comes back: open streams fail, and the link comes back by itself', async t => {
  const directory = await makeDirectory()
  const held = Promise.withResolvers<ServerHttp2Stream>()
  const answer = (stream: ServerHttp2Stream): void => {
    stream.respond()
    stream.write('half an answer')
    held.resolve(stream)
  }
  const far = await TestFar.start(t, { dataDir: join(directory, 'far'), answer })
  const { port } = far
  const { link, clock } = await start(t, join(directory, 'near'), await far.url())
  const stream = await link.request(ask)
  await held.promise
  const broken = t.rejects(read(stream), { code: 'LINK_CLOSED' })
  await far.stop()
  t.match(await reach(link, 'waiting'), { code: 'LINK_CLOSED' })
  await broken
  clock.pass(499)
  t.equal(link.state, 'waiting', 'no two dials in half a second')
  clock.pass(1)
  t.match(await reach(link, 'waiting'), { code: 'LINK_UNREACHABLE' })
  clock.pass(500)
  await reach(link, 'waiting')
  clock.pass(1_000)
  await reach(link, 'waiting')
  const back = await TestFar.start(t, { dataDir: join(directory, 'far'), port })
  clock.pass(2_000)
  t.equal(await reach(link, 'up'), undefined)
  t.equal(await read(await link.request(ask)), 'answer to /page')
  t.strictSame(back.paths, ['/hello', '/page'])
})

t.test('a request while the link waits brings the next dial forward, and waits for it', async t => {
  const directory = await makeDirectory()
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const { port } = far
  const { link, clock } = await start(t, join(directory, 'near'), await far.url())
  await reach(link, 'up')
  await far.stop()
  for (let failures = 0; failures < 8; failures++) {
    await reach(link, 'waiting')
    clock.pass(30_000)
  }
  await reach(link, 'waiting')
  await TestFar.start(t, { dataDir: join(directory, 'far'), port })
  clock.pass(500)
  t.equal(link.state, 'waiting')
  const requested = link.request(ask)
  clock.pass(0)
  t.equal(await read(await requested), 'answer to /page')
})

t.test('nobody there: the fault says so, and requests fail with it', async t => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  const url: JoinUrl = { host: '127.0.0.1', port, token: 'T', security: { kind: 'cleartext' } }
  const { link } = await start(t, await makeDirectory(), url)
  await t.rejects(link.request(ask), { code: 'LINK_UNREACHABLE', message: /127\.0\.0\.1/ })
  t.equal(link.state, 'waiting')
})

t.test('a request waits for the first dial as long as a slow link needs, and then hardly any more', async t => {
  const server = createServer(socket => void socket.on('error', () => undefined))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url: JoinUrl = { host: '127.0.0.1', port: portOf(server), token: 'T', security: { kind: 'cleartext' } }
  const { link, clock } = await start(t, await makeDirectory(), url)
  const controller = new AbortController()
  const reason = new Error('the client left')
  const left = t.rejects(link.request(ask, { signal: controller.signal }), reason)
  const waited = t.rejects(link.request(ask), { code: 'LINK_TIMEOUT' })
  await once(server, 'connection')
  controller.abort(reason)
  await left
  clock.pass(6_000)
  await waited
  t.equal(link.state, 'connecting', 'the dial goes on')
  const told = t.rejects(link.request(ask), { code: 'LINK_TIMEOUT' })
  clock.pass(800)
  await told
  await t.rejects(link.request(ask, { signal: controller.signal }), reason)
})

t.test('a far that falls silent under an ask is given up in seconds, and dialled again', async t => {
  const directory = await makeDirectory()
  const answered = Promise.withResolvers<void>()
  const answer = (stream: ServerHttp2Stream): void => {
    stream.respond()
    answered.resolve()
  }
  const far = await TestFar.start(t, { dataDir: join(directory, 'far'), answer })
  // A way that can swallow everything, as a network does that went away.
  let swallowing = false
  const relay = createServer(near => {
    const onward = connect(far.port, '127.0.0.1')
    for (const [from, to] of [
      [near, onward],
      [onward, near],
    ] as const) {
      from.on('error', () => undefined)
      from.on('close', () => to.destroy())
      from.on('data', data => swallowing || to.write(data))
    }
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  t.teardown(() => relay.close())
  const url = { ...(await far.url()), port: portOf(relay) }
  const { link, clock } = await start(t, join(directory, 'near'), url)
  await reach(link, 'up')
  const stream = await link.request(ask)
  await once(stream, 'response')
  // The first PING was answered too, or the patience would already be running.
  while (link.measured.roundTripMs === undefined) await new Promise(resolve => setImmediate(resolve))
  swallowing = true
  // A second until the PING and four until it is late; some more for the request, which may be slow to leave.
  clock.pass(4_999)
  t.equal(link.state, 'up')
  const broken = t.rejects(read(stream), { code: 'LINK_TIMEOUT' })
  swallowing = false
  clock.pass(1_000)
  t.match(link.fault, { code: 'LINK_TIMEOUT', message: /silent for [45] s/ })
  await broken
  t.equal(await reach(link, 'up'), undefined)
})

t.test(
  'a machine that moved: a session whose address is gone is over at once, another must show that it lives',
  async t => {
    const directory = await makeDirectory()
    const far = await TestFar.start(t, { dataDir: join(directory, 'far'), answer: stream => stream.respond() })
    const { link, clock } = await start(t, join(directory, 'near'), await far.url())
    await reach(link, 'up')
    const stream = await link.request(ask)
    await once(stream, 'response')
    link.move(new Set(['127.0.0.1', '10.0.0.1']))
    t.equal(link.state, 'up')
    const broken = t.rejects(read(stream), { code: 'LINK_CLOSED', message: /another network/ })
    link.move(new Set(['10.0.0.1']))
    t.equal(link.state, 'connecting', 'dialled again at once')
    await broken
    t.equal(await reach(link, 'up'), undefined)
    link.wake()
    t.equal(link.state, 'connecting')
    t.equal(await reach(link, 'up'), undefined)
    t.equal(far.connections, 3)
    await link.close()
    link.wake()
    link.move(new Set())
    t.equal(link.state, 'closed')
    t.equal(clock.waking, 0)
  },
)

t.test('a dial that began in the old network begins anew in the next, and who waits waits on', async t => {
  const directory = await makeDirectory()
  const silent = createServer(socket => void socket.on('error', () => undefined))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  let isNew = false
  const relay = createServer(near => {
    const onward = connect(isNew ? far.port : portOf(silent), '127.0.0.1')
    near.on('error', () => undefined).pipe(onward)
    onward.on('error', () => undefined).pipe(near)
    near.on('close', () => onward.destroy())
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  t.teardown(() => [relay, silent].map(server => server.close()))
  const { link } = await start(t, join(directory, 'near'), { ...(await far.url()), port: portOf(relay) })
  const requested = link.request(ask)
  await once(silent, 'connection')
  isNew = true
  link.move(new Set(['127.0.0.1']))
  t.equal(await read(await requested), 'answer to /page')
})

t.test('a dial that is stuck begins anew with the next request: the link may have come back', async t => {
  const directory = await makeDirectory()
  const silent = createServer(socket => void socket.on('error', () => undefined))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  let isNew = false
  const relay = createServer(near => {
    const onward = connect(isNew ? far.port : portOf(silent), '127.0.0.1')
    near.on('error', () => undefined).pipe(onward)
    onward.on('error', () => undefined).pipe(near)
    near.on('close', () => onward.destroy())
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  t.teardown(() => [relay, silent].map(server => server.close()))
  const { link, clock } = await start(t, join(directory, 'near'), { ...(await far.url()), port: portOf(relay) })
  const told = t.rejects(link.request(ask), { code: 'LINK_TIMEOUT' })
  await once(silent, 'connection')
  isNew = true
  clock.pass(9_000)
  await told
  t.equal(await read(await link.request(ask)), 'answer to /page')
})

t.test('after GOAWAY what is under way is finished and new requests go to a new session', async t => {
  const directory = await makeDirectory()
  const streams: ServerHttp2Stream[] = []
  const asked = Promise.withResolvers<void>()
  const answer = (stream: ServerHttp2Stream): void => {
    streams.push(stream)
    stream.respond()
    stream.write('slowly ')
    asked.resolve()
  }
  const far = await TestFar.start(t, { dataDir: join(directory, 'far'), answer })
  const { link, clock } = await start(t, join(directory, 'near'), await far.url())
  const old = await link.request(ask)
  await asked.promise
  far.sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR)
  t.match(await reach(link, 'waiting'), { code: 'LINK_CLOSED', message: /going away/ })
  clock.pass(500)
  await reach(link, 'up')
  t.equal(far.connections, 2)
  t.strictSame(far.resumed, [false, true], 'by a ticket of the first')
  const fresh = await link.request({ ...ask, ':path': '/fresh' })
  streams[0]?.end('but surely')
  t.equal(await read(old), 'slowly but surely')
  await once(fresh, 'response')
  streams[1]?.end('fast')
  t.equal(await read(fresh), 'slowly fast')
})

t.test('a session that far was leaving is let go of though the other side of its connection is gone', async t => {
  const directory = await makeDirectory()
  const far = await TestFar.start(t, { dataDir: join(directory, 'far'), answer: stream => stream.respond() })
  // A way that hears of no end, and from which none comes.
  const relay = createServer({ allowHalfOpen: true }, near => {
    const onward = connect(far.port, '127.0.0.1')
    for (const [from, to] of [
      [near, onward],
      [onward, near],
    ] as const) {
      from.on('error', () => undefined).on('data', data => to.writable && to.write(data))
      t.teardown(() => from.destroy())
    }
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  t.teardown(() => relay.close())
  const { link } = await start(t, join(directory, 'near'), { ...(await far.url()), port: portOf(relay) })
  await once(await link.request(ask), 'response')
  far.sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR)
  await reach(link, 'waiting')
  await link.close()
  t.pass('closed')
})

t.test('far is held back by no window before near has measured, and compresses fields with large tables', async t => {
  const far = await TestFar.start(t, { dataDir: join(await makeDirectory(), 'far') })
  const { link } = await start(t, await makeDirectory(), await far.url())
  await reach(link, 'up')
  const announced = { initialWindowSize: 65_536, headerTableSize: 65_536, enablePush: false }
  t.match(far.sessions[0]?.remoteSettings, announced)
  t.ok((link.measured.roundTripMs ?? 0) >= 0)
})

t.test('an origin’s own 407 is an answer like any other', async t => {
  const directory = await makeDirectory()
  const answer = (stream: ServerHttp2Stream): void => {
    stream.respond({ ':status': 407 })
    stream.end('go away')
  }
  const far = await TestFar.start(t, { dataDir: join(directory, 'far'), answer })
  const { link } = await start(t, join(directory, 'near'), await far.url())
  t.equal(await read(await link.request(ask)), 'go away')
  t.equal(link.state, 'up')
})

t.test('a credential that far takes back ends the session with LINK_CREDENTIAL', async t => {
  const directory = await makeDirectory()
  const answer = (stream: ServerHttp2Stream): void => {
    stream.respond({ ':status': 407, 'hunch-fault': 'LINK_CREDENTIAL' })
    stream.end()
  }
  const far = await TestFar.start(t, { dataDir: join(directory, 'far'), answer })
  const { link } = await start(t, join(directory, 'near'), await far.url())
  await t.rejects(read(await link.request(ask)), { code: 'LINK_CREDENTIAL' })
  t.equal(link.state, 'refused')
})

t.test('an HTTP/2 server that is not a far proxy is named as such', async t => {
  const server = createHttp2Server((_request, response) => response.writeHead(404).end('nothing here'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url: JoinUrl = { host: '127.0.0.1', port: portOf(server), token: 'T', security: { kind: 'cleartext' } }
  const { link } = await start(t, await makeDirectory(), url)
  t.match(await reach(link, 'refused'), { code: 'LINK_PROTOCOL', message: /not a far proxy: .* status 404/ })
})

t.test('a closed link is closed: streams and requests fail, nothing is dialled again', async t => {
  const directory = await makeDirectory()
  const far = await TestFar.start(t, { dataDir: join(directory, 'far'), answer: stream => stream.respond() })
  const { link, clock } = await start(t, join(directory, 'near'), await far.url())
  const stream = await link.request(ask)
  await once(stream, 'response')
  const broken = t.rejects(read(stream), { code: 'LINK_CLOSED' })
  await link.close()
  await broken
  t.equal(link.state, 'closed')
  await t.rejects(link.request(ask), { code: 'LINK_CLOSED' })
  t.equal(clock.waking, 0)
  await link.close()
})

t.test('closing while the dial is under way leaves nothing behind', async t => {
  const directory = await makeDirectory()
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const { link, clock } = await start(t, join(directory, 'near'), await far.url())
  await link.close()
  t.equal(link.state, 'closed')
  t.equal(clock.waking, 0)
})

t.test('a disk that is full does not cost the link', async t => {
  const directory = await makeDirectory()
  // In the place of the file, what cannot be replaced by one.
  await mkdir(join(directory, 'near', 'far.json'), { recursive: true })
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const lines: string[] = []
  const log = pino({ level: 'warn' }, { write: line => void lines.push(line) })
  const { link } = await start(t, join(directory, 'near'), await far.url(), { log })
  t.equal(await read(await link.request(ask)), 'answer to /page')
  while (lines.length === 0) await new Promise(resolve => setImmediate(resolve))
  t.match(lines.join(''), /could not be stored/)
})

t.test('no secret is logged', async t => {
  const directory = await makeDirectory()
  const far = await TestFar.start(t, { dataDir: join(directory, 'far') })
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: line => void lines.push(line) })
  const url = await far.url()
  const { link } = await start(t, join(directory, 'near'), url, { log })
  await reach(link, 'up')
  await link.close()
  const { credential } = JSON.parse(await readFile(join(directory, 'near', 'far.json'), 'utf8'))
  t.ok(lines.length > 0)
  for (const secret of [url.token, credential]) t.notOk(lines.join('').includes(String(secret)))
})
