// Claims about trailer fields through a pair: they follow the content to a client that takes them, by HTTP/1.1 and HTTP/2.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import t from 'tap'
import { ask, begin, headOf, readAll } from './client.ts'
import { openHttp2 } from './inside.ts'
import { makeText, Origin, startRawOrigin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'
import { makeLeaf, startTlsOrigin, trust } from './tls-origin.ts'

const page = makeText(20_000)

/** Chunks, then trailers: one that says what it is in UTF-8, one that must not come behind a content. */
const CHUNKED = [
  'HTTP/1.1 200 OK',
  'Content-Type: text/html',
  'Transfer-Encoding: chunked',
  'ANNOUNCEMENT',
  '',
  page.length.toString(16),
  page,
  '0',
  'X-Checksum: h\u00c3\u00a9',
  'X-Checksum: second',
  'Vary: Cookie',
  'Set-Cookie: late=1',
  '',
  '',
].join('\r\n')

t.test('trailers follow the content, whole or rebuilt, where they were announced or the client takes them', async t => {
  const { near } = await startPair(t)
  for (const [announcement, fields] of [
    ['Trailer: X-Checksum', []],
    ['X-None: 1', ['TE', 'trailers', 'Connection', 'TE']],
  ] as const) {
    const url = await startRawOrigin(t, socket => {
      socket.end(CHUNKED.replace('ANNOUNCEMENT', announcement), 'latin1')
    })
    for (const way of ['whole', 'confirmed']) {
      const request = begin(near.address, url, { fields: [...fields] })
      const head = headOf(request)
      request.end()
      const response = await head
      const got = await readAll(response)
      t.match(got, { status: 200, complete: true, way })
      t.ok(got.body.toString() === page)
      const trailers = response.rawTrailers
      t.strictSame(trailers, ['x-checksum', 'h\u00c3\u00a9', 'x-checksum', 'second'], `${announcement}, ${way}`)
    }
  }
})

t.test('a client that was not told of trailers, or cannot have them, gets the content alone', async t => {
  const { near } = await startPair(t)
  const url = await startRawOrigin(t, socket => {
    socket.end(CHUNKED.replace('ANNOUNCEMENT', 'X-None: 1'), 'latin1')
  })
  const request = begin(near.address, url)
  const head = headOf(request)
  request.end()
  const response = await head
  t.match(await readAll(response), { status: 200, complete: true })
  t.strictSame(response.rawTrailers, [])
  const { hostname, port } = new URL(`http://${near.address}`)
  const client = connect({ host: hostname, port: Number(port) })
  client.write(`GET ${url}/other HTTP/1.0\r\nTE: trailers\r\n\r\n`)
  let text = ''
  for await (const chunk of client) text += String(chunk)
  t.ok(text.endsWith(`\r\n\r\n${page}`))
})

t.test('a response that announces trailers and has a length, or is only a head, is passed on', async t => {
  const { near } = await startPair(t)
  const url = await startRawOrigin(t, (socket, head) => {
    const content = head.startsWith('HEAD') ? '' : 'ok'
    socket.end(`HTTP/1.1 200 OK\r\nTrailer: X-Checksum\r\nContent-Length: 2\r\n\r\n${content}`)
  })
  t.match(await ask(near.address, url), { status: 200, complete: true, body: Buffer.from('ok') })
  t.match(await ask(near.address, url, { method: 'HEAD' }), { status: 200, complete: true })
  t.match(await ask(near.address, url, { method: 'POST' }), { status: 200, complete: true })
})

t.test('a content that is streamed has its trailers, too', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t)
  const request = begin(near.address, origin.url)
  const head = headOf(request)
  request.end()
  const asked = await origin.next()
  asked.response.writeHead(200, { 'content-type': 'text/event-stream', trailer: 'X-End' })
  asked.response.write('data: 1\n\n')
  const response = await head
  asked.response.addTrailers({ 'X-End': 'reached' })
  asked.response.end()
  t.match(await readAll(response), { complete: true })
  t.strictSame(response.trailers, { 'x-end': 'reached' })
})

t.test('inside an opened connection HTTP/2 has trailers and hints of its own kind', async t => {
  const leaf = await makeLeaf()
  trust(t, leaf)
  const origin = await startTlsOrigin(t, leaf, (_request, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' })
    response.writeHead(200, { 'content-type': 'text/html', trailer: 'X-End' })
    response.write(page)
    response.addTrailers({ 'X-End': 'reached' })
    response.end()
  })
  const { near } = await startPair(t, { near: ['--intercept'] })
  const session = await openHttp2(t, near.address, origin, await readFile(`${near.data}/authority-cert.pem`, 'utf8'))
  for (const visit of ['whole', 'confirmed']) {
    const stream = session.request({ ':path': '/' })
    const hinted = once(stream, 'headers')
    const trailers = once(stream, 'trailers')
    t.match(await hinted, [{ ':status': 103, link: '</a.css>; rel=preload' }], visit)
    let text = ''
    for await (const chunk of stream) text += String(chunk)
    t.ok(text === page)
    t.match(await trailers, [{ 'x-end': 'reached' }])
  }
})
