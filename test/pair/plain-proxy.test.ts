// Claims about far as an ordinary HTTP/2 forward proxy: for clients that have a credential and no near.
import { once } from 'node:events'
import { connect, type ClientHttp2Session, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { closedUrl, makeText, Origin, startRawOrigin } from './odd-origin.ts'
import { type RunningPair, startPair } from './running-pair.ts'

function connectTo(t: Test, { url }: RunningPair): ClientHttp2Session {
  // The pin is near's matter; here only the proxy is.
  const session = connect(`https://127.0.0.1:${url.port}`, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  return session
}

async function request(session: ClientHttp2Session, headers: OutgoingHttpHeaders, content?: string) {
  const stream = session.request(headers, { endStream: content === undefined })
  stream.on('error', () => undefined)
  if (content !== undefined) stream.end(content)
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }]
  const body = await buffer(stream)
  return { status: answer[':status'], headers: answer, body }
}

function askFor(pair: RunningPair, url: string, more: OutgoingHttpHeaders = {}): OutgoingHttpHeaders {
  const { protocol, host, pathname, search } = new URL(url)
  const target = { ':scheme': protocol.slice(0, -1), ':authority': host, ':path': `${pathname}${search}` }
  return { ...target, 'proxy-authorization': `Bearer ${pair.credential}`, ...more }
}

t.test('a request with a credential is passed on, and its response comes back as it is', async t => {
  const pair = await startPair(t)
  const page = makeText(100_000)
  const origin = await Origin.start(t, (asked, response) => {
    const seen = [
      asked.method,
      asked.url,
      asked.headers.via,
      asked.headers['proxy-authorization'],
      asked.headers.cookie,
    ]
    response.writeHead(200, { 'content-type': 'text/html', 'x-seen': seen.join(' '), 'set-cookie': ['a=1', 'b=2'] })
    response.end(page)
  })
  const session = connectTo(t, pair)
  const got = await request(session, askFor(pair, `${origin.url}/%zz?q`, { cookie: ['a=1', 'b=2'] }))
  t.match(got, { status: 200, headers: { 'x-seen': 'GET /%zz?q 2.0 hunch-far  a=1; b=2', via: '1.1 hunch-far' } })
  t.strictSame(got.headers['set-cookie'], ['a=1', 'b=2'])
  t.ok(got.body.equals(Buffer.from(page)))
  const head = await request(session, askFor(pair, origin.url, { ':method': 'HEAD' }))
  t.match(head, { status: 200, body: Buffer.alloc(0) })
  const posted = await request(session, askFor(pair, origin.url, { ':method': 'POST' }), 'form')
  t.match(posted, { status: 200, headers: { 'x-seen': /^POST / } })
})

t.test(
  'without a credential, and with one that far did not give, there is a 407 and no request to the origin',
  async t => {
    const pair = await startPair(t)
    let requests = 0
    const origin = await Origin.start(t, (_asked, response) => {
      requests += 1
      response.end()
    })
    const session = connectTo(t, pair)
    // Not more than are looked at before an address is locked out.
    for (const credential of [undefined, 'Basic YTpi', `Bearer ${pair.credential}x`]) {
      for (const method of ['GET', 'POST', 'CONNECT']) {
        const { host } = new URL(origin.url)
        const target: OutgoingHttpHeaders =
          method === 'CONNECT'
            ? { ':method': method, ':authority': host }
            : askFor(pair, origin.url, { ':method': method })
        const { 'proxy-authorization': _mine, ...headers } = target
        const got = await request(session, { ...headers, ...(credential && { 'proxy-authorization': credential }) })
        t.match(
          got,
          { status: 407, headers: { 'proxy-authenticate': 'Bearer realm="hunch"' } },
          `${method} ${credential}`,
        )
      }
    }
    t.equal(requests, 0)
  },
)

t.test('what fails is said with Proxy-Status, and what fails in the middle resets the stream', async t => {
  const pair = await startPair(t)
  const session = connectTo(t, pair)
  const refused = await request(session, askFor(pair, await closedUrl()))
  t.match(refused, { status: 502, headers: { 'proxy-status': /^hunch-far;error=connection_refused;/ } })
  const bad = await request(session, askFor(pair, 'http://site.example/', { ':authority': 'site.example:99999' }))
  t.match(bad, { status: 400, headers: { 'proxy-status': /CLIENT_BAD_URL/ } })
  const broken = await startRawOrigin(t, socket => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.destroy())
  })
  await t.rejects(request(session, askFor(pair, broken)), 'a response that breaks never looks complete')
})

t.test('a client that leaves is an aborted request for the origin', async t => {
  const pair = await startPair(t)
  const origin = await Origin.start(t)
  const session = connectTo(t, pair)
  const stream = session.request(askFor(pair, origin.url))
  stream.on('error', () => undefined)
  const { response } = await origin.next()
  const closed = once(response, 'close')
  stream.close(8)
  await closed
  t.equal(response.writableFinished, false)
})

t.test('far says of itself how it is, and that is all without a credential', async t => {
  const pair = await startPair(t)
  const session = connectTo(t, pair)
  const health = await request(session, { ':path': '/healthz' })
  t.strictSame(JSON.parse(health.body.toString()), { status: 'ok' }, 'and nothing about what is kept')
  t.match(await request(session, { ':path': '/metrics-of-others' }), { status: 407 })
})

t.test('trailers follow, and a status that HTTP/2 has not is a 500', async t => {
  const pair = await startPair(t)
  const url = await startRawOrigin(t, (socket, head) => {
    const status = head.startsWith('GET /999') ? 999 : 200
    socket.end(
      `HTTP/1.1 ${status} Odd\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: abc\r\nVary: x\r\n\r\n`,
    )
  })
  const session = connectTo(t, pair)
  const stream = session.request(askFor(pair, `${url}/`))
  const trailers = once(stream, 'trailers')
  t.equal(String(await buffer(stream)), 'ok')
  const [fields] = (await trailers) as [IncomingHttpHeaders]
  t.match(fields, { 'x-sum': 'abc' })
  t.notOk(fields.vary)
  t.match(await request(session, askFor(pair, `${url}/999`)), { status: 500, body: Buffer.from('ok') })
})
