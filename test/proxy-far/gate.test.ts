// Claims about far's gate: who does not introduce themselves, or falls silent, is shown out. Real connections.
import { once } from 'node:events'
import { connect as connectHttp2, createSecureServer, createServer } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setInterval } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { openCertificate } from '../../proxy-far/certificate.ts'
import { Gate, type Patience } from '../../proxy-far/gate.ts'
import { readConfig } from '../../shared/config/read-config.ts'
import { listen } from '../pair/odd-origin.ts'

const NEVER = 2 ** 31 - 1

const ENDLESS: Patience = { introductionMs: NEVER, silenceMs: NEVER, strangers: NEVER }

/** A server behind a gate, which knows everybody whose request is for /known. */
async function startGuarded(t: Test, patience: Partial<Patience>, isSecure = false): Promise<number> {
  const gate = new Gate(
    readConfig('far', { argv: ['--data', '/nowhere'], env: {} }),
    pino({ level: 'silent' }),
    Date.now,
    { ...ENDLESS, ...patience },
  )
  t.teardown(() => gate.close())
  const server = isSecure ? createSecureServer(await openCertificate(t.testdir())) : createServer()
  gate.guard(server)
  server.on('stream', (stream, headers) => {
    if (headers[':path'] === '/known') gate.accept(stream.session)
    stream.respond({ ':status': 200 }, { endStream: true })
  })
  return listen(t, server)
}

t.test('a connection that says nothing is closed', async t => {
  const port = await startGuarded(t, { introductionMs: 1 })
  const socket = connect(port, '127.0.0.1')
    .on('error', () => undefined)
    .resume()
  await once(socket, 'close')
  t.pass('closed')
})

t.test('so is one that speaks and never shows a credential; one that did stays', async t => {
  const port = await startGuarded(t, { introductionMs: 200 })
  const open = async (path: string) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => undefined)
    t.teardown(() => session.destroy())
    const stream = session.request({ ':path': path }).resume()
    await once(stream, 'response')
    return session
  }
  const known = await open('/known')
  const stranger = await open('/stranger')
  await once(stranger, 'close')
  t.notOk(known.closed)
})

t.test('a near that sends nothing any more, not even a PING, is gone', async t => {
  const port = await startGuarded(t, { silenceMs: 1 })
  const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => undefined)
  await once(session, 'close')
  t.pass('closed')
})

// RFC 8446 §5.1, §4: a record that holds 16 KiB of a ClientHello.
const ENDLESS_HELLO = Buffer.from('160301400001003ffc0303', 'hex')

t.test('who drips a ClientHello byte by byte has no more time than others', async t => {
  const port = await startGuarded(t, { introductionMs: 200 }, true)
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  const over = new AbortController()
  socket.resume().once('close', () => over.abort())
  let sent = 0
  try {
    for await (const _ of setInterval(5, undefined, over)) {
      socket.write(Buffer.of(ENDLESS_HELLO[sent] ?? 0))
      sent += 1
    }
  } catch {
    t.ok(sent > 0 && sent < 16_384, `closed after ${sent} bytes`)
  }
})

t.test('nor has who hears the ServerHello and does not finish', async t => {
  const port = await startGuarded(t, { introductionMs: 200 }, true)
  const valve = connect(port, '127.0.0.1').on('error', () => undefined)
  await once(valve, 'connect')
  valve.write(await clientHello())
  const [answer] = (await once(valve, 'data')) as [Buffer]
  t.equal(answer[0], 0x16, 'a handshake has begun')
  valve.resume()
  await once(valve, 'close')
})

t.test('where more strangers come than there is room for, the one that has waited longest goes', async t => {
  const port = await startGuarded(t, { strangers: 2 })
  const known = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => undefined)
  t.teardown(() => known.destroy())
  await once(known.request({ ':path': '/known' }).resume(), 'response')
  const sockets: Socket[] = []
  t.teardown(() => sockets.forEach(socket => socket.destroy()))
  for (let each = 0; each < 3; each++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    sockets.push(socket.resume())
    await once(socket, 'connect')
  }
  const [eldest, ...others] = sockets as [Socket, ...Socket[]]
  if (!eldest.closed) await once(eldest, 'close')
  t.ok(others.every(socket => !socket.destroyed))
  await once(known.request({ ':path': '/known' }).resume(), 'response')
  t.notOk(known.closed, 'who is known stays')
})

/** What a client says first. */
async function clientHello(): Promise<Buffer> {
  const said = Promise.withResolvers<Buffer>()
  const deaf = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      said.resolve(bytes)
      done()
    },
  })
  const client = connectTls({ socket: deaf, rejectUnauthorized: false, ALPNProtocols: ['h2'] }).on('error', () => {})
  try {
    return await said.promise
  } finally {
    client.destroy()
  }
}
