// Claims about HTTPS that near opens: over real TLS, what plain requests have holds inside too.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { constants } from 'node:http2'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { askHttp1, askHttp2, openConnect, openHttp2, openTls, readStream } from './inside.ts'
import { ask } from './client.ts'
import { listen, makeText } from './odd-origin.ts'
import { type RunningNear, startPair } from './running-pair.ts'
import { makeLeaf, type SignedLeaf, startTlsOrigin, trust } from './tls-origin.ts'
import type { RequestListener } from 'node:http'

async function startIntercepting(t: Test, leaf: SignedLeaf, ...words: string[]) {
  trust(t, leaf)
  const pair = await startPair(t, { near: ['--intercept', ...words] })
  return { pair, near: pair.near, ca: await authorityOf(pair.near) }
}

async function authorityOf({ data }: RunningNear): Promise<string> {
  return readFile(`${data}/authority-cert.pem`, 'utf8')
}

// For tests that leave nothing behind in near: no host that it does not open any more.
const leaf = await makeLeaf()
const opening = await startIntercepting(t, leaf)

/** An origin that far trusts, to which near opens connections. */
async function start(t: Test, listener: RequestListener) {
  const { near, ca } = opening
  return { near, ca, origin: await startTlsOrigin(t, leaf, listener) }
}

t.test('HTTP/2 and HTTP/1.1 inside get the bytes of the origin, and deltas the second time', async t => {
  const page = makeText(20_000)
  let version = 0
  const { near, origin, ca } = await start(t, (_request, response) => {
    version += 1
    response.setHeader('Content-Type', 'text/html')
    response.setHeader('Cache-Control', 'no-cache')
    response.end(`${page}version ${version}`)
  })
  const session = await openHttp2(t, near.address, origin, ca)
  const first = await askHttp2(session, { ':path': '/page' })
  t.match(first, { status: 200, way: 'whole' })
  t.equal(first.body.toString(), `${page}version 1`)
  const second = await askHttp2(session, { ':path': '/page' })
  t.equal(second.way, 'delta')
  t.equal(second.body.toString(), `${page}version 2`)
  const third = await askHttp1(t, near.address, origin, ca, '/page')
  t.match(third, { status: 200, way: 'delta', complete: true })
  t.equal(third.body.toString(), `${page}version 3`)
})

t.test('repeated fields stay apart', async t => {
  const { near, origin, ca } = await start(t, (_request, response) => {
    response.setHeader('Set-Cookie', ['a=1', 'b=2'])
    response.setHeader('X-Latin', 'caf\u00e9')
    response.end()
  })
  const session = await openHttp2(t, near.address, origin, ca)
  t.match(await askHttp2(session, {}), { headers: { 'set-cookie': ['a=1', 'b=2'], 'x-latin': 'caf\u00e9' } })
  t.same((await askHttp1(t, near.address, origin, ca, '/')).all('set-cookie'), ['a=1', 'b=2'])
})

t.test('a hundred requests at once share one connection', async t => {
  const { near, origin, ca } = await start(t, ({ url }, response) => response.end(`this is ${url}`))
  const session = await openHttp2(t, near.address, origin, ca)
  const paths = Array.from({ length: 100 }, (_, at) => `/${at}`)
  const got = await Promise.all(paths.map(path => askHttp2(session, { ':path': path })))
  t.same(
    got.map(({ body }) => body.toString()),
    paths.map(path => `this is ${path}`),
  )
})

t.test('what the client sends arrives as it is sent: method, fields, one Cookie, content', async t => {
  const { near, origin, ca } = await start(t, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
    })
  })
  const session = await openHttp2(t, near.address, origin, ca)
  const body = makeText(3_000_000)
  const headers = {
    ':method': 'POST',
    ':path': '/a?b=%zz',
    cookie: ['a=1', 'b=2'],
    'x-one': 'two',
    expect: '100-continue',
  }
  const { body: echo } = await askHttp2(session, headers, body)
  const seen = JSON.parse(echo.toString())
  t.match(seen, { method: 'POST', url: '/a?b=%zz', headers: { cookie: 'a=1; b=2', 'x-one': 'two', host: origin } })
  t.match(seen.headers.via, /^2\.0 hunch-near, /)
  t.ok(seen.body === body)
})

t.test('responses without content, and to HEAD, end', async t => {
  const { near, origin, ca } = await start(t, (request, response) => {
    response.statusCode = Number(request.url?.slice(1))
    response.end(request.method === 'GET' && response.statusCode === 200 ? 'content' : '')
  })
  const session = await openHttp2(t, near.address, origin, ca)
  for (const [method, path] of [
    ['GET', '/204'],
    ['GET', '/304'],
    ['HEAD', '/200'],
    ['HEAD', '/404'],
    ['GET', '/205'],
    ['OPTIONS', '/200'],
  ]) {
    const got = await askHttp2(session, { ':method': method, ':path': path })
    t.match(got, { status: Number(path?.slice(1)), body: Buffer.alloc(0) }, `${method} ${path}`)
  }
  t.match(await askHttp2(session, { ':path': '/200' }), { body: Buffer.from('content') })
})

t.test('a request for another host is misdirected, over both protocols', async t => {
  const { near, origin, ca } = await start(t, (_request, response) => response.end('reached'))
  const session = await openHttp2(t, near.address, origin, ca)
  for (const headers of [{ ':authority': 'other.example' }, { host: 'other.example' }, { ':scheme': 'http' }]) {
    t.match(await askHttp2(session, headers), { status: 421 }, JSON.stringify(headers))
  }
  t.match(await askHttp2(session, {}), { status: 200 }, 'the connection lives on')
  t.match(await askHttp1(t, near.address, origin, ca, '/', ['Host', 'other.example']), { status: 421 })
  t.match(await askHttp1(t, near.address, origin, ca, 'https://other.example/'), { status: 421 })
  t.match(await askHttp1(t, near.address, origin, ca, `http://${origin}/`), { status: 421 })
  t.match(await askHttp1(t, near.address, origin, ca, `https://${origin}/`), { status: 200 })
})

t.test('what cannot be done inside is said', async t => {
  const { near, origin, ca } = await start(t, (_request, response) => response.end('reached'))
  const session = await openHttp2(t, near.address, origin, ca)
  const stream = session.request({ ':method': 'CONNECT', ':authority': 'other.example:443' })
  t.match(await readStream(stream), { status: 501, body: /NEAR_UNSUPPORTED/ })
})

t.test('an origin that breaks off breaks the stream, not the connection', async t => {
  const { near, origin, ca } = await start(t, (request, response) => {
    if (request.url === '/') response.end('whole')
    else response.writeHead(200, { 'content-length': 100_000 }).write(makeText(50_000), () => response.destroy())
  })
  const session = await openHttp2(t, near.address, origin, ca)
  await t.rejects(askHttp2(session, { ':path': '/broken' }), { code: 'ERR_HTTP2_STREAM_ERROR' })
  t.match(await askHttp2(session, {}), { status: 200 })
})

t.test('a client that resets its stream ends the request at the origin', async t => {
  const came = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const { near, origin, ca } = await start(t, (request, response) => {
    came.resolve()
    response.writeHead(200).write('begun')
    request.socket.once('close', () => gone.resolve())
  })
  const session = await openHttp2(t, near.address, origin, ca)
  const stream = session.request({ ':path': '/endless' })
  await Promise.all([came.promise, once(stream, 'response')])
  stream.close(constants.NGHTTP2_CANCEL)
  await gone.promise
  t.pass()
})

t.test(
  'a certificate of an origin that nobody trusts is a page that says so; then the client sees it itself',
  async t => {
    const trusted = await makeLeaf()
    const untrusted = await makeLeaf()
    const origin = await startTlsOrigin(t, untrusted, (_request, response) => response.end('reached'))
    const { near, ca } = await startIntercepting(t, trusted)
    const session = await openHttp2(t, near.address, origin, ca)
    const closed = once(session, 'close')
    const page = await askHttp2(session, { accept: 'text/html' })
    t.match(page, {
      status: 502,
      body: /The site has no valid certificate[^]*your browser meets the site itself/,
      headers: { 'proxy-status': /ORIGIN_TLS/ },
    })
    await closed
    const direct = await openTls(t, near.address, origin, { ca: untrusted.ca, ALPNProtocols: ['http/1.1'] })
    t.ok(direct.authorized, 'the certificate is that of the origin')
  },
)

t.test('a site that wants a certificate of the client is a page; then the client meets it itself', async t => {
  const mine = await makeLeaf('me.example')
  const { pair } = await startIntercepting(t, leaf)
  // In TLS 1.3 the refusal comes after the handshake.
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const options = { ...leaf, requestCert: true, rejectUnauthorized: true, ca: mine.ca, maxVersion }
    const origin = await startTlsOrigin(t, options, (_request, response) => response.end('welcome'))
    for (const mode of ['optimistic', 'direct']) {
      // What near remembers of the host is not for the next one.
      const near = await pair.addNear({ arguments: ['--intercept', '--mode', mode] })
      const ca = await authorityOf(near)
      const got = await askHttp1(t, near.address, origin, ca, '/')
      t.match(
        got,
        { status: 502, body: /may want a certificate of the client[^]*ORIGIN_TLS/ },
        `${maxVersion}, ${mode}`,
      )
      await t.rejects(openTls(t, near.address, origin, { ca }), 'it meets the site itself')
    }
  }
})

t.test('what is excluded is tunnelled: the client sees the certificate of the origin', async t => {
  const { near, ca } = await startIntercepting(t, leaf, '--exclude', '*.bank.example,127.0.0.1')
  const origin = await startTlsOrigin(t, leaf, (_, response) => response.end())
  const socket = await openTls(t, near.address, origin, { ca: leaf.ca })
  t.ok(socket.authorized)
  await t.rejects(openTls(t, near.address, origin, { ca }))
})

t.test(
  'a client that does not trust near is tunnelled the next time, or the time after when it says nothing',
  async t => {
    const { near, ca } = await startIntercepting(t, leaf)
    const origin = await startTlsOrigin(t, leaf, (_, response) => response.end())
    // Node's client says nothing; it closes.
    for (const _ of [1, 2])
      await t.rejects(openTls(t, near.address, origin, { ca: leaf.ca }), { code: /SIGNATURE|ISSUER|SIGNED/ })
    const socket = await openTls(t, near.address, origin, { ca: leaf.ca })
    t.ok(socket.authorized)
    await t.rejects(openTls(t, near.address, origin, { ca }))
  },
)

t.test('what is no TLS, is for another name, or offers no HTTP is tunnelled', async t => {
  const { near, ca } = opening
  const echo = createServer(socket => socket.pipe(socket))
  const socket = await openConnect(t, near.address, `127.0.0.1:${await listen(t, echo)}`)
  socket.write('EHLO')
  t.equal(String(await once(socket, 'data')), 'EHLO')
  const origin = await startTlsOrigin(t, { ...leaf, ALPNProtocols: ['xmpp-client', 'http/1.1'] }, () => undefined)
  const checkServerIdentity = () => undefined
  for (const options of [{ servername: 'other.example' }, { ALPNProtocols: ['xmpp-client'] }, { ALPNProtocols: [] }]) {
    const secure = await openTls(t, near.address, origin, { ca: leaf.ca, checkServerIdentity, ...options })
    t.ok(secure.authorized, JSON.stringify(options))
    await t.rejects(openTls(t, near.address, origin, { ca, checkServerIdentity, ...options }))
  }
})

t.test('near gives its authority to who asks, and only where it has one', async t => {
  const { near, ca } = opening
  const got = await ask(near.address, 'http://hunch.invalid/authority.pem')
  t.equal(got.body.toString(), ca)
  const { near: other } = await startPair(t)
  t.match(await ask(other.address, 'http://hunch.invalid/authority.pem'), { status: 404 })
})
