// Claims about RFC 9111 through a whole pair: what near and far answer by themselves, and what they ask the origin.
// Freshness passes by the Age that the origin gives, never by waiting.
import type { IncomingMessage, ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { ask, begin, headOf, readAll } from './client.ts'
import { makeText, Origin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

const page = makeText(5_000)
type Fields = Readonly<Record<string, string>>

/** A pair and an origin that answers by `serve` and counts. */
async function start(t: Test, serve: (request: IncomingMessage, response: ServerResponse, times: number) => void) {
  const pair = await startPair(t)
  const asked: IncomingMessage[] = []
  const origin = await Origin.start(t, (request, response) => {
    asked.push(request)
    serve(request, response, asked.length)
  })
  return { pair, near: pair.near.address, asked, url: `${origin.url}/` }
}

/** Answers always the same. */
function says(status: number, fields: Fields, content = page) {
  return (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'text/html', ...fields }).end(status === 204 ? undefined : content)
  }
}

for (const status of [203, 204, 300, 301, 308, 404, 410, 414, 501, 599]) {
  t.test(`a ${status} that says how long it is fresh is answered by near, and by far for another near`, async t => {
    const { pair, near, asked, url } = await start(t, says(status, { 'cache-control': 'max-age=60', location: '/b' }))
    const first = await ask(near, url)
    const again = await ask(near, url)
    t.match(again, { status, way: 'fresh', body: first.body })
    t.strictSame(again.all('location'), ['/b'])
    const other = await pair.addNear()
    t.match(await ask(other.address, url), { status, body: first.body })
    t.equal(asked.length, 1)
  })
}

t.test('an error that says nothing of freshness is asked for again', async t => {
  const { near, asked, url } = await start(t, says(404, {}))
  for (let times = 1; times <= 2; times++) t.match(await ask(near, url), { status: 404, way: 'whole' })
  t.equal(asked.length, 2)
})

t.test('HEAD is answered from what GET brought, without content, with its length', async t => {
  const { pair, near, asked, url } = await start(t, says(200, { 'cache-control': 'max-age=60' }))
  await ask(near, url)
  const other = await pair.addNear()
  for (const address of [near, other.address]) {
    const got = await ask(address, url, { method: 'HEAD' })
    t.match(got, { status: 200, body: Buffer.alloc(0) })
    t.strictSame(got.all('content-length'), [String(page.length)])
  }
  t.equal(asked.length, 1)
})

t.test('several variants are held at once, also with the same content', async t => {
  const fields = { vary: 'Accept-Language', 'cache-control': 'max-age=60' }
  const { near, asked, url } = await start(t, says(200, fields))
  for (const language of ['de', 'en', 'de', 'EN', 'de']) {
    await ask(near, url, { fields: ['Accept-Language', language] })
  }
  t.equal(asked.length, 2)
})

t.test('what was stale when it came is answered at once while it may be, and asked for once behind that', async t => {
  const stale = { 'cache-control': 'max-age=60, stale-while-revalidate=600', age: '90' }
  const { near, asked, url } = await start(t, (request, response, times) => {
    says(200, times === 1 ? stale : { 'cache-control': 'max-age=60' }, `${page}${times}`)(request, response)
  })
  await ask(near, url)
  const early = await ask(near, url)
  t.match(early, { status: 200, way: 'stale', body: Buffer.from(`${page}1`) })
  t.match(early.all('cache-status')[0], /^hunch-near;hit;ttl=-\d+;detail=stale$/)
  let later = await ask(near, url)
  while (later.way === 'stale') later = await ask(near, url)
  t.match(later, { way: 'fresh', body: Buffer.from(`${page}2`) })
  t.equal(asked.length, 2)
})

const failures: Record<string, (response: ServerResponse) => void> = {
  'breaks the connection': response => response.destroy(),
  'answers 503': response => response.writeHead(503).end('busy'),
}
for (const [what, fail] of Object.entries(failures)) {
  t.test(`when the origin ${what}, stale-if-error has what is held answer, to every near`, async t => {
    const fields = { 'cache-control': 'max-age=60, stale-if-error=600', age: '90' }
    const { pair, near, url } = await start(t, (request, response, times) => {
      if (times === 1) says(200, fields)(request, response)
      else fail(response)
    })
    await ask(near, url)
    const other = await pair.addNear()
    for (const address of [near, other.address]) {
      const got = await ask(address, url)
      t.match(got, { status: 200, body: Buffer.from(page) })
      t.match(got.all('cache-status').join(), /detail=stale/)
    }
  })

  t.test(`when the origin ${what}, must-revalidate has it seen`, async t => {
    const fields = { 'cache-control': 'max-age=0, must-revalidate, stale-if-error=600' }
    const { near, url } = await start(t, (request, response, times) => {
      if (times === 1) says(200, fields)(request, response)
      else fail(response)
    })
    await ask(near, url)
    t.ok((await ask(near, url)).status >= 500)
  })
}

t.test('only-if-cached is a 504 when nothing is held, and the origin hears nothing', async t => {
  const { near, asked, url } = await start(t, says(200, { 'cache-control': 'max-age=60' }))
  const wish = { fields: ['Cache-Control', 'only-if-cached'] }
  t.match(await ask(near, url, wish), { status: 504 })
  t.equal(asked.length, 0)
  await ask(near, url)
  t.match(await ask(near, url, wish), { status: 200, way: 'fresh' })
})

t.test('an unsafe method that succeeds makes its URL and Location stale, one that fails does not', async t => {
  const { near, asked, url } = await start(t, (request, response) => {
    const status = request.url === '/fail' || request.headers['x-fail'] ? 400 : 200
    const location: Fields = request.method === 'POST' ? { location: '/b' } : {}
    says(status, { 'cache-control': 'max-age=60', ...location })(request, response)
  })
  for (const path of ['', 'b']) await ask(near, `${url}${path}`)
  await ask(near, url, { method: 'POST', fields: ['X-Fail', '1'], body: 'x' })
  for (const path of ['', 'b']) t.match(await ask(near, `${url}${path}`), { way: 'fresh' }, `/${path} after an error`)
  await ask(near, url, { method: 'POST', body: 'x' })
  for (const path of ['', 'b']) t.match(await ask(near, `${url}${path}`), { way: 'confirmed' }, `/${path}`)
  t.equal(asked.length, 6)
})

t.test('a request with no-store leaves nothing behind', async t => {
  const { near, asked, url } = await start(t, says(200, { 'cache-control': 'max-age=60' }))
  for (let times = 1; times <= 2; times++) {
    t.match(await ask(near, url, { fields: ['Cache-Control', 'no-store'] }), { way: 'whole' })
  }
  await ask(near, url)
  t.equal(asked.length, 3)
})

t.test('asks of one near for one URL are one ask, and when the first leaves the second is answered', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t)
  const first = begin(near.address, `${origin.url}/`)
  first.on('error', () => {})
  first.end()
  await origin.next()
  const second = begin(near.address, `${origin.url}/`)
  const head = headOf(second)
  second.end()
  first.destroy()
  const { response } = await origin.next()
  response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'max-age=60' }).end(page)
  t.match(await readAll(await head), { status: 200, body: Buffer.from(page) })
})

t.test('what waited for a response that is not for sharing asks by itself', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t)
  const both = [1, 2].map(() => ask(near.address, `${origin.url}/`))
  const contents: string[] = []
  for (const content of ['one', 'two']) {
    const { response } = await origin.next()
    response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-cache' }).end(content)
  }
  for (const got of await Promise.all(both)) contents.push(got.body.toString())
  t.strictSame(contents.sort(), ['one', 'two'])
})

t.test('asks of two nears for one URL are one fetch, which goes on when the first leaves', async t => {
  const pair = await startPair(t)
  const other = await pair.addNear()
  const origin = await Origin.start(t)
  const first = begin(pair.near.address, `${origin.url}/`)
  first.on('error', () => {})
  first.end()
  const { request, response } = await origin.next()
  const second = ask(other.address, `${origin.url}/`)
  // Asks of one near reach far in their order: when this one has reached the origin, the one before has reached far.
  const mark = ask(other.address, `${origin.url}/mark`)
  const marked = await origin.next()
  t.equal(marked.request.url, '/mark')
  marked.response.end('mark')
  await mark
  first.destroy()
  response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'max-age=60' }).end(page)
  t.match(await second, { status: 200, body: Buffer.from(page) })
  t.notOk(request.destroyed && !request.complete)
})

t.test('asks with a cookie do not wait for those of another user', async t => {
  const pair = await startPair(t)
  const other = await pair.addNear()
  const origin = await Origin.start(t)
  const both = [pair.near, other].map(near => ask(near.address, `${origin.url}/`, { fields: ['Cookie', 'a=1'] }))
  const asked = [await origin.next(), await origin.next()]
  for (const { response } of asked) response.writeHead(200, { 'cache-control': 'public, max-age=60' }).end(page)
  for (const got of await Promise.all(both)) t.match(got, { status: 200, body: Buffer.from(page) })
})

t.test('HEAD brings new fields to what is held, and makes it stale when the origin has another content', async t => {
  let tag = '"1"'
  const { near, asked, url } = await start(t, ({ method }, response) => {
    const age = method === 'HEAD' ? 'max-age=600' : 'max-age=60'
    response.writeHead(200, { 'content-type': 'text/html', 'cache-control': age, etag: tag })
    response.end(method === 'HEAD' ? '' : page)
  })
  const head = () => ask(near, url, { method: 'HEAD', fields: ['Cache-Control', 'no-cache'] })
  await ask(near, url)
  await head()
  const updated = await ask(near, url)
  t.strictSame([updated.way, updated.all('cache-control')], ['fresh', ['max-age=600']])
  tag = '"2"'
  await head()
  t.equal((await ask(near, url)).way, 'confirmed')
  t.equal(asked.length, 4)
})

t.test('what a POST says lies at its URL answers GET, at near and at far', async t => {
  const { pair, near, asked, url } = await start(
    t,
    says(200, { 'cache-control': 'max-age=60', 'content-location': '/' }),
  )
  await ask(near, url, { method: 'POST', body: 'make it' })
  const other = await pair.addNear()
  t.match(await ask(near, url), { way: 'fresh', body: Buffer.from(page) })
  t.match(await ask(other.address, url), { status: 200, body: Buffer.from(page) })
  t.equal(asked.length, 1)
})

t.test('a 304 with a strong tag is about every variant that has it', async t => {
  const { pair, near, asked, url } = await start(t, ({ headers }, response) => {
    const isHeld = headers['if-none-match'] === '"1"'
    const fields = { etag: '"1"', vary: 'accept-language', 'cache-control': isHeld ? 'max-age=60' : 'no-cache' }
    response.writeHead(isHeld ? 304 : 200, { 'content-type': 'text/html', ...fields }).end(isHeld ? '' : page)
  })
  for (const language of ['de', 'en', 'de']) await ask(near, url, { fields: ['Accept-Language', language] })
  t.equal(asked.length, 3)
  const other = await pair.addNear()
  for (const language of ['de', 'en']) await ask(other.address, url, { fields: ['Accept-Language', language] })
  t.equal(asked.length, 3, 'both are fresh')
  await ask(other.address, url, { fields: ['Accept-Language', 'fr'] })
  t.equal(asked.length, 4)
})
