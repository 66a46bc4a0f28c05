// Claims about one exchange through a whole pair: which way a response comes, and that it is the origin's, byte by byte.
import t from 'tap'
import { ask } from './client.ts'
import { makeText, Origin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

const page = makeText(20_000)
const changed = `${page.slice(0, 9_000)}<p>changed</p>${page.slice(9_100)}`

t.test('first whole, unchanged confirmed, changed a delta; every time the bytes of the origin', async t => {
  const { near } = await startPair(t)
  let content = page
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-length': content.length }).end(content)
  })
  for (const [way, now] of [
    ['whole', page],
    ['confirmed', page],
    ['delta', changed],
    ['confirmed', changed],
    ['delta', page],
  ] as const) {
    content = now
    const got = await ask(near.address, `${origin.url}/`)
    t.equal(got.way, way)
    t.equal(got.body.toString(), now)
    t.match(got, { status: 200, complete: true })
    t.strictSame(got.all('content-length'), [String(now.length)])
  }
})

t.test('a 304 of the origin confirms what both hold; the client gets a 200 with the whole content', async t => {
  const { near } = await startPair(t)
  const conditions: (string | undefined)[] = []
  const origin = await Origin.start(t, (request, response) => {
    conditions.push(request.headers['if-none-match'])
    const current = request.headers['if-none-match'] === '"v1"'
    response.writeHead(current ? 304 : 200, { 'content-type': 'text/html', etag: '"v1"' }).end(current ? '' : page)
  })
  t.equal((await ask(near.address, origin.url)).way, 'whole')
  const again = await ask(near.address, origin.url)
  t.match(again, { status: 200, way: 'confirmed' })
  t.equal(again.body.toString(), page)
  t.strictSame(conditions, [undefined, '"v1"'])
})

t.test(
  "the client's own If-None-Match gets a 304, whoever answers it: the origin, far's word, near's cache",
  async t => {
    const { near } = await startPair(t)
    const origin = await Origin.start(t, (request, response) => {
      const fresh = request.url === '/fresh'
      const current = (request.headers['if-none-match'] ?? '').includes('"v1"')
      const fields = { 'content-type': 'text/html', etag: '"v1"', ...(fresh ? { 'cache-control': 'max-age=60' } : {}) }
      response.writeHead(current ? 304 : 200, fields).end(current ? '' : page)
    })
    const wish = { fields: ['If-None-Match', '"v1"'] }
    const first = await ask(near.address, `${origin.url}/`, wish)
    t.match(first, { status: 304, way: 'whole', body: Buffer.alloc(0) }, 'nobody holds it but the client')
    await ask(near.address, `${origin.url}/`)
    const held = await ask(near.address, `${origin.url}/`, wish)
    t.match(held, { status: 304, way: 'confirmed', body: Buffer.alloc(0), complete: true }, 'both hold it')
    await ask(near.address, `${origin.url}/fresh`)
    const fresh = await ask(near.address, `${origin.url}/fresh`, wish)
    t.match(fresh, { status: 304, way: 'fresh', body: Buffer.alloc(0), complete: true }, 'near answers')
  },
)

t.test('a 304 for a client crosses the link as a 304, also where near holds nothing and far does', async t => {
  const pair = await startPair(t)
  const other = await pair.addNear({ arguments: ['--mode', 'simple'] })
  const origin = await Origin.start(t, (request, response) => {
    const current = request.headers['if-none-match'] === '"v1"'
    response.writeHead(current ? 304 : 200, { 'content-type': 'text/html', etag: '"v1"' }).end(current ? '' : page)
  })
  t.match(await ask(pair.near.address, origin.url), { status: 200 })
  const got = await ask(other.address, origin.url, { fields: ['If-None-Match', '"v1"'] })
  t.match(got, { status: 304, body: Buffer.alloc(0), complete: true })
  const status = JSON.parse((await ask(other.address, 'http://hunch.invalid/status.json')).body.toString())
  t.equal(status.total.linkBytes, 0, 'no content crossed the link')
})

t.test('what is fresh is answered by near without far, and for another near by far without the origin', async t => {
  const pair = await startPair(t)
  const other = await pair.addNear()
  let requests = 0
  const origin = await Origin.start(t, (_request, response) => {
    requests += 1
    response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'max-age=60' }).end(page)
  })
  t.equal((await ask(pair.near.address, origin.url)).way, 'whole')
  const fresh = await ask(pair.near.address, origin.url)
  t.equal(fresh.way, 'fresh')
  t.match(fresh.all('cache-status')[0], /^hunch-near;\s?hit;ttl=\d+;detail=fresh$/)
  t.equal(fresh.body.toString(), page)
  t.match(fresh.all('age'), [/^\d+$/])
  const shared = await ask(other.address, origin.url)
  t.equal(shared.way, 'whole')
  t.equal(shared.body.toString(), page)
  t.equal(shared.all('server-timing')[0]?.includes('origin'), false, 'far did not ask the origin')
  t.equal(requests, 1)
})

t.test('other methods and ranges pass: nothing is held, and the origin sees them as they are', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (request, response) => {
    const ranged = request.headers.range !== undefined
    response.writeHead(ranged ? 206 : 200, {
      'content-type': 'text/html',
      ...(ranged ? { 'content-range': `bytes 0-9/${page.length}` } : {}),
      'content-length': ranged ? 10 : page.length,
    })
    response.end(request.method === 'HEAD' ? '' : ranged ? page.slice(0, 10) : page)
  })
  await ask(near.address, origin.url)
  const ranged = await ask(near.address, origin.url, { fields: ['Range', 'bytes=0-9'] })
  t.match(ranged, { status: 206, way: 'pass' })
  t.equal(ranged.body.toString(), page.slice(0, 10))
  const head = await ask(near.address, origin.url, { method: 'HEAD' })
  t.match(head, { status: 200, way: 'pass', body: Buffer.alloc(0), complete: true })
  t.strictSame(head.all('content-length'), [String(page.length)])
  const posted = await ask(near.address, origin.url, { method: 'POST', body: 'form=1' })
  t.match(posted, { status: 200, way: 'pass' })
  t.equal(posted.body.toString(), page)
  t.equal((await ask(near.address, origin.url)).way, 'confirmed', 'what both held is still a base')
})

t.test('Cache-Status, Server-Timing and Via say how it came, behind what caches before said', async t => {
  const { near } = await startPair(t)
  let content = page
  const seen: (string | undefined)[] = []
  const origin = await Origin.start(t, (request, response) => {
    seen.push(request.headers.via)
    response.writeHead(200, { 'content-type': 'text/html', 'cache-status': 'edge; hit', via: '1.1 edge' }).end(content)
  })
  const first = await ask(near.address, origin.url)
  t.strictSame(first.all('cache-status'), ['edge; hit', 'hunch-near;fwd=uri-miss;fwd-status=200;stored;detail=whole'])
  t.strictSame(first.all('via').join(', '), '1.1 edge, 1.1 hunch-far, 2.0 hunch-near')
  t.match(first.all('server-timing')[0], /\borigin;dur=\d+$/)
  content = changed
  const again = await ask(near.address, origin.url)
  t.strictSame(again.all('cache-status')[1], 'hunch-near;fwd=stale;fwd-status=200;stored;detail=delta')
  t.match(
    again.all('server-timing')[0],
    /^base;desc="0 B", delta;desc="\d+ B", whole;desc="\d+ B", saved;desc="\d+ B", /,
  )
  t.equal(seen[0], '1.1 hunch-near, 2.0 hunch-far')
})

t.test(
  'what the whole would have cost is judged by the last time that it was sent, however many deltas ago',
  async t => {
    const { near } = await startPair(t)
    // Lines that compress to less than the quarter that is taken for an unknown page.
    const content = 'one and the same line of a page that compresses well\n'.repeat(2000)
    let step = 0
    const origin = await Origin.start(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`${content}${step}`)
    })
    const costs: number[] = []
    for (; step < 4; step++) {
      const got = await ask(near.address, origin.url)
      t.equal(got.way, step === 0 ? 'whole' : 'delta')
      if (step > 0) costs.push(Number(/whole;desc="(\d+) B"/.exec(got.all('server-timing')[0] ?? '')?.[1]))
    }
    t.ok(
      costs.every(cost => cost > 0 && cost < 1000),
      costs.join(),
    )
  },
)
