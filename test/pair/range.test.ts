// Claims about ranges through a pair: from a fresh version of near, or from the origin.
import t from 'tap'
import { ask } from './client.ts'
import { makeText, Origin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

const page = makeText(10_000)

t.test('a range of what near holds fresh is served from it, with what RFC 9110 wants said', async t => {
  const { near } = await startPair(t)
  let asked = 0
  const origin = await Origin.start(t, (_request, response) => {
    asked += 1
    response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'max-age=600', etag: '"a"' }).end(page)
  })
  await ask(near.address, origin.url)
  const get = (...fields: string[]) => ask(near.address, origin.url, { fields })
  const part = await get('Range', 'bytes=100-199')
  t.match(part, { status: 206, way: 'fresh', complete: true })
  t.equal(part.body.toString(), page.slice(100, 200))
  t.strictSame(part.all('content-range'), ['bytes 100-199/10000'])
  t.strictSame(part.all('content-length'), ['100'])
  t.strictSame(part.all('etag'), ['"a"'])
  t.equal((await get('Range', 'bytes=-10', 'If-Range', '"a"')).body.toString(), page.slice(-10))
  t.match(await get('Range', 'bytes=-10', 'If-Range', '"b"'), { status: 200, way: 'fresh' })
  t.match(await get('Range', 'bytes=0-1', 'If-None-Match', '"a"'), { status: 304, way: 'fresh' })
  const beyond = await get('Range', 'bytes=10000-')
  t.match(beyond, { status: 416, way: 'fresh', complete: true, body: Buffer.alloc(0) })
  t.strictSame(beyond.all('content-range'), ['bytes */10000'])
  t.equal(asked, 1)
})

t.test('a range, and a head, of what far holds fresh crosses the link alone', async t => {
  const pair = await startPair(t)
  const { address } = await pair.addNear()
  let asked = 0
  const origin = await Origin.start(t, (_request, response) => {
    asked += 1
    response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'max-age=600', etag: '"a"' }).end(page)
  })
  await ask(pair.near.address, origin.url)
  const get = (...fields: string[]) => ask(address, origin.url, { fields })
  const part = await get('Range', 'bytes=100-199')
  t.match(part, { status: 206, way: 'pass', complete: true })
  t.equal(part.body.toString(), page.slice(100, 200))
  t.strictSame(part.all('content-range'), ['bytes 100-199/10000'])
  t.equal((await get('Range', 'bytes=-10', 'If-Range', '"a"')).body.toString(), page.slice(-10))
  t.equal((await get('Range', 'bytes=-10', 'If-Range', '"b"')).body.toString(), page)
  const beyond = await get('Range', 'bytes=10000-')
  t.match(beyond, { status: 416, complete: true, body: Buffer.alloc(0) })
  t.strictSame(beyond.all('content-range'), ['bytes */10000'])
  t.match(await ask(address, origin.url, { method: 'HEAD', fields: ['Range', 'bytes=0-1'] }), { status: 200 })
  t.equal(asked, 1)
  t.match(await get('Range', 'bytes=0-1', 'Cache-Control', 'only-if-cached, max-age=0'), { status: 504 })
  t.equal(asked, 1, 'whoever wants no network gets none')
})

t.test('ranges that near cannot serve, and resumed downloads, are the origin’s to serve', async t => {
  const { near } = await startPair(t)
  const seen: (readonly unknown[])[] = []
  const origin = await Origin.start(t, ({ headers }, response) => {
    seen.push([headers.range, headers['if-range']])
    if (headers.range === undefined) {
      response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-cache', etag: '"a"' }).end(page)
      return
    }
    response.writeHead(206, { 'content-range': 'bytes 5000-9999/10000', etag: '"a"' }).end(page.slice(5000))
  })
  await ask(near.address, origin.url)
  for (const fields of [
    ['Range', 'bytes=5000-', 'If-Range', '"a"'],
    ['Range', 'bytes=0-1,5000-'],
  ]) {
    const got = await ask(near.address, origin.url, { fields })
    t.match(got, { status: 206, way: 'pass', complete: true })
    t.strictSame(got.all('content-range'), ['bytes 5000-9999/10000'])
    t.equal(got.body.toString(), page.slice(5000))
  }
  t.strictSame(seen.slice(1), [
    ['bytes=5000-', '"a"'],
    ['bytes=0-1,5000-', undefined],
  ])
})

t.test('behind a range of what is stale the whole is asked for, unconditioned by the client', async t => {
  const { near } = await startPair(t)
  const renewed = Promise.withResolvers<readonly unknown[]>()
  const stale = { 'cache-control': 'max-age=1, stale-while-revalidate=60', age: '30' }
  let asked = 0
  const origin = await Origin.start(t, ({ method, headers }, response) => {
    asked += 1
    if (asked === 2) renewed.resolve([method, headers.range, headers['if-range'], headers['if-none-match']])
    response.writeHead(200, { 'content-type': 'text/html', etag: '"a"', ...stale }).end(page)
  })
  await ask(near.address, origin.url)
  const part = await ask(near.address, origin.url, { fields: ['Range', 'bytes=0-9', 'If-Range', '"a"'] })
  t.match(part, { status: 206, way: 'stale', body: Buffer.from(page.slice(0, 10)) })
  t.strictSame(await renewed.promise, ['GET', undefined, undefined, '"a"'], 'the tag is that of what far holds')
})
