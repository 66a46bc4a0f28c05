// Claims about WebSocket through a pair: by an upgrade to near, inside a tunnel, and inside a connection that near opens.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { ProxyAgent, WebSocket } from 'undici'
import { begin, headOf, readAll } from './client.ts'
import { closedUrl, listen, makeText, Origin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'
import { makeLeaf, trust } from './tls-origin.ts'
import { accept, echo } from './websocket-origin.ts'

/** Through far, and past it. */
const MODES = ['optimistic', 'direct'] as const

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

/** Asks near to upgrade, and gives the head of its response and the socket behind it. */
async function upgrade(near: string, url: string, more = ''): Promise<{ head: string; socket: Socket }> {
  const { hostname, port } = new URL(`http://${near}`)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => undefined)
  const fields = `Host: ${new URL(url).host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n`
  socket.write(`GET ${url} HTTP/1.1\r\n${fields}Sec-WebSocket-Key: ${KEY}\r\n${more}\r\n`)
  let head = ''
  while (!head.includes('\r\n\r\n')) head += ((await once(socket, 'data')) as [Buffer])[0].toString('latin1')
  socket.pause()
  const end = head.indexOf('\r\n\r\n') + 4
  if (head.length > end) socket.unshift(Buffer.from(head.slice(end), 'latin1'))
  return { head: head.slice(0, end), socket }
}

/** An origin whose WebSockets are given out as they open; they do nothing by themselves. */
async function startSockets(t: Test): Promise<{ url: string; opened: Promise<Socket>; fields: () => string[] }> {
  const server = createServer()
  const opened = Promise.withResolvers<Socket>()
  let fields: string[] = []
  server.on('upgrade', (request, socket: Socket) => {
    fields = request.rawHeaders
    accept(request, socket)
    opened.resolve(socket)
  })
  return { url: `http://127.0.0.1:${await listen(t, server)}/socket?a=1`, opened: opened.promise, fields: () => fields }
}

t.test('an upgrade is opened at the origin with a key of its own, and bytes pass both ways as they are', async t => {
  const { near } = await startPair(t)
  const { url, opened, fields } = await startSockets(t)
  const more = 'Origin: http://site.example\r\nSec-WebSocket-Protocol: chat\r\nCookie: a=1; b=2\r\n'
  const { head, socket } = await upgrade(near.address, url, more)
  t.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
  t.match(head, new RegExp(`\\r\\nSec-WebSocket-Accept: ${ACCEPT.replace('+', '\\+')}\\r\\n`))
  t.match(head, /\r\nset-cookie: opened=1\r\n/i)
  t.match(head, /\r\nCache-Status: hunch-near; fwd=bypass; detail=tunnel\r\n/)
  const origin = await opened
  const sent = fields()
  const valueOf = (name: string) => sent.filter((_, at) => at % 2 === 1 && sent[at - 1]?.toLowerCase() === name)
  t.strictSame(valueOf('cookie'), ['a=1; b=2'])
  t.strictSame(valueOf('sec-websocket-protocol'), ['chat'])
  t.strictSame(valueOf('origin'), ['http://site.example'])
  t.equal(valueOf('sec-websocket-key').length, 1)
  t.not(valueOf('sec-websocket-key')[0], KEY)
  const frame = Buffer.from('8182000000006869', 'hex')
  socket.write(frame)
  t.ok(((await once(origin, 'data')) as [Buffer])[0].equals(frame))
  const close = Buffer.from('88020fa1', 'hex')
  origin.end(close)
  const ended = once(socket, 'end')
  socket.resume()
  t.ok(((await once(socket, 'data')) as [Buffer])[0].equals(close), 'the close code 4001 as well')
  await ended
})

t.test('a side that is slow to read slows the other down, and gets every byte', async t => {
  const { near } = await startPair(t)
  const { url, opened } = await startSockets(t)
  const { socket } = await upgrade(near.address, url)
  const origin = await opened
  const text = makeText(1024 ** 2)
  for (const [from, to] of [
    [socket, origin],
    [origin, socket],
  ] as const) {
    to.pause()
    let blocked = 0
    for (let count = 0; count < 64; count++) if (!from.write(text)) blocked += 1
    t.ok(blocked > 0)
    t.ok(from.writableLength > 16 * 1024 ** 2, 'what nobody reads stays where it was written')
    let read = 0
    for await (const chunk of to.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      read += chunk.length
      if (read === 64 * text.length) break
    }
    t.equal(read, 64 * text.length)
  }
})

t.test('past far, a WebSocket is opened with the key of its client', async t => {
  const { near } = await startPair(t, { near: ['--mode', 'direct'] })
  const { url, opened, fields } = await startSockets(t)
  const { head, socket } = await upgrade(near.address, url, 'Cookie: a=1; b=2\r\n')
  t.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
  t.match(head, new RegExp(`\\r\\nSec-WebSocket-Accept: ${ACCEPT.replace('+', '\\+')}\\r\\n`))
  t.match(head, /\r\nVia: 1\.1 hunch-near\r\n/)
  const origin = await opened
  t.match(fields().join('\n'), `Sec-WebSocket-Key\n${KEY}`)
  t.match(fields().join('\n'), 'Cookie\na=1; b=2')
  for (const [from, to] of [
    [socket, origin],
    [origin, socket],
  ] as const) {
    const heard = once(to, 'data')
    to.resume()
    from.write('some bytes')
    t.equal(String(((await heard) as [Buffer])[0]), 'some bytes')
  }
})

for (const mode of MODES) {
  t.test(`an origin that refuses a WebSocket is heard; so is one that cannot be reached: ${mode}`, async t => {
    const { near } = await startPair(t, { near: ['--mode', mode] })
    const origin = await Origin.start(t, (request, response) => {
      if (request.url === '/ok') response.end('no WebSocket here')
      else response.writeHead(403, { 'content-type': 'text/plain', 'x-why': 'closed' }).end('not for you')
    })
    const expectRefusal = async (url: string, status: number, head: RegExp, body: RegExp) => {
      const refused = await upgrade(near.address, url)
      t.match(refused.head, new RegExp(`^HTTP/1\\.1 ${status} `))
      t.match(refused.head, head)
      let text = ''
      for await (const chunk of refused.socket) text += String(chunk)
      t.match(text, body)
    }
    await expectRefusal(`${origin.url}/`, 403, /\r\nx-why: closed\r\n/i, /^not for you$/)
    if (mode === 'direct') await expectRefusal(`${origin.url}/ok`, 200, /Connection: close/, /^no WebSocket here$/)
    else await expectRefusal(`${origin.url}/ok`, 502, /ORIGIN_BAD_RESPONSE/, /answered 200 to a WebSocket/)
    await expectRefusal(await closedUrl(), 502, /ORIGIN_REFUSED/, /ORIGIN_REFUSED/)
    await expectRefusal('http://nowhere.invalid/', 502, /ORIGIN_NAME/, /ORIGIN_NAME/)
  })

  t.test(`whoever breaks a WebSocket breaks it for the other: ${mode}`, async t => {
    const { near } = await startPair(t, { near: ['--mode', mode] })
    for (const breaker of ['client', 'origin']) {
      const { url, opened } = await startSockets(t)
      const { socket } = await upgrade(near.address, url)
      const origin = await opened
      const [breaking, other] = breaker === 'client' ? [socket, origin] : [origin, socket]
      const broken = new Promise(resolve => other.once('error', resolve).once('close', resolve))
      other.resume()
      breaking.resetAndDestroy()
      await broken
      t.pass(breaker)
    }
  })
}

t.test('another protocol than WebSocket is not upgraded to: the request is served as it is', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (_request, response) => response.end('plain'))
  const fields = ['Connection', 'Upgrade, HTTP2-Settings', 'Upgrade', 'h2c', 'HTTP2-Settings', 'AAMAAABkAAQAAP__']
  const request = begin(near.address, origin.url, { fields })
  const head = headOf(request)
  request.end()
  t.match(await readAll(await head), { status: 200, complete: true, body: Buffer.from('plain') })
})

/** Opens a WebSocket of undici through `proxy`, says hello, and closes it with a code of its own. */
async function converse(t: Test, proxy: ProxyAgent, url: string): Promise<void> {
  const socket = new WebSocket(url, { dispatcher: proxy })
  await new Promise(resolve => socket.addEventListener('open', resolve))
  for (const text of ['hello', makeText(40_000)]) {
    const heard = new Promise<unknown>(resolve => {
      socket.addEventListener('message', ({ data }) => resolve(data), { once: true })
    })
    socket.send(text)
    t.equal(await heard, text)
  }
  const closed = new Promise<{ code: number; wasClean: boolean }>(resolve => {
    socket.addEventListener('close', ({ code, wasClean }) => resolve({ code, wasClean }))
  })
  socket.close(4321, 'enough')
  t.match(await closed, { code: 4321, wasClean: true })
}

t.test('a WebSocket client gets its echo through a tunnel, and through a connection that near opens', async t => {
  const leaf = await makeLeaf()
  trust(t, leaf)
  for (const [mode, intercept] of MODES.flatMap(mode => [[mode, false] as const, [mode, true] as const])) {
    const { near } = await startPair(t, { near: ['--mode', mode, ...(intercept ? ['--intercept'] : [])] })
    const server = createTlsServer(leaf)
    server.on('upgrade', (request, socket) => {
      accept(request, socket)
      echo(socket)
    })
    const ca = intercept ? await readFile(`${near.data}/authority-cert.pem`, 'utf8') : leaf.ca
    const proxy = new ProxyAgent({ uri: `http://${near.address}`, requestTls: { ca } })
    t.teardown(() => proxy.close())
    await converse(t, proxy, `wss://127.0.0.1:${await listen(t, server)}/echo`)
  }
})
