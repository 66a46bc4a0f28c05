// Claims about where far does not go for a near: its own networks, however they are written, and ports that nobody
// allowed; by requests, tunnels and WebSockets alike.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { Reach } from '../../proxy-far/reach.ts'
import { ask } from './client.ts'
import { listen, Origin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

const CLOSED = ['--no-allow-private']

/** An origin on loopback that must not be reached, and the port it has. */
async function startSecret(t: Test): Promise<{ port: string; visits: () => number }> {
  let visits = 0
  const origin = await Origin.start(t, (_request, response) => response.end(`secret ${++visits}`))
  return { port: new URL(origin.url).port, visits: () => visits }
}

/** The head of near's answer to what is written to it. */
async function write(near: string, text: string): Promise<string> {
  const { hostname, port } = new URL(`http://${near}`)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => undefined)
  socket.write(text)
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return chunk.toString('latin1')
}

// All of them end at 127.0.0.1 or ::1 when a program is careless, or at where clouds keep their secrets.
const forms = [
  '127.0.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '127.0.1',
  '0',
  '0.0.0.0',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[64:ff9b::127.0.0.1]',
  '[2002:7f00:1::]',
  '%31%32%37.0.0.1',
  '%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1',
  'localhost',
  'LOCALHOST',
  '127.0.0.1.',
]
const others = ['169.254.169.254', '[fd00:ec2::254]', '10.0.0.1', '192.168.0.1', '100.100.100.200', '168.63.129.16']

t.test('no form of an address of its own makes far ask there', async t => {
  const { near } = await startPair(t, { far: CLOSED })
  const { port, visits } = await startSecret(t)
  for (const host of [...forms.map(form => `${form}:${port}`), ...others]) {
    // As bytes, because Node's client would refuse some of them.
    const head = await write(near.address, `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    t.match(head, /^HTTP\/1\.1 403 /, host)
    t.match(head, /FAR_FORBIDDEN/, host)
  }
  // Not every system's resolver knows this one.
  const rooted = await write(near.address, `GET http://localhost.:${port}/ HTTP/1.1\r\nHost: localhost.\r\n\r\n`)
  t.match(rooted, /FAR_FORBIDDEN|ORIGIN_NAME/)
  t.equal(visits(), 0)
})

t.test('a tunnel and a WebSocket are refused like a request', async t => {
  const { near } = await startPair(t, { far: CLOSED })
  const { port, visits } = await startSecret(t)
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  for (const form of ['127.0.0.1', '0x7f.1', '2130706433', 'localhost', '[::ffff:127.0.0.1]', '[::1]']) {
    const host = `${form}:${port}`
    const tunnel = await write(near.address, `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    t.match(tunnel, /^HTTP\/1\.1 403 [^]*FAR_FORBIDDEN/, `tunnel to ${form}`)
    const socket = await write(near.address, `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n`)
    t.match(socket, /^HTTP\/1\.1 403 [^]*FAR_FORBIDDEN/, `WebSocket to ${form}`)
  }
  t.equal(visits(), 0)
})

t.test('a port that is not allowed is refused, though its address is', async t => {
  const pair = await startPair(t, { far: ['--allow-ports', '80,443'] })
  const { port, visits } = await startSecret(t)
  const got = await ask(pair.near.address, `http://127.0.0.1:${port}/`)
  t.equal(got.status, 403)
  t.match(got.body.toString(), /Port \d+ is not among those/)
  t.equal(visits(), 0)
})

t.test('far follows no redirect: where one leads is asked, and refused, as any other address', async t => {
  const pair = await startPair(t, { far: ['--allow-ports', '1024-65535'] })
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(302, { Location: 'http://127.0.0.1:22/' }).end()
  })
  const got = await ask(pair.near.address, origin.url)
  t.equal(got.status, 302)
  t.strictSame(got.all('location'), ['http://127.0.0.1:22/'])
  t.equal((await ask(pair.near.address, 'http://127.0.0.1:22/')).status, 403)
})

t.test('what is connected to is what was judged: a name that answers anew gains nothing', async t => {
  const { port, visits } = await startSecret(t)
  const server = createServer(socket => socket.end('public'))
  const open = await listen(t, server)
  let asked = 0
  const answers = ['192.0.2.1', '127.0.0.1']
  const reach = new Reach({
    allowPrivate: false,
    allowPorts: [[1, 65_535]],
    connectTimeoutMs: 1000,
    lookup: (_name, _options, callback) => callback(null, [{ address: answers[asked++ % 2] as string, family: 4 }]),
  })
  const dial = (to: string) => {
    const destination = { protocol: 'http:', hostname: 'rebind.example', port: to } as const
    return reach.dial(destination, {}, new AbortController().signal)
  }
  await t.rejects(dial(port), { code: 'FAR_FORBIDDEN' })
  await t.rejects(dial(port), { code: 'FAR_FORBIDDEN' })
  await t.rejects(dial(String(open)), { code: 'FAR_FORBIDDEN' })
  t.equal(asked, 3, 'each connection is judged by an answer of its own')
  t.equal(visits(), 0)
})
