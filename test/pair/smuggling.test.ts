// Claims about messages whose end two readers might see in different places (RFC 9112 §11.2): near refuses them from
// clients, far from origins, and nothing of them is ever taken for another message.
import { readFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Duplex } from 'node:stream'
import t from 'tap'
import { ask } from './client.ts'
import { openTls } from './inside.ts'
import { Origin, startRawOrigin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'
import { makeLeaf, startTlsOrigin, trust } from './tls-origin.ts'

/** What stands in the head behind Host, and the content: what no two readers agree on. */
const AMBIGUOUS: Readonly<Record<string, string>> = {
  'two lengths': 'Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345',
  'the same length twice': 'Content-Length: 5\r\nContent-Length: 5\r\n\r\n12345',
  'a list of lengths': 'Content-Length: 5, 5\r\n\r\n12345',
  'a length with a sign': 'Content-Length: +5\r\n\r\n12345',
  'a length below zero': 'Content-Length: -5\r\n\r\n12345',
  'a hexadecimal length': 'Content-Length: 0x5\r\n\r\n12345',
  'a length with a space inside': 'Content-Length: 5 5\r\n\r\n12345',
  'a length without a number': 'Content-Length: \r\n\r\n12345',
  'a length beyond all numbers': 'Content-Length: 99999999999999999999999\r\n\r\n12345',
  'a length and chunks': 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'chunks and a length': 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
  'chunks that are not last': 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
  'a coding that nobody knows': 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  'a name with a space behind it': 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
  'a name with a tab behind it': 'Content-Length\t: 5\r\n\r\n12345',
  'a folded line': 'X-Folded: a\r\n b\r\n\r\n',
  'a folded length': 'Content-Length:\r\n 5\r\n\r\n12345',
  'a line that begins with a space': ' X-First: a\r\n\r\n',
  'a line that ends with LF alone': 'X-Bare: a\n\r\n',
  'an end of LF alone': 'X-Bare: a\r\n\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
  'a CR inside a value': 'X-Bare: a\rb\r\n\r\n',
  'a CR that hides a field': 'X-Bare: a\rContent-Length: 5\r\n\r\n12345',
  'a NUL inside a value': 'X-Nul: a\u0000b\r\n\r\n',
  'a line without a colon': 'X-None\r\n\r\n',
}

/** Contents in chunks that are none; the head is well formed. */
const BAD_CHUNKS: Readonly<Record<string, string>> = {
  'no number': 'zz\r\n12345\r\n0\r\n\r\n',
  'a sign': '+5\r\n12345\r\n0\r\n\r\n',
  'below zero': '-5\r\n12345\r\n0\r\n\r\n',
  'a prefix': '0x5\r\n12345\r\n0\r\n\r\n',
  'beyond all numbers': 'fffffffffffffffff\r\n12345\r\n0\r\n\r\n',
  'a size that ends with LF alone': '5\n12345\r\n0\r\n\r\n',
  'a chunk that is longer than its size': '5\r\n123456\r\n0\r\n\r\n',
  'a chunk without its end': '5\r\n1234500\r\n\r\n',
  'an extension with LF': '5;a\nb\r\n12345\r\n0\r\n\r\n',
}

/** Codings of which something is read, but not by everybody the same. */
const ODD_CODINGS = ['gzip, chunked', 'chunked, chunked', 'chunked, identity', 'xchunked', 'identity']

function dial(address: string): Socket {
  const { hostname, port } = new URL(`http://${address}`)
  return connect({ host: hostname, port: Number(port) })
}

/** Writes bytes as they are, and gives all that came back until the other side closed. */
function send(socket: Duplex, bytes: string): Promise<string> {
  socket.on('error', () => undefined)
  socket.write(bytes, 'latin1')
  return text(socket)
}

/** An origin that answers everything, and what it was asked to the end. */
async function startCounting(start: (listener: RequestListener) => Promise<string>) {
  const seen: string[] = []
  const address = await start((request, response) => {
    request.on('error', () => undefined)
    request.on('end', () => seen.push(`${request.method} ${request.url}`))
    request.resume()
    response.end('reached')
  })
  return { address, seen }
}

const REFUSED = /^HTTP\/1\.1 400 Bad Request\r\n[^]*\[CLIENT_BAD_REQUEST, at your program\]\n$/

/** All that a client may send and that is refused, behind the request line and Host. */
const badRequests = [
  ...Object.entries(AMBIGUOUS),
  ...Object.entries(BAD_CHUNKS).map(([what, bytes]) => [what, `Transfer-Encoding: chunked\r\n\r\n${bytes}`] as const),
  ...ODD_CODINGS.map(coding => [coding, `Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`] as const),
]

t.test('near refuses requests whose end is not clear, and closes: the origin gets none', async t => {
  for (const mode of ['optimistic', 'direct']) {
    const { near } = await startPair(t, { near: ['--mode', mode] })
    const { address: origin, seen } = await startCounting(async listener => (await Origin.start(t, listener)).url)
    for (const [what, bytes] of badRequests) {
      const answer = await send(dial(near.address), `POST ${origin}/ HTTP/1.1\r\nHost: a\r\n${bytes}`)
      t.match(answer, REFUSED, `${what}, ${mode}`)
    }
    const old = `POST ${origin}/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
    t.match(await send(dial(near.address), old), REFUSED, 'HTTP/1.0 has no chunks')
    t.strictSame(seen, [])
  }
})

t.test('so it does inside a connection that it has opened', async t => {
  const leaf = await makeLeaf()
  trust(t, leaf)
  const { near } = await startPair(t, { near: ['--intercept'] })
  const ca = await readFile(`${near.data}/authority-cert.pem`, 'utf8')
  const { address: authority, seen } = await startCounting(listener => startTlsOrigin(t, leaf, listener))
  for (const [what, bytes] of badRequests) {
    const socket = await openTls(t, near.address, authority, { ca, ALPNProtocols: ['http/1.1'] })
    t.match(await send(socket, `POST / HTTP/1.1\r\nHost: ${authority}\r\n${bytes}`), REFUSED, what)
  }
  t.strictSame(seen, [])
})

t.test('the content of a GET is its content, and what follows it is the next request', async t => {
  for (const mode of ['optimistic', 'direct']) {
    const { near } = await startPair(t, { near: ['--mode', mode] })
    const origin = await Origin.start(t, (request, response) => {
      let content = ''
      request.on('data', (bytes: Buffer) => (content += String(bytes)))
      request.on('end', () => response.end(`[${request.method} ${request.url} ${content}]`))
    })
    const inner = `GET ${origin.url}/inner HTTP/1.1\r\nHost: a\r\n\r\n`
    const last = `GET ${origin.url}/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
    const bytes = `GET ${origin.url}/ HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length}\r\n\r\n${inner}${last}`
    const answers = (await send(dial(near.address), bytes)).match(/\[[^\]]*\]/g)
    t.strictSame(answers, [`[GET / ${inner}]`, '[GET /last ]'], mode)
  }
})

t.test('far refuses responses whose end is not clear', async t => {
  const odd = ODD_CODINGS.map(coding => [coding, `Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`] as const)
  for (const mode of ['optimistic', 'direct']) {
    const { near } = await startPair(t, { near: ['--mode', mode] })
    for (const [what, bytes] of [...Object.entries(AMBIGUOUS), ...odd]) {
      const url = await startRawOrigin(t, socket => void socket.end(`HTTP/1.1 200 OK\r\nX-A: b\r\n${bytes}`, 'latin1'))
      const got = await ask(near.address, url)
      t.match(got, { status: 502, complete: true }, `${what}, ${mode}`)
      t.match(got.body.toString(), /\[ORIGIN_(?:BAD_RESPONSE|LENGTH), at the site\]/)
    }
    for (const [what, bytes] of Object.entries(BAD_CHUNKS)) {
      const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
      const url = await startRawOrigin(t, socket => void socket.end(`${head}${bytes}`, 'latin1'))
      const got = await ask(near.address, url).catch(() => undefined)
      t.notOk(got?.status === 200 && got.complete, `chunks with ${what}, ${mode}`)
    }
  }
})

t.test('a second response that nobody asked for is given to nobody', async t => {
  const second = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled'
  for (const mode of ['optimistic', 'direct']) {
    const { near } = await startPair(t, { near: ['--mode', mode] })
    const url = await startRawOrigin(t, (socket, head) => {
      const [, path = ''] = head.split(' ')
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}${second}`)
    })
    for (const path of ['/first', '/second', '/third']) {
      const got = await ask(near.address, `${url}${path}`)
      t.equal(got.body.toString(), path, mode)
    }
  }
})
