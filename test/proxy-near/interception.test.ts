// Claims about connections that near opens, with time turned by hand and real TLS.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { openAuthority } from '../../proxy-near/authority.ts'
import { PATIENCE_MS } from '../../proxy-near/first-words.ts'
import { Interception } from '../../proxy-near/interception.ts'
import { FakeClock } from './fake-clock.ts'
import { socketPair } from './socket-pair.ts'

const NOW = Date.now()
const NOTHING = new Uint8Array(0)
const target = { host: 'site.example', port: 8443 }

async function start(t: Test) {
  const authority = await openAuthority(t.testdir(), { user: 'alice', machine: 'laptop' }, NOW)
  const clock = new FakeClock()
  const said: unknown[] = []
  const interception = new Interception({
    authority,
    exclude: [],
    log: { info: (...words: unknown[]) => void said.push(words), debug: () => undefined },
    // As much of HTTP as shows that something was sent.
    serveInside: (socket, { onUsed }) => {
      socket.once('data', () => {
        onUsed()
        socket.write('HTTP/1.1 204 No Content\r\n\r\n')
      })
    },
    clock,
    now: () => NOW + clock.now(),
  })
  t.teardown(() => interception.close())
  /** A client whose CONNECT was answered, and what became of it. */
  const open = async () => {
    const { client, served } = await socketPair(t)
    const taken = interception.take(target, served, NOTHING)
    t.match(String(await once(client, 'data')), /^HTTP\/1\.1 200 /)
    return { client, served, taken }
  }
  const handshake = (socket: Socket) =>
    connect({ socket, servername: target.host, ca: authority.certificate.pem, ALPNProtocols: ['http/1.1'] })
  return { interception, clock, said, open, handshake }
}

t.test('a client that waits for its server is tunnelled when the wait is over, answered and unread', async t => {
  const { clock, open } = await start(t)
  const { taken } = await open()
  clock.pass(PATIENCE_MS)
  t.same(await taken, { kind: 'tunnel', why: 'not-tls', early: Buffer.alloc(0), answered: true })
})

t.test('where the server speaks first nothing is answered and nothing waited for', async t => {
  const { interception, clock } = await start(t)
  const { served } = await socketPair(t)
  const taken = await interception.take({ ...target, port: 25 }, served, NOTHING)
  t.same(taken, { kind: 'tunnel', why: 'server-first', early: NOTHING, answered: false })
  t.equal(clock.waking, 0)
})

t.test('a client that does not finish its handshake is cut off after a minute, and blamed for nothing', async t => {
  const { interception, clock, open, handshake } = await start(t)
  const other = await socketPair(t)
  // Only its first flight reaches near.
  const secure = handshake(other.client)
  secure.on('error', () => undefined)
  const [hello] = (await once(other.served, 'data')) as [Buffer]
  const { client, taken } = await open()
  client.write(hello)
  t.same(await taken, { kind: 'opened' })
  const closed = once(client, 'close')
  client.resume()
  clock.pass(59_999)
  t.notOk(client.closed)
  clock.pass(1)
  await closed
  t.equal(interception.refusals.reasonFor(target.host, NOW + clock.now()), undefined)
})

t.test('closing within a second of the handshake without a word counts, later or used it does not', async t => {
  const { interception, clock, said, open, handshake } = await start(t)
  const visit = async (what: 'silent' | 'patient' | 'uses') => {
    const { client, served } = await open()
    const secure = handshake(client)
    secure.on('error', () => undefined)
    // The end of the handshake has reached near when near's tickets have reached the client.
    await Promise.all([once(secure, 'secureConnect'), once(secure, 'session')])
    // Node tells of a ticket while it reads, and loses what is written then.
    await setImmediate()
    if (what === 'uses') {
      secure.write('GET / HTTP/1.1\r\n\r\n')
      await once(secure, 'data')
    }
    if (what === 'patient') clock.pass(1001)
    secure.end()
    await once(served, 'close')
  }
  const refused = () => interception.refusals.reasonFor(target.host, NOW + clock.now())
  await visit('patient')
  await visit('patient')
  t.equal(refused(), undefined)
  await visit('silent')
  await visit('silent')
  t.equal(refused(), 'closed without a word')
  t.match(said, [[{ host: 'site.example' }, /for an hour/]])
  clock.pass(3_600_000)
  t.equal(refused(), undefined)
  await visit('uses')
  await visit('silent')
  await visit('silent')
  t.equal(refused(), undefined, 'a host that was used is not given up')
})
