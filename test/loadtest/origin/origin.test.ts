// Claims about the origin as a server, over real sockets.
import { createHash } from 'node:crypto'
import { request as sendRequest } from 'node:http'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { seededBytes } from '../../../loadtest/origin/endpoints.ts'
import { startOrigin, type Origin, type OriginOptions } from '../../../loadtest/origin/origin.ts'
import { ManualTimer } from './manual-timer.ts'

const HERE = { host: '127.0.0.1', port: 0 }

async function start(t: Test, options: Partial<OriginOptions> = {}): Promise<Origin> {
  const origin = await startOrigin({ listen: HERE, seed: 1, waits: 'none', ...options })
  t.teardown(() => origin.close())
  return origin
}

t.test('every page in the list is served as the bytes that it says are current, at every step', async t => {
  const origin = await start(t)
  for (const step of [0, 1]) {
    for (const { path, sizeBytes } of origin.pages) {
      const response = await fetch(origin.url + path)
      const body = Buffer.from(await response.arrayBuffer())
      t.equal(response.status, 200, path)
      t.ok(body.equals(origin.current(path) ?? Buffer.alloc(0)), `${path} at step ${step}`)
      if (path !== '/random') t.equal(body.length, sizeBytes, path)
    }
    origin.age()
  }
})

t.test('a page is asked for again with its validators and answered 304 until it has aged', async t => {
  const origin = await start(t)
  for (const path of ['/news', '/assets/site.css', '/assets/tide.svg', '/live']) {
    const first = await fetch(origin.url + path)
    await first.arrayBuffer()
    const headers: Record<string, string> = {}
    const [etag, modified] = [first.headers.get('etag'), first.headers.get('last-modified')]
    if (etag !== null) headers['if-none-match'] = etag
    if (modified !== null) headers['if-modified-since'] = modified
    t.equal((await fetch(origin.url + path, { headers })).status, 304, path)
    origin.age(path)
    const later = await fetch(origin.url + path, { headers })
    t.equal(later.status, 200, path)
    await later.arrayBuffer()
  }
})

t.test('HEAD gives the fields of GET and no body', async t => {
  const origin = await start(t)
  for (const path of ['/', '/live', '/handbook', '/img/1.png', '/nowhere']) {
    const [head, get] = [await fetch(origin.url + path, { method: 'HEAD' }), await fetch(origin.url + path)]
    t.equal(head.status, get.status, path)
    t.equal(head.headers.get('etag'), get.headers.get('etag'), path)
    t.equal(head.headers.get('content-length'), get.headers.get('content-length'), path)
    t.equal((await head.arrayBuffer()).byteLength, 0, path)
    await get.arrayBuffer()
  }
})

t.test('a page without a length comes chunked, one in pieces too', async t => {
  const origin = await start(t)
  for (const path of ['/live', '/stream']) {
    const response = await fetch(origin.url + path)
    t.equal(response.headers.get('transfer-encoding'), 'chunked')
    t.equal(response.headers.get('content-length'), null)
    await response.arrayBuffer()
  }
})

t.test('the handbook is compressed for whoever accepts it, and is the same bytes decoded', async t => {
  const origin = await start(t)
  const { headers, body } = await get(origin.url, '/handbook', { 'accept-encoding': 'gzip' })
  t.equal(headers['content-encoding'], 'gzip')
  t.ok(body.length < 30_000)
  t.ok(gunzipSync(body).equals(origin.current('/handbook') ?? Buffer.alloc(0)))
})

t.test('a method that a page does not know is answered 405 with those that it does', async t => {
  const origin = await start(t)
  for (const [method, path] of [
    ['POST', '/news'],
    ['DELETE', '/img/1.png'],
    ['PUT', '/download?bytes=1'],
    ['PROPFIND', '/'],
  ] as const) {
    const response = await fetch(origin.url + path, { method })
    t.equal(response.status, 405, `${method} ${path}`)
    t.equal(response.headers.get('allow'), 'GET, HEAD')
    await response.arrayBuffer()
  }
})

t.test('a path that leads nowhere is answered 404 with a page that says so', async t => {
  const origin = await start(t)
  for (const path of ['/missing', '/item?id=9999', '//', '/%', '/article/x', '/constructor', `/${'x'.repeat(5000)}`]) {
    const response = await fetch(origin.url + path)
    t.equal(response.status, 404, path.slice(0, 40))
    t.match(await response.text(), 'There is nothing at /')
  }
})

t.test('a request line in absolute form is understood, one that is no target is refused', async t => {
  const origin = await start(t)
  t.match(await talk(origin.url, 'GET http://any.example/about HTTP/1.1\r\nHost: any.example\r\n'), /^HTTP\/1.1 200 /)
  t.match(await talk(origin.url, 'GET http://[bad/ HTTP/1.1\r\nHost: a\r\n'), /^HTTP\/1.1 400 /)
  t.match(await talk(origin.url, 'OPTIONS * HTTP/1.1\r\nHost: a\r\n'), /^HTTP\/1.1 400 /)
  t.match(await talk(origin.url, 'NONSENSE\r\n'), /^HTTP\/1.1 400 /)
  t.equal((await fetch(`${origin.url}/about`)).status, 200, 'and it goes on')
})

t.test('the redirect leads to the news', async t => {
  const origin = await start(t)
  const response = await fetch(`${origin.url}/redirect`, { redirect: 'manual' })
  t.equal(response.status, 302)
  t.equal(response.headers.get('location'), '/news')
})

t.test('the echo says what arrived, for any method, to the last byte', async t => {
  const origin = await start(t)
  const body = Buffer.concat([...seededBytes(9, 300_000)])
  const sent = { method: 'PUT', body, headers: { 'x-own': 'plain' } }
  const response = await fetch(`${origin.url}/echo?a=1&b=%20`, sent)
  t.match(await response.json(), {
    method: 'PUT',
    path: '/echo?a=1&b=%20',
    fields: { 'x-own': 'plain' },
    bodyBytes: 300_000,
    bodySha256: createHash('sha256').update(body).digest('hex'),
  })
})

t.test('a download has as many bytes as were asked for, the same each time', async t => {
  const origin = await start(t)
  const ask = async (bytes: number) => (await fetch(`${origin.url}/download?bytes=${bytes}`)).arrayBuffer()
  const [short, long] = [Buffer.from(await ask(70_000)), Buffer.from(await ask(200_001))]
  t.equal(short.length, 70_000)
  t.equal(long.length, 200_001)
  t.ok(long.subarray(0, 70_000).equals(short))
  t.equal((await ask(0)).byteLength, 0)
  for (const query of ['', '?bytes=', '?bytes=-1', '?bytes=1e3', '?bytes=99999999999999']) {
    t.equal((await fetch(`${origin.url}/download${query}`)).status, 400, query)
  }
})

t.test('signing in sets a cookie, which greets its user, and signing out removes it', async t => {
  const origin = await start(t)
  const signedIn = await fetch(`${origin.url}/login?user=${encodeURIComponent('Zoë & Co')}`, { redirect: 'manual' })
  t.equal(signedIn.status, 303)
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  const account = await fetch(`${origin.url}/account`, { headers: { cookie: `a=b; ${cookie}` } })
  t.equal(account.headers.get('cache-control'), 'private, no-cache')
  t.equal(account.headers.get('vary'), 'cookie')
  const html = await account.text()
  t.match(html, 'Good day, Zoë &#38; Co')
  t.equal(html, origin.current('/account', 'Zoë & Co')?.toString())
  for (const broken of ['user=%', 'user=', 'user', '; ;']) {
    t.match(await (await fetch(`${origin.url}/account`, { headers: { cookie: broken } })).text(), 'Sign in', broken)
  }
  const signedOut = await fetch(`${origin.url}/logout`, { redirect: 'manual' })
  t.match(signedOut.headers.get('set-cookie'), 'Max-Age=0')
})

t.test('a page is sent when its wait is over, and not before', async t => {
  const timer = new ManualTimer()
  const origin = await start(t, { waits: 700, after: timer.after })
  const answer = fetch(`${origin.url}/about`)
  t.equal(await timer.nextDelay(), 700)
  t.equal(await Promise.race([answer, fetch(`${origin.url}/-/pages`).then(() => 'control')]), 'control')
  timer.fire()
  t.equal((await answer).status, 200)
})

t.test('what is sent is the version at the end of the wait', async t => {
  const timer = new ManualTimer()
  const origin = await start(t, { waits: 700, after: timer.after })
  const answer = fetch(`${origin.url}/news`)
  await timer.nextDelay()
  origin.age()
  timer.fire()
  t.match(await (await answer).text(), 'data-step="1"')
})

t.test('a page in eight pieces waits before each of them', async t => {
  const delays: number[] = []
  const after = (delayMs: number, call: () => void) => {
    delays.push(delayMs)
    const turn = setImmediate(call)
    return () => clearImmediate(turn)
  }
  const origin = await start(t, { waits: 5, after })
  const body = Buffer.from(await (await fetch(`${origin.url}/stream`)).arrayBuffer())
  t.ok(body.equals(origin.current('/stream') ?? Buffer.alloc(0)))
  t.same(delays, [5, 5, 5, 5, 5, 5, 5, 5])
})

t.test('a client that leaves calls its wait off', async t => {
  const timer = new ManualTimer()
  const origin = await start(t, { waits: 700, after: timer.after })
  const abort = new AbortController()
  const answer = fetch(`${origin.url}/about`, { signal: abort.signal })
  await timer.nextDelay()
  abort.abort()
  await t.rejects(answer)
  await timer.calledOff
  t.equal(timer.pending, 0)
})

t.test('the site ages by itself at every tick of its clock', async t => {
  const timer = new ManualTimer()
  const origin = await start(t, { ageEverySeconds: 90, after: timer.after })
  const stepOfNews = () => origin.pages.find(({ path }) => path === '/news')?.step
  t.equal(await timer.nextDelay(), 90_000)
  t.equal(stepOfNews(), 0)
  timer.fire()
  t.equal(stepOfNews(), 1)
  timer.fire()
  t.equal(stepOfNews(), 2)
  await origin.close()
  t.equal(timer.pending, 0, 'and stops when it is closed')
})

t.test('closing is prompt, whatever is under way', async t => {
  const timer = new ManualTimer()
  const origin = await startOrigin({ listen: HERE, seed: 1, waits: 700, after: timer.after })
  const waiting = fetch(`${origin.url}/about`)
  await timer.nextDelay()
  const idle = connect(Number(new URL(origin.url).port), '127.0.0.1')
  await new Promise(resolve => idle.once('connect', resolve))
  const failed = t.rejects(waiting)
  await origin.close()
  await failed
  await timer.calledOff
  idle.destroy()
})

t.test('an address that is taken or is not ours is a fault', async t => {
  const origin = await start(t)
  const port = Number(new URL(origin.url).port)
  await t.rejects(start(t, { listen: { host: '127.0.0.1', port } }), { code: 'PORT_IN_USE' })
  await t.rejects(start(t, { listen: { host: '192.0.2.1', port: 0 } }), { code: 'CANNOT_LISTEN' })
})

t.test('a corpus that cannot be read is a fault, one that can is served beside the pages', async t => {
  await t.rejects(start(t, { corpus: '/no/such/place' }), { code: 'CANNOT_READ' })
  const corpus = t.testdir({
    'manifest.json': '{"docs":[{"slug":"a","versions":[{"file":"v1.css"},{"file":"v2.css"}]}]}',
    a: { 'v1.css': 'a{}', 'v2.css': 'a{color:red}' },
  })
  const origin = await start(t, { corpus })
  t.match(origin.pages.at(-1), { path: '/corpus/a', kind: 'css', ageing: 'recorded', versions: 2, step: 0 })
  t.match(await (await fetch(origin.url)).text(), 'href="/corpus/a"')
  origin.age('/corpus/a')
  const response = await fetch(`${origin.url}/corpus/a`)
  t.equal(response.headers.get('content-type'), 'text/css; charset=utf-8')
  t.equal(await response.text(), 'a{color:red}')
})

/** A GET whose body is left as it came. */
function get(url: string, path: string, headers: Record<string, string>) {
  return new Promise<{ headers: NodeJS.Dict<string | string[]>; body: Buffer }>((resolve, reject) => {
    const request = sendRequest(url + path, { headers }, response => {
      const parts: Buffer[] = []
      response.on('data', part => parts.push(part))
      response.once('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts) }))
    })
    request.once('error', reject).end()
  })
}

/** Sends bytes that no client library would, and gives back all that comes. */
function talk(url: string, head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let text = ''
    socket.on('data', part => (text += part.toString('latin1')))
    socket.once('close', () => resolve(text)).once('error', reject)
    socket.write(`${head}Connection: close\r\n\r\n`)
  })
}
