// Claims about CONNECT through a pair: a blind tunnel, each way for itself, or a refusal that says why.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import t from 'tap'
import { openIdentity } from '../../proxy-far/identity.ts'
import { closedUrl, listen, makeText } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

/** Opens a tunnel and gives the socket behind the head of near's answer, which is `head`. */
async function openTunnel(address: string, target: string, early = ''): Promise<{ socket: Socket; head: string }> {
  const { hostname, port } = new URL(`http://${address}`)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  socket.on('error', () => undefined)
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n${early}`)
  let head = ''
  while (!head.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    head += chunk.toString()
  }
  socket.pause()
  const end = head.indexOf('\r\n\r\n') + 4
  if (head.length > end) socket.unshift(Buffer.from(head.slice(end)))
  return { socket, head: head.slice(0, end) }
}

/** Answers with what it was sent when the sender has ended its side, and only then. */
function makeEcho(): Server {
  return createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => undefined)
    text(socket)
      .then(said => socket.end(`you said ${said}`))
      .catch(() => undefined)
  })
}

t.test('bytes pass both ways, and a side that has ended can still hear', async t => {
  const { near } = await startPair(t)
  const target = `127.0.0.1:${await listen(t, makeEcho())}`
  const { socket, head } = await openTunnel(near.address, target, 'early, ')
  t.match(head, /^HTTP\/1\.1 200 Connection Established\r\nCache-Status: hunch-near;.*detail=tunnel\r\n/)
  socket.write('then late')
  socket.end()
  t.equal(await text(socket), 'you said early, then late')
})

t.test('a peer that speaks first and ends first can still be answered', async t => {
  const { near } = await startPair(t)
  const heard = Promise.withResolvers<string>()
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.end('220 mail.example\r\n')
    text(socket).then(heard.resolve, heard.reject)
  })
  const { socket } = await openTunnel(near.address, `127.0.0.1:${await listen(t, server)}`)
  t.equal(await text(socket), '220 mail.example\r\n')
  socket.end('QUIT\r\n')
  t.equal(await heard.promise, 'QUIT\r\n')
})

t.test('TLS to an origin goes through: near and far see none of it', async t => {
  const { near } = await startPair(t)
  const { key, cert } = await openIdentity(t.testdir() + '/origin')
  const page = makeText(300_000)
  const server: Server = createTlsServer({ key, cert, ALPNProtocols: ['http/1.1'] }, socket => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(page))
  })
  const { socket } = await openTunnel(near.address, `127.0.0.1:${await listen(t, server)}`)
  const secure = connectTls({ socket, ca: cert, checkServerIdentity: () => undefined, ALPNProtocols: ['http/1.1'] })
  await once(secure, 'secureConnect')
  t.match(secure, { authorized: true, alpnProtocol: 'http/1.1' })
  secure.write('GET / HTTP/1.1\r\n\r\n')
  t.ok((await text(secure)) === page)
})

t.test('a tunnel to where nobody listens is a 502 that says so, in Proxy-Status too', async t => {
  const { near } = await startPair(t)
  const target = new URL(await closedUrl()).host
  const { socket, head } = await openTunnel(near.address, target)
  t.match(head, /^HTTP\/1\.1 502 The site refused the connection\r\n/)
  t.match(
    head,
    /\r\nProxy-Status: hunch-near;error=connection_refused;details="ORIGIN_REFUSED: 127\.0\.0\.1:\d+ refused/,
  )
  t.match(await text(socket), /\[ORIGIN_REFUSED, at the site\]\n$/)
  const unknown = await openTunnel(near.address, 'nowhere.invalid:443')
  t.match(unknown.head, /^HTTP\/1\.1 502 [^]*error=dns_error;details="ORIGIN_NAME: /)
})

t.test('a target that is no HOST:PORT is a 400', async t => {
  const { near } = await startPair(t)
  for (const target of ['site.example', 'site.example:0', 'site.example:99999', 'http://site.example/', '[::1:443']) {
    const { socket, head } = await openTunnel(near.address, target)
    t.match(head, /^HTTP\/1\.1 400 /, target)
    t.match(await text(socket), /\[CLIENT_BAD_(?:URL|REQUEST), at your program\]\n$/)
  }
})

t.test('whoever breaks a tunnel breaks it for the other too', async t => {
  const { near } = await startPair(t)
  const server = createServer()
  const target = `127.0.0.1:${await listen(t, server)}`
  for (const breaker of ['client', 'origin']) {
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const { socket } = await openTunnel(near.address, target)
    const [peer] = await accepted
    peer.on('error', () => undefined)
    const [breaking, other] = breaker === 'client' ? [socket, peer] : [peer, socket]
    const broken = new Promise(resolve => other.once('error', resolve))
    other.resume()
    breaking.resetAndDestroy()
    t.match(await broken, { code: 'ECONNRESET' }, `${breaker}: what was cut off does not look as if it had ended`)
  }
})

t.test('a near that closes ends its tunnels, also those that go to origins directly', async t => {
  for (const mode of ['optimistic', 'direct']) {
    const pair = await startPair(t)
    const near = await pair.addNear({ arguments: ['--mode', mode] })
    const server = createServer(socket => socket.on('error', () => undefined))
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const { socket } = await openTunnel(near.address, `127.0.0.1:${await listen(t, server)}`)
    const [peer] = await accepted
    const gone = [socket, peer].map(
      each => new Promise<void>(resolve => each.resume().once('end', resolve).once('close', resolve)),
    )
    await Promise.all([near.close(), ...gone])
    t.pass(mode)
  }
})
