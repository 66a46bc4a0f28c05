// Claims about origins that speak HTTP/2, and about connections to origins of either kind: they are reused, what breaks is
// told, and what is safe to ask again is asked again.
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { ask, begin, headOf, readAll } from './client.ts'
import { listen, Origin, startRawOrigin } from './odd-origin.ts'
import { type RawStream, startRawHttp2 } from './raw-http2.ts'
import { startPair } from './running-pair.ts'
import { makeLeaf, startTlsOrigin, trust } from './tls-origin.ts'

/** Answers each path as it says; gives the URL and how many connections there were. */
async function startHttp2(
  t: Test,
  pages: Readonly<Record<string, (stream: ServerHttp2Stream) => void>>,
): Promise<{ url: string; connections: () => number }> {
  const leaf = await makeLeaf()
  trust(t, leaf)
  const server: Http2SecureServer = createSecureServer({ ...leaf, allowHTTP1: true })
  let connections = 0
  server.on('session', session => {
    connections += 1
    session.on('error', () => undefined)
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    pages[headers[':path'] ?? '']?.(stream)
  })
  return { url: `https://127.0.0.1:${await listen(t, server)}`, connections: () => connections }
}

const NO_ERROR = 0
const INTERNAL_ERROR = 2
const REFUSED_STREAM = 7
const CANCEL = 8
const ENHANCE_YOUR_CALM = 11

t.test('an origin that speaks HTTP/2 is asked so, with one connection for many requests', async t => {
  const { near } = await startPair(t)
  const { url, connections } = await startHttp2(t, {
    '/page': stream => {
      stream.respond({ ':status': 200, 'x-protocol': stream.session?.alpnProtocol, 'cache-control': 'no-store' })
      stream.end('page')
    },
  })
  for (let count = 0; count < 3; count++) {
    const got = await ask(near.address, `${url}/page`)
    t.match(got.body.toString(), 'page')
    t.strictSame(got.all('x-protocol'), ['h2'])
  }
  const many = await Promise.all(Array.from({ length: 20 }, () => ask(near.address, `${url}/page`)))
  t.ok(many.every(({ status }) => status === 200))
  t.equal(connections(), 1)
})

t.test('connections to an origin that speaks HTTP/1.1 only are reused', async t => {
  const { near } = await startPair(t)
  const leaf = await makeLeaf()
  trust(t, leaf)
  const sockets = new Set<Socket>()
  const authority = await startTlsOrigin(t, leaf, (request, response) => {
    sockets.add(request.socket)
    response.writeHead(200, { 'Cache-Control': 'no-store' }).end('page')
  })
  for (let count = 0; count < 3; count++) await ask(near.address, `https://${authority}/`)
  t.equal(sockets.size, 1)
})

t.test('fields that came several times, and bytes of Latin-1, come through from HTTP/2', async t => {
  const { near } = await startPair(t)
  const { url } = await startHttp2(t, {
    '/': stream => {
      stream.respond({ ':status': 200, 'set-cookie': ['a=1; Path=/', 'b=2, with a comma'], 'x-latin': 'caf\u00e9' })
      stream.end('page')
    },
  })
  for (const method of ['GET', 'POST']) {
    const got = await ask(near.address, `${url}/`, { method })
    t.strictSame(got.all('set-cookie'), ['a=1; Path=/', 'b=2, with a comma'])
    t.strictSame(got.all('x-latin'), ['caf\u00e9'])
    t.match(got.all('via').join(), /^2\.0 hunch-far,2\.0 hunch-near$/)
  }
})

t.test('interim responses, trailers and 421 of HTTP/2 pass', async t => {
  const { near } = await startPair(t)
  const { url } = await startHttp2(t, {
    '/hint': stream => {
      stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' })
      stream.respond({ ':status': 200 })
      stream.end('page')
    },
    '/trailers': stream => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '4' }))
      stream.end('body')
    },
    '/421': stream => {
      stream.respond({ ':status': 421 })
      stream.end('not here')
    },
  })
  const request = begin(near.address, `${url}/hint`)
  const hints: unknown[] = []
  request.on('information', ({ statusCode, headers }) => hints.push([statusCode, headers.link]))
  request.end()
  t.equal((await readAll(await headOf(request))).body.toString(), 'page')
  t.strictSame(hints, [[103, '</a.css>; rel=preload']])
  const withTrailers = begin(near.address, `${url}/trailers`, { fields: ['TE', 'trailers', 'Connection', 'TE'] })
  withTrailers.end()
  const response = await headOf(withTrailers)
  t.equal((await readAll(response)).body.toString(), 'body')
  t.strictSame(response.trailers, { 'x-sum': '4' })
  t.match(await ask(near.address, `${url}/421`), { status: 421 })
})

t.test('a content that HTTP/2 breaks off never looks complete, whatever the code, and is not kept', async t => {
  const { near } = await startPair(t)
  for (const code of [NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL]) {
    for (const when of ['at once', 'later']) {
      const url = await startRawHttp2(t, stream => {
        stream.head().data('half')
        if (when === 'at once') stream.reset(code)
        else setTimeout(() => stream.reset(code), 100)
      })
      for (const method of ['GET', 'POST']) {
        const got = await ask(near.address, url, { method })
        t.ok(
          got.status === 502 || !got.complete,
          `${method}, code ${code} ${when}: ${got.status} ${got.body.toString()}`,
        )
      }
    }
  }
  const gone = await startRawHttp2(t, stream => void stream.head().data('half').goAway(NO_ERROR).socket.end())
  const got = await ask(near.address, gone)
  t.ok(got.status === 502 || !got.complete, 'a connection that ends')
})

t.test('a content that ended is complete, though the origin wants to hear no more', async t => {
  const { near } = await startPair(t)
  const url = await startRawHttp2(t, stream => void stream.head().data('all of it', 'last').reset(NO_ERROR))
  const got = await ask(near.address, url)
  t.equal(got.body.toString(), 'all of it')
  const upload = await ask(near.address, url, { method: 'POST', body: 'x'.repeat(1000) })
  t.equal(upload.body.toString(), 'all of it')
})

t.test('a request that was not handled is sent again: GOAWAY and REFUSED_STREAM say so', async t => {
  const { near } = await startPair(t)
  const goes = await startRawHttp2(t, stream => {
    if (stream.number === 1) stream.goAway(NO_ERROR, 0).socket.end()
    else stream.head().data(`connection ${stream.connection}`, 'last')
  })
  t.equal((await ask(near.address, goes)).body.toString(), 'connection 2')
  for (const method of ['GET', 'POST']) {
    const refuses = await startRawHttp2(t, stream => {
      if (stream.number === 1) stream.reset(REFUSED_STREAM)
      else stream.head().data(`request ${stream.number}`, 'last')
    })
    t.equal(
      (await ask(near.address, refuses, { method, fields: ['Content-Length', '0'] })).body.toString(),
      'request 2',
      method,
    )
  }
})

t.test('a connection that refuses is left for another, and what is under way there goes on', async t => {
  const { near } = await startPair(t)
  for (const code of [REFUSED_STREAM, ENHANCE_YOUR_CALM]) {
    let first: RawStream | undefined
    const url = await startRawHttp2(t, stream => {
      first ??= stream.head().data('begun, ')
      if (stream === first) return
      if (stream.connection === first.connection) stream.reset(code)
      else stream.head().data(`connection ${stream.connection}`, 'last')
    })
    const request = begin(near.address, `${url}/long`, { method: 'POST' })
    request.end()
    const response = await headOf(request)
    for (const path of ['/a', '/b']) {
      const got = await ask(near.address, url + path)
      t.equal(got.body.toString(), 'connection 2', `code ${code}, ${path}`)
    }
    first?.data('ended', 'last')
    t.equal((await readAll(response)).body.toString(), 'begun, ended')
  }
})

t.test('what breaks before its answer is asked once more when that is safe, and only then', async t => {
  const { near } = await startPair(t)
  for (const [method, tries] of [
    ['GET', 2],
    ['HEAD', 2],
    ['DELETE', 2],
    ['POST', 1],
    ['PATCH', 1],
  ] as const) {
    let asked = 0
    const always = await startRawOrigin(t, socket => {
      asked += 1
      socket.resetAndDestroy()
    })
    t.equal((await ask(near.address, always, { method })).status, 502, method)
    t.equal(asked, tries, `${method} is sent ${tries} times`)
    let again = 0
    const once = await startRawHttp2(t, stream => {
      again = stream.number
      if (stream.number === 1) stream.socket.destroy()
      else stream.head().data('second', 'last')
    })
    t.equal((await ask(near.address, once, { method })).status, tries === 2 ? 200 : 502, method)
    t.equal(again, tries)
  }
  let uploads = 0
  const origin = await startRawOrigin(t, socket => {
    uploads += 1
    socket.resetAndDestroy()
  })
  t.equal((await ask(near.address, origin, { method: 'PUT', body: 'content' })).status, 502)
  t.equal(uploads, 1, 'a content cannot be sent twice')
})

t.test('an idle connection that the origin closed is no fault of the next request', async t => {
  const { near } = await startPair(t)
  const sockets: Socket[] = []
  const origin = await Origin.start(t, (request, response) => {
    sockets.push(request.socket)
    response.writeHead(200, { 'Cache-Control': 'no-store', 'Keep-Alive': 'timeout=600' }).end('page')
  })
  for (const method of ['GET', 'POST', 'GET']) {
    const got = await ask(near.address, origin.url, { method })
    t.equal(got.status, 200, method)
    const socket = sockets.at(-1)
    const closed = new Promise(resolve => socket?.once('close', resolve))
    socket?.end()
    await closed
  }
  t.equal(new Set(sockets).size, 3)
})
