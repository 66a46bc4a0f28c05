// Claims about clients that leave: the origin hears of it, whatever was under way.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { constants, createSecureServer, type ServerHttp2Stream } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import t from 'tap'
import { begin, headOf } from './client.ts'
import { openConnect, openHttp2, openTls } from './inside.ts'
import { listen, makeText, Origin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'
import { makeLeaf, trust } from './tls-origin.ts'
import { accept } from './websocket-origin.ts'

/** Resolves when the other side of an origin's connection has closed it: an upgraded one may stay half open. */
async function closed(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await new Promise(resolve => socket.once('end', resolve).once('close', resolve))
}

t.test('a client that leaves while the origin thinks, in a download, or in an event stream', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t)
  for (const stage of ['thinking', 'download', 'events']) {
    const request = begin(near.address, `${origin.url}/${stage}`)
    request.on('error', () => undefined)
    const head = headOf(request)
    request.end()
    const { request: asked, response } = await origin.next()
    if (stage !== 'thinking') {
      response.writeHead(200, { 'content-type': stage === 'events' ? 'text/event-stream' : 'video/mp4' })
      response.write(stage === 'events' ? 'data: 1\n\n' : makeText(1024 ** 2))
      await once(await head, 'data')
    } else head.catch(() => undefined)
    const end = closed(asked.socket)
    request.destroy()
    await end
    t.pass(stage)
  }
})

t.test('a client that leaves in the middle of an upload', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t)
  const request = begin(near.address, origin.url, { method: 'POST', fields: ['Content-Length', '1000000'] })
  request.on('error', () => undefined)
  request.write(makeText(100_000))
  const { request: asked } = await origin.next()
  asked.on('error', () => undefined)
  await once(asked, 'data')
  const end = closed(asked.socket)
  request.destroy()
  await end
  t.notOk(asked.complete, 'and what it sent does not look complete')
})

t.test('a client that leaves an open WebSocket, or one that the origin has not accepted yet', async t => {
  const { near } = await startPair(t)
  const server = createServer()
  const url = `http://127.0.0.1:${await listen(t, server)}/`
  const { hostname, port } = new URL(`http://${near.address}`)
  for (const stage of ['asked', 'open']) {
    const came = new Promise<Socket>(resolve => {
      server.once('upgrade', (request, socket: Socket) => {
        if (stage === 'open') accept(request, socket)
        resolve(socket)
      })
    })
    const client = connect({ host: hostname, port: Number(port) })
    client.on('error', () => undefined)
    client.write(`GET ${url} HTTP/1.1\r\nHost: site\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`)
    client.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    const socket = await came
    socket.on('error', () => undefined)
    if (stage === 'open') await once(client, 'data')
    const end = closed(socket)
    client.destroy()
    await end
    t.pass(stage)
  }
})

t.test('a client that closes its side of a tunnel hard', async t => {
  const { near } = await startPair(t)
  const came = Promise.withResolvers<Socket>()
  const server = createTcpServer(socket => came.resolve(socket))
  const tunnel = await openConnect(t, near.address, `127.0.0.1:${await listen(t, server)}`)
  tunnel.write('hello')
  const socket = await came.promise
  await once(socket, 'data')
  const end = closed(socket)
  tunnel.resetAndDestroy()
  await end
  t.pass()
})

t.test('a client that gives up a stream inside an opened connection, at an origin that speaks HTTP/2', async t => {
  const leaf = await makeLeaf()
  trust(t, leaf)
  const { near } = await startPair(t, { near: ['--intercept'] })
  const server = createSecureServer(leaf)
  const origin = `127.0.0.1:${await listen(t, server)}`
  const session = await openHttp2(t, near.address, origin, await readFile(`${near.data}/authority-cert.pem`, 'utf8'))
  // More than all windows on the way, so that the origin has some left when the client goes.
  const large = Buffer.alloc(6_000_000)
  for (const stage of ['thinking', 'small', 'large', 'events', 'upload']) {
    const method = stage === 'upload' ? 'POST' : 'GET'
    const came = once(server, 'stream') as Promise<[ServerHttp2Stream]>
    const asked = session.request({ ':path': `/${stage}`, ':method': method }, { endStream: method === 'GET' })
    asked.on('error', () => undefined)
    if (stage === 'upload') asked.write(makeText(100_000))
    const [stream] = await came
    stream.on('error', () => undefined)
    if (stage === 'upload') await once(stream, 'data')
    else if (stage !== 'thinking') {
      const heard = new Promise(resolve => asked.once('data', () => resolve(asked.pause())))
      stream.respond({ 'content-type': stage === 'events' ? 'text/event-stream' : 'video/mp4' })
      if (stage === 'large') stream.end(large)
      else stream.write('begun')
      await heard
    }
    const end = once(stream, 'close')
    asked.close(constants.NGHTTP2_CANCEL)
    await end
    t.equal(stream.rstCode, constants.NGHTTP2_CANCEL, stage)
  }
})

t.test(
  'a client that leaves an opened connection in which it speaks HTTP/1.1, a WebSocket among what it does',
  async t => {
    const leaf = await makeLeaf()
    trust(t, leaf)
    const { near } = await startPair(t, { near: ['--intercept'] })
    const ca = await readFile(`${near.data}/authority-cert.pem`, 'utf8')
    const server = createTlsServer(leaf)
    const origin = `127.0.0.1:${await listen(t, server)}`
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
    const fields: Readonly<Record<string, string>> = {
      upload: 'Content-Length: 1000000\r\n',
      'WebSocket asked for': `${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`,
      'WebSocket open': `${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`,
    }
    for (const stage of ['thinking', 'download', 'events', 'upload', 'WebSocket asked for', 'WebSocket open']) {
      const came = once(server, fields[stage]?.startsWith(upgrade) ? 'upgrade' : 'request')
      const client = await openTls(t, near.address, origin, { ca, ALPNProtocols: ['http/1.1'] })
      client.write(`${stage === 'upload' ? 'POST' : 'GET'} / HTTP/1.1\r\nHost: ${origin}\r\n${fields[stage] ?? ''}\r\n`)
      if (stage === 'upload') client.write(makeText(100_000))
      const [asked, behind] = (await came) as [IncomingMessage, ServerResponse & Socket]
      for (const each of [asked, asked.socket]) each.on('error', () => undefined)
      if (stage === 'upload') await once(asked, 'data')
      else if (stage === 'WebSocket open') accept(asked, behind)
      else if (stage === 'download' || stage === 'events') {
        behind.writeHead(200, { 'content-type': stage === 'events' ? 'text/event-stream' : 'video/mp4' })
        behind.write(stage === 'events' ? 'data: 1\n\n' : makeText(1024 ** 2))
      }
      if (!['thinking', 'upload', 'WebSocket asked for'].includes(stage)) await once(client, 'data')
      const end = closed(asked.socket)
      client.destroy()
      await end
      t.pass(stage)
    }
  },
)
