// Claims about two nears on one far: what one user was sent never reaches the other.
import type { ServerResponse } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import t, { type Test } from 'tap'
import { askFields } from '../../shared/link/ask.ts'
import { PartReader } from '../../shared/link/parts.ts'
import { digestOf, shorten } from '../../shared/version.ts'
import { ask } from './client.ts'
import { makeText, Origin } from './odd-origin.ts'
import { type RunningPair, startPair } from './running-pair.ts'

const page = makeText(20_000)

interface Visit {
  readonly path: string
  readonly fields?: readonly string[]
  readonly answer: Readonly<Record<string, string>>
}

/** One user visits, then the other; what the second gets, and what far made of it. */
async function visitBoth(t: Test, { path, fields = [], answer }: Visit, secondContent: string) {
  const pair = await startPair(t)
  const other = await pair.addNear()
  let content = page
  const conditions: (string | undefined)[] = []
  const origin = await Origin.start(t, (request, response: ServerResponse) => {
    conditions.push(request.headers['if-none-match'])
    response.writeHead(200, { 'content-type': 'text/html', etag: '"secret"', ...answer }).end(content)
  })
  await ask(pair.near.address, `${origin.url}${path}`, { fields })
  content = secondContent
  const got = await ask(other.address, `${origin.url}${path}`, { fields })
  return { got, conditions, pair, origin }
}

const personal: Record<string, Visit> = {
  'a page asked for with a cookie': { path: '/', fields: ['Cookie', 'session=1'], answer: {} },
  'a page asked for with credentials': { path: '/', fields: ['Authorization', 'Basic YTpi'], answer: {} },
  'a page that is private': { path: '/', answer: { 'cache-control': 'private, max-age=60' } },
  'a page that sets a cookie': { path: '/', answer: { 'set-cookie': 'session=1' } },
  'a page that varies by cookie': { path: '/', answer: { vary: 'Accept, Cookie' } },
  'a page that must not be stored': { path: '/', answer: { 'cache-control': 'no-store' } },
}

for (const [name, visit] of Object.entries(personal)) {
  t.test(`${name} is no answer, no base, no speculation and no validator for another user`, async t => {
    const changed = `${page}<p>for another</p>`
    const { got, conditions } = await visitBoth(t, visit, changed)
    t.match(got, { status: 200, way: 'whole' })
    t.equal(got.body.toString(), changed)
    t.match(got.all('server-timing')[0], /^base;desc="0 B"/)
    t.strictSame(conditions, [undefined, undefined])
  })
}

t.test('two profiles behind one near get their own pages, as fresh as what near holds of the other may be', async t => {
  const { near } = await startPair(t)
  for (const caching of ['max-age=60', 'private, max-age=60']) {
    let sessions = 0
    const origin = await Origin.start(t, ({ headers }, response) => {
      const mine = headers.cookie === undefined ? { 'set-cookie': `session=${++sessions}` } : {}
      response
        .writeHead(200, { 'content-type': 'text/html', 'cache-control': caching, ...mine })
        .end(`${page}${headers.cookie}`)
    })
    const get = async (cookie?: string) =>
      ask(near.address, origin.url, { fields: cookie === undefined ? [] : ['Cookie', cookie] })
    for (const session of ['session=1', 'session=2']) t.strictSame((await get()).all('set-cookie'), [session], caching)
    for (const way of ['delta', 'fresh']) {
      const got = await get('session=1')
      t.equal(got.body.toString(), `${page}session=1`)
      t.equal(got.way, way, caching)
    }
    t.equal((await get('session=2')).body.toString(), `${page}session=2`, caching)
    t.equal((await get('session=1')).way, 'fresh', 'both are held')
  }
})

t.test('a page for all is a speculation for the other user, also when that one has a cookie', async t => {
  const { got, conditions } = await visitBoth(t, { path: '/', answer: {} }, page)
  t.match(got, { status: 200, way: /^(confirmed|whole)$/ })
  t.equal(got.body.toString(), page)
  t.strictSame(conditions, [undefined, '"secret"'])
})

t.test('what a 304 says to one user, a cookie or a new freshness, does not reach the other', async t => {
  const pair = await startPair(t)
  const other = await pair.addNear()
  const origin = await Origin.start(t, (request, response) => {
    const isHeld = request.headers['if-none-match'] === '"1"'
    const own = request.headers.cookie ? { 'set-cookie': 'session=alice', 'x-user': 'alice' } : {}
    response.writeHead(isHeld ? 304 : 200, { 'content-type': 'text/html', etag: '"1"', ...own })
    response.end(isHeld ? '' : page)
  })
  t.equal((await ask(pair.near.address, origin.url)).way, 'whole')
  const own = await ask(pair.near.address, origin.url, { fields: ['Cookie', 'name=alice'] })
  t.strictSame([own.way, own.all('set-cookie'), own.all('x-user')], ['confirmed', ['session=alice'], ['alice']])
  for (let visit = 1; visit <= 2; visit++) {
    const got = await ask(other.address, origin.url)
    t.equal(got.body.toString(), page)
    t.strictSame([got.all('set-cookie'), got.all('x-user')], [[], []])
  }
})

t.test("a near that names a digest of another's version is answered as if it did not exist", async t => {
  const { got } = await visitBoth(t, personal['a page that is private'] as Visit, page)
  t.match(got, { status: 200, way: 'whole' }, 'the same bytes, and yet sent whole')
  t.equal(got.body.toString(), page)
})

/** The parts of far's answer to a bare near with a credential of its own: what they are, and how long their contents. */
async function listParts(
  session: ClientHttp2Session,
  { credential }: RunningPair,
  url: string,
  cookie: string,
  bases: readonly string[],
): Promise<string[]> {
  const { host, pathname } = new URL(url)
  const stream = session.request({
    ':scheme': 'http',
    ':authority': host,
    ':path': pathname,
    'proxy-authorization': `Bearer ${credential}`,
    'hunch-protocol': '1',
    cookie,
    ...askFields({
      bases: bases.map(content => ({ digest: shorten(digestOf(Buffer.from(content))), fieldsId: '00000000' })),
      formats: ['dcb', 'vcdiff'],
      speculation: 'latency',
      // So fast that neither a busy processor nor a slow answer of the site changes what is decided.
      link: { bandwidthBytesPerSecond: 1_000_000, roundTripMs: 10 },
      // Whether far speculates hangs on how long the site has taken so far, which is the machine's doing.
      thresholds: { minExpectedGainMs: 60_000 },
    }),
  })
  const reader = new PartReader()
  const lengths = new Map<string, number>()
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    for (const part of reader.push(chunk)) {
      // How contents are cut into parts is the network's doing; a head tells times.
      const length = 'bytes' in part && part.kind !== 'head' ? part.bytes.length : 0
      lengths.set(part.kind, (lengths.get(part.kind) ?? 0) + length)
    }
  }
  return [...lengths].map(([kind, length]) => `${kind} ${length}`)
}

/** What bob is answered on a far where alice has been at the same URLs, or nobody has. */
async function answerBob(t: Test, wasAliceThere: boolean): Promise<string[][]> {
  const pair = await startPair(t)
  let step = 1
  const pageOf = (user: string) => `${page}<p>${user} ${step}</p>`
  const origin = await Origin.start(t, ({ headers }, response) => {
    response.sendDate = false
    const isHeld = headers['if-none-match'] === `"${step}"`
    response.writeHead(isHeld ? 304 : 200, { 'content-type': 'text/html', etag: `"${step}"` })
    response.end(isHeld ? '' : pageOf(headers.cookie ?? 'nobody'))
  })
  const urls = [`${origin.url}/inbox/1`, `${origin.url}/inbox/2`]
  for (step = 1; step <= 3; step++) {
    for (const url of wasAliceThere ? urls : []) await ask(pair.near.address, url, { fields: ['Cookie', 'alice'] })
  }
  const session = connect(`https://127.0.0.1:${pair.url.port}`, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  const answers: string[][] = []
  step = 3
  // Nobody's bytes at first, though bob may guess what alice was sent; then his own, unchanged and changed.
  const own = pageOf('bob')
  for (const guess of [[pageOf('alice')], [own], [own]]) {
    if (answers.length === 2) step = 4
    answers.push(await listParts(session, pair, urls[0] ?? '', 'bob', guess))
  }
  answers.push(await listParts(session, pair, urls[1] ?? '', 'bob', [pageOf('alice')]))
  return answers
}

t.test('the answers to one user are the same in kind and size whether another was there before or not', async t => {
  const alone = await answerBob(t, false)
  t.strictSame(await answerBob(t, true), alone)
  t.strictSame(
    alone.map(parts => parts.filter(part => /^(whole|confirmation|delta|speculation) /.test(part))),
    [['whole 0'], ['confirmation 0'], ['delta 0'], ['whole 0']],
    'and they are all that a verdict can be',
  )
})
