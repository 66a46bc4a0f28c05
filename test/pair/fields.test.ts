// Claims about what a pair passes on as it is: methods, addresses, fields, statuses.
import { METHODS } from 'node:http'
import { networkInterfaces } from 'node:os'
import t from 'tap'
import { ask } from './client.ts'
import { Origin, startRawOrigin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

t.test('every method that a client can send reaches the origin, with its content where it has one', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (request, response) => {
    let content = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      content += text
    })
    request.on('end', () => response.end(request.method === 'HEAD' ? '' : `${request.method} ${content}`))
  })
  for (const method of METHODS.filter(each => each !== 'CONNECT')) {
    const bare = await ask(near.address, origin.url, { method })
    t.strictSame([bare.status, bare.body.toString()], [200, method === 'HEAD' ? '' : `${method} `], method)
    if (method === 'HEAD' || method === 'TRACE') continue
    const filled = await ask(near.address, origin.url, { method, body: 'content', fields: ['Content-Length', '7'] })
    t.strictSame([filled.status, filled.body.toString()], [200, `${method} content`], `${method} with content`)
  }
})

t.test('odd addresses reach the origin as they were written', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (request, response) => response.end(request.url))
  for (const path of [
    '/%zz',
    '/a/../b/./c',
    '//double//slash',
    '/%2F%2f?a=%3D&b',
    '/?',
    '/?a?b',
    '/;p=1,2|3^{}[]`"<>\\',
    `/${'long'.repeat(3_000)}`,
  ]) {
    const got = await ask(near.address, `${origin.url}${path}`)
    t.strictSame(
      [got.status, got.body.toString('latin1')],
      [200, Buffer.from(path, 'latin1').toString('latin1')],
      path.slice(0, 40),
    )
  }
  t.equal((await ask(near.address, origin.url)).body.toString(), '/', 'an address without a path')
  const upper = origin.url.replace('http', 'HTTP')
  t.equal((await ask(near.address, `${upper}/Path`)).body.toString(), '/Path', 'a scheme in capitals')
})

const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some(each => each?.address === '::1')

t.test('an IPv6 address is a host', { skip: hasIPv6 ? false : 'this machine has no ::1' }, async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (request, response) => response.end(request.headers.host), '::1')
  t.equal((await ask(near.address, `${origin.url}/`)).body.toString(), origin.url.slice('http://'.length))
})

t.test('fields of a response keep their order, their case, their Latin-1 bytes and their repetitions', async t => {
  const { near } = await startPair(t)
  const lines = [
    'X-Second: 2',
    'x-fIrst: 1',
    'Set-Cookie: a=1; Path=/',
    'X-Latin: caf\u00e9 \u00a9\u00ff',
    'Set-Cookie: b=2, with a comma',
    'Set-Cookie: a=3',
    'X-Empty: ',
    'ETag: W/"\u00e9"',
    'Date: Thu, 01 Jan 1970 00:00:00 GMT',
  ]
  for (const type of ['text/html', 'image/png']) {
    const url = await startRawOrigin(t, socket => {
      const head = [
        'HTTP/1.1 200 OK',
        `Content-Type: ${type}`,
        ...lines,
        'Content-Length: 5',
        'Connection: close, X-Hop',
      ]
      socket.end(`${head.join('\r\n')}\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nHunch-Fault: FAR_BUSY\r\n\r\nhello`, 'latin1')
    })
    for (const method of ['GET', 'GET', 'POST']) {
      const got = await ask(near.address, url, { method })
      const names = new Set(lines.map(line => line.slice(0, line.indexOf(':'))))
      const passed = got.raw.flatMap((name, at) =>
        at % 2 === 0 && names.has(name) ? [`${name}: ${got.raw[at + 1]}`] : [],
      )
      t.strictSame(passed, lines, `${method} ${type}`)
      t.strictSame([got.all('x-hop'), got.all('hunch-fault'), got.body.toString()], [[], [], 'hello'])
    }
  }
})

t.test('names of a request are written at the origin as the client wrote them, in its order', async t => {
  const { near } = await startPair(t)
  const heads: string[] = []
  const url = await startRawOrigin(t, (socket, head) => {
    heads.push(head)
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: no-store\r\nConnection: close\r\n\r\nok')
  })
  const lines = [
    'sec-ch-ua: "Chromium";v="156"',
    'DNT: 1',
    'accept: text/html',
    'X-CSRF-TOKEN: 1',
    'User-Agent: me',
    'x-requested-with: fetch',
    'Accept-Encoding: br',
    'SOAPACTION: "x"',
    '_odd: 2',
    'Cookie: a=1; b=2',
    'Content-MD5: none',
  ]
  const fields = lines.flatMap(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
  await ask(near.address, url, { fields })
  await ask(near.address, url, { fields, method: 'POST', body: 'x' })
  for (const head of heads) {
    const [, host, connection, ...rest] = head.split('\r\n')
    // undici's own; docs/origins.md says so.
    t.match(host, /^host: 127\.0\.0\.1:\d+$/)
    t.equal(connection, 'connection: keep-alive')
    t.strictSame(rest.slice(0, lines.length), lines)
    t.match(rest[lines.length], /^Via: 1\.1 hunch-near$/)
    t.match(rest[lines.length + 1], /^Via: 2\.0 hunch-far$/)
  }
  t.equal(heads.length, 2)
})

t.test(
  'fields of a request reach the origin, Latin-1 included, without those of the connection and of the link',
  async t => {
    const { near } = await startPair(t)
    const origin = await Origin.start(t, (request, response) => response.end(JSON.stringify(request.headersDistinct)))
    const lines = [
      'X-Latin: caf\u00e9',
      'X-Twice: one',
      'X-Twice: two',
      'Cookie: a=1; b=2',
      'Authorization: Basic YTpi',
      'Proxy-Authorization: Basic c2VjcmV0',
      'Connection: close, X-Hop',
      'X-Hop: 1',
      'Hunch-Speculation: off',
      'Proxy-Connection: keep-alive',
      'TE: trailers',
      'X-Empty: ',
    ]
    const fields = lines.flatMap(line => line.split(': ', 2))
    const got = await ask(near.address, origin.url, { fields })
    const seen: unknown = JSON.parse(got.body.toString())
    t.match(seen, {
      'x-latin': ['caf\u00e9'],
      'x-twice': ['one, two'],
      cookie: ['a=1; b=2'],
      authorization: ['Basic YTpi'],
      'x-empty': [''],
      host: [origin.url.slice('http://'.length)],
    })
    for (const name of ['proxy-authorization', 'x-hop', 'hunch-speculation', 'proxy-connection', 'te']) {
      t.notOk(Object.hasOwn(seen as object, name), name)
    }
  },
)

t.test('every status is passed on, with its content or without one', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (request, response) => {
    const status = Number(request.url?.slice(1))
    response.writeHead(status, { 'content-type': 'text/plain', location: '/elsewhere', 'retry-after': '7' })
    response.end([204, 304].includes(status) ? undefined : `this is ${status}`)
  })
  for (const status of [
    200, 201, 203, 204, 205, 206, 301, 302, 304, 307, 400, 401, 403, 404, 407, 410, 429, 500, 503, 599,
  ]) {
    for (const method of ['GET', 'POST']) {
      const got = await ask(near.address, `${origin.url}/${status}`, { method })
      t.match(got, { status, complete: true }, `${method} ${status}`)
      t.equal(got.body.toString(), [204, 304].includes(status) ? '' : `this is ${status}`)
      t.strictSame(got.all('location'), ['/elsewhere'])
    }
  }
})

t.test('a TRACE or OPTIONS goes as far as Max-Forwards says; the last answers it', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (request, response) => {
    request.resume()
    response.end(`origin, ${request.headersDistinct['max-forwards']?.join()}`)
  })
  const fields = (count: number) => ['Max-Forwards', String(count), 'Cookie', 'a=1', 'X-One', '1']
  for (const method of ['TRACE', 'OPTIONS']) {
    const [atNear, atFar, atOrigin] = [0, 1, 2].map(count =>
      ask(near.address, origin.url, { method, fields: fields(count) }),
    )
    t.match((await atOrigin)?.body.toString(), 'origin, 0', method)
    for (const [at, got] of [await atNear, await atFar].entries()) {
      t.match(got, { status: 200, complete: true }, `${method}, ${at}`)
      const traced = got?.body.toString() ?? ''
      t.equal(got?.all('content-type').join(), method === 'TRACE' ? 'message/http' : '')
      t.notMatch(traced, /origin|cookie/i)
      if (method === 'TRACE') t.match(traced, /^TRACE http:[^]*max-forwards: 0/i)
    }
  }
})
