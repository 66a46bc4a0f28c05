// Claims about connecting to far: with far, securely, or not at all.
import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import t, { type Test } from 'tap'
import { openIdentity } from '../../proxy-far/identity.ts'
import { dial } from '../../proxy-near/dial.ts'
import { TicketSlot } from '../../proxy-near/ticket-slot.ts'
import type { JoinUrl, LinkSecurity } from '../../shared/link/join-url.ts'
import { FakeClock } from './fake-clock.ts'
import { portOf } from './test-far.ts'

const otherPin = `sha256-${'A'.repeat(43)}`

async function listen(t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  })
  return portOf(server)
}

function dialTo(
  port: number,
  security: LinkSecurity,
  more: { clock?: FakeClock; tickets?: TicketSlot; signal?: AbortSignal } = {},
) {
  const url: JoinUrl = { host: '127.0.0.1', port, token: undefined, security }
  const { clock = new FakeClock(), tickets = new TicketSlot(), signal = new AbortController().signal } = more
  return dial(url, { tickets, clock, timeoutMs: 5_000, signal })
}

t.test('with the right pin, TLS 1.3 and h2 there is a connection, and nothing is left that could wake', async t => {
  const { key, cert, pin } = await openIdentity(t.testdir())
  const port = await listen(t, createSecureServer({ key, cert }))
  const clock = new FakeClock()
  const { socket, receivedBytes } = await dialTo(port, { kind: 'pinned', pin }, { clock })
  t.match(socket, { alpnProtocol: 'h2' })
  t.equal(clock.waking, 0)
  t.ok(receivedBytes() > 300, 'the handshake counts')
  socket.destroy()
})

t.test('with a wrong pin not a byte of HTTP is sent', async t => {
  const { key, cert } = await openIdentity(t.testdir())
  let bytes = 0
  const server: Server = createTlsServer({ key, cert, ALPNProtocols: ['h2'] }, socket => {
    socket.on('error', () => undefined)
    socket.on('data', data => {
      bytes += data.length
    })
  })
  server.on('tlsClientError', () => undefined)
  const port = await listen(t, server)
  const connected = once(server, 'connection')
  const refused = t.rejects(dialTo(port, { kind: 'pinned', pin: otherPin }), { code: 'LINK_PIN' })
  const [socket] = await connected
  await Promise.all([refused, once(socket, 'close')])
  t.equal(bytes, 0)
})

t.test('no TLS 1.3, no h2, no TLS at all: LINK_TLS', async t => {
  const { key, cert, pin } = await openIdentity(t.testdir())
  const tls = (options: TlsOptions): Server =>
    createTlsServer({ key, cert, ...options }).on('tlsClientError', () => undefined)
  const servers: [string, Server][] = [
    ['TLS 1.2 only', tls({ maxVersion: 'TLSv1.2', ALPNProtocols: ['h2'] })],
    ['only HTTP/1.1', tls({ ALPNProtocols: ['http/1.1'] })],
    ['no ALPN', tls({})],
    ['plain HTTP', createHttpServer()],
    ['a server that speaks first', createServer(socket => socket.end('220 mail.example ESMTP\r\n'))],
  ]
  for (const [name, server] of servers) {
    const port = await listen(t, server)
    await t.rejects(dialTo(port, { kind: 'pinned', pin }), { code: 'LINK_TLS' }, name)
  }
})

t.test('nobody listens, or the connection closes at once: LINK_UNREACHABLE', async t => {
  const closed = createServer()
  closed.listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const port = portOf(closed)
  closed.close()
  await t.rejects(dialTo(port, { kind: 'pinned', pin: otherPin }), {
    code: 'LINK_UNREACHABLE',
    message: /ECONNREFUSED/,
  })
  const slamming = await listen(
    t,
    createServer(socket => socket.destroy()),
  )
  await t.rejects(dialTo(slamming, { kind: 'pinned', pin: otherPin }), { code: 'LINK_UNREACHABLE' })
})

t.test('a server that accepts and says nothing is given up in time', async t => {
  const server = createServer()
  const port = await listen(t, server)
  const clock = new FakeClock()
  const dialled = dialTo(port, { kind: 'pinned', pin: otherPin }, { clock })
  const [socket] = await once(server, 'connection')
  // The first byte of the handshake shows that near is connected too.
  await once(socket, 'data')
  clock.pass(4_999)
  t.equal(clock.waking, 1)
  clock.pass(1)
  await t.rejects(dialled, { code: 'LINK_TIMEOUT' })
})

t.test('a dial can be called off, before it begins and while it waits', async t => {
  const server = createServer()
  const port = await listen(t, server)
  const reason = new Error('called off')
  const controller = new AbortController()
  const clock = new FakeClock()
  const dialled = dialTo(port, { kind: 'pinned', pin: otherPin }, { clock, signal: controller.signal })
  await once(server, 'connection')
  controller.abort(reason)
  await t.rejects(dialled, reason)
  t.equal(clock.waking, 0)
  await t.rejects(dialTo(port, { kind: 'pinned', pin: otherPin }, { signal: controller.signal }), reason)
})

t.test('a second dial resumes the session, and a ticket is never offered to a far of another pin', async t => {
  const { key, cert, pin } = await openIdentity(t.testdir())
  const server = createTlsServer({ key, cert, ALPNProtocols: ['h2'] }, socket => {
    resumed.push(socket.isSessionReused())
    socket.on('error', () => undefined)
    socket.end('tickets come with the first bytes')
  })
  const resumed: boolean[] = []
  const port = await listen(t, server)
  const tickets = new TicketSlot()
  for (let round = 0; round < 2; round++) {
    const { socket } = await dialTo(port, { kind: 'pinned', pin }, { tickets })
    socket.resume()
    await once(socket, 'close')
  }
  t.strictSame(resumed, [false, true])
  t.ok(tickets.of(pin))
  t.equal(tickets.of(otherPin), undefined)
  await t.rejects(dialTo(port, { kind: 'pinned', pin: otherPin }, { tickets }), { code: 'LINK_PIN' })
})

t.test(
  'a resumed handshake is small; one whose ticket far does not know any more is made anew, with both keys',
  async t => {
    const { key, cert, pin } = await openIdentity(t.testdir())
    const start = (port = 0) => {
      const sockets = new Set<Socket>()
      const server = createTlsServer({ key, cert, ALPNProtocols: ['h2'] }, socket => {
        socket.on('error', () => undefined)
        socket.end('tickets come with the first bytes')
      })
      server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)))
      server.listen(port, '127.0.0.1')
      const stop = async () => {
        const closed = once(server, 'close')
        server.close()
        for (const socket of sockets) socket.destroy()
        await closed
      }
      return { server, stop }
    }
    const first = start()
    await once(first.server, 'listening')
    const port = portOf(first.server)
    const tickets = new TicketSlot()
    const dialled = async () => {
      const { socket, sentBytes, resumed } = await dialTo(port, { kind: 'pinned', pin }, { tickets })
      const bytes = sentBytes()
      socket.resume()
      await once(socket, 'close')
      return { resumed, isSmall: bytes < 900 }
    }
    t.strictSame(await dialled(), { resumed: false, isSmall: false })
    t.strictSame(await dialled(), { resumed: true, isSmall: true })
    await first.stop()
    const second = start(port)
    await once(second.server, 'listening')
    t.teardown(second.stop)
    t.strictSame(await dialled(), { resumed: false, isSmall: false })
    t.strictSame(await dialled(), { resumed: true, isSmall: true })
  },
)

t.test('without TLS a loopback address is simply connected to', async t => {
  const server = createServer()
  const port = await listen(t, server)
  const { socket } = await dialTo(port, { kind: 'cleartext' })
  t.equal(socket.remotePort, port)
  socket.destroy()
})
