// Claims about speculation through a whole pair: a second near asks for what far has from the first, the origin answers
// when the test says so, and a valve in the link decides how much of the base has come by then.
import type { IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import { ask, begin, type Got, headOf } from './client.ts'
import { type Asked, makeText, Origin } from './odd-origin.ts'
import { startPair, startValve } from './running-pair.ts'

// Hexadecimal digits at random: Brotli makes about half of their length of them.
const page = makeText(100_000)
const changed = `${page.slice(0, 40_000)}<p>changed</p>${page.slice(40_100)}`
// More than the hello's answer and less than far may send before near reads any of it.
const BEGUN_BYTES = 6_000
const ALL_BYTES = page.length / 2
// With the headers of parts, frames and records, which are 2.7 % at least.
const ALL_ON_LINK_BYTES = 1.02 * ALL_BYTES

/** A far that holds `page`, and a near behind a valve that does not. */
async function prepare(t: Test, nearArguments: readonly string[] = []) {
  const pair = await startPair(t)
  const valve = await startValve(t, pair)
  const near = await pair.addNear({ arguments: nearArguments, through: valve })
  const origin = await Origin.start(t)
  const url = `${origin.url}/page`
  const first = ask(pair.near.address, url)
  respond(await origin.next(), page)
  t.equal((await first).way, 'whole')
  // The link of the near behind the valve is up, and its first round trips are over.
  const greeting = ask(near.address, `${origin.url}/hello`)
  respond(await origin.next(), 'hello')
  await greeting
  return { pair, valve, near, origin, url }
}

function respond({ response }: Pick<Asked, 'response'>, content: string, status = 200, type = 'text/html'): void {
  response.writeHead(status, { 'content-type': type, etag: `"${content.length}"` }).end(status === 304 ? '' : content)
}

/** A later exchange of the same far with the same origin has ended, so far has seen all that the origin said before. */
async function settle({ pair, origin }: Awaited<ReturnType<typeof prepare>>): Promise<void> {
  const later = ask(pair.near.address, `${origin.url}/later`)
  respond(await origin.next(), 'later')
  await later
}

/** The origin is asked; once all of the base has come, it answers. */
async function askAfterAll(t: Test, answer: (asked: Asked) => void, nearArguments?: readonly string[]): Promise<Got> {
  const { valve, near, origin, url } = await prepare(t, nearArguments)
  const before = valve.passedBytes
  const asked = ask(near.address, url)
  const held = await origin.next()
  await valve.passes(before + ALL_ON_LINK_BYTES)
  answer(held)
  return asked
}

/** The origin answers when a part of the base is on its way and the rest has not been sent. */
async function askAfterPart(t: Test, answer: (asked: Asked) => void, nearArguments?: readonly string[]): Promise<Got> {
  const prepared = await prepare(t, nearArguments)
  const { valve, near, origin, url } = prepared
  valve.shut()
  const asked = ask(near.address, url)
  const held = await origin.next()
  await valve.holds(BEGUN_BYTES)
  answer(held)
  await settle(prepared)
  valve.open()
  return asked
}

function baseBytes(got: Got): number {
  return Number(/base;desc="(\d+) B"/.exec(got.all('server-timing')[0] ?? '')?.[1])
}

t.test('a base that came whole while the origin was thinking is confirmed by a 304, and by the same bytes', async t => {
  const conditions: (string | undefined)[] = []
  const note = (request: IncomingMessage) => conditions.push(request.headers['if-none-match'])
  for (const status of [304, 200]) {
    const got = await askAfterAll(t, asked => {
      note(asked.request)
      respond(asked, page, status)
    })
    t.match(got, { status: 200, way: 'confirmed', complete: true })
    t.equal(got.body.toString(), page)
    t.match(got.all('cache-status'), ['hunch-near;fwd=uri-miss;fwd-status=200;stored;detail=confirmed'])
    t.ok(baseBytes(got) > ALL_BYTES)
  }
  t.strictSame(conditions, [`"${page.length}"`, `"${page.length}"`])
})

t.test('a confirmation before all of the base was sent lets the rest follow, checked piece by piece', async t => {
  for (const status of [304, 200]) {
    const got = await askAfterPart(t, asked => respond(asked, page, status))
    t.match(got, { status: 200, way: 'confirmed', complete: true })
    t.equal(got.body.toString(), page)
    t.ok(baseBytes(got) < ALL_BYTES, 'the verdict came before the rest')
  }
})

t.test('other bytes are a correction of the whole base', async t => {
  const got = await askAfterAll(t, asked => respond(asked, changed))
  t.match(got, { status: 200, way: 'corrected', complete: true })
  t.equal(got.body.toString(), changed)
  t.match(got.all('server-timing')[0], /base;desc="\d{5,} B", delta;desc="\d{1,4} B"/, 'a small delta')
})

t.test('other bytes are a correction of the part that has come, and the rest of the base is never sent', async t => {
  const got = await askAfterPart(t, asked => respond(asked, changed))
  t.match(got, { status: 200, way: 'corrected', complete: true })
  t.equal(got.body.toString(), changed)
  t.ok(baseBytes(got) < ALL_BYTES)
})

t.test('of a correction the client has what the origin has made so far, while the origin makes the rest', async t => {
  const { valve, near, origin, url } = await prepare(t)
  const before = valve.passedBytes
  const request = begin(near.address, url)
  request.end()
  const { response } = await origin.next()
  await valve.passes(before + ALL_ON_LINK_BYTES)
  response.writeHead(200, { 'content-type': 'text/html' })
  const made = changed.slice(0, 50_000)
  response.write(made)
  const answer = await headOf(request)
  let got = ''
  // Without the rest nothing more is to come: what waited for it would wait for ever.
  for await (const piece of answer.setEncoding('utf8')) {
    got += String(piece)
    if (got.length === made.length) response.end(changed.slice(50_000))
  }
  t.equal(got, changed)
  t.match(answer.headers['cache-status'], /detail=corrected/)
})

t.test('a status or a media type that no delta is for abandons the base', async t => {
  for (const [status, type] of [
    [404, 'text/html'],
    [200, 'image/png'],
  ] as const) {
    const got = await askAfterAll(t, asked => respond(asked, 'not that', status, type))
    t.match(got, { status, way: 'abandoned', complete: true })
    t.equal(got.body.toString(), 'not that')
  }
})

t.test(
  'an origin that fails in the middle of a speculation, and again when far asks once more, is a page of its fault, without a byte of the base',
  async t => {
    const { valve, near, origin, url } = await prepare(t)
    const before = valve.passedBytes
    const asked = ask(near.address, url)
    const { response } = await origin.next()
    await valve.passes(before + ALL_ON_LINK_BYTES)
    response.destroy()
    // The connection may just have been an old one, so far asks once more (RFC 9110 §9.2.2).
    const again = await origin.next()
    again.response.destroy()
    const got = await asked
    t.match(got, { status: 502, complete: true })
    t.match(got.body.toString(), /\[ORIGIN_RESET, at the site\]/)
  },
)

t.test('a client that leaves in the middle of a speculation is an aborted request for the origin', async t => {
  const { valve, near, origin, url } = await prepare(t)
  const before = valve.passedBytes
  const request = begin(near.address, url)
  request.on('error', () => undefined)
  request.end()
  const { response } = await origin.next()
  await valve.passes(before + BEGUN_BYTES)
  const aborted = new Promise(resolve => response.once('close', resolve))
  request.destroy()
  await aborted
  t.equal(response.writableFinished, false)
})

t.test('a near that wants no speculation, or no deltas, is sent no base', async t => {
  for (const words of [
    ['--speculation', 'off'],
    ['--mode', 'simple'],
    ['--mode', 'plain'],
  ]) {
    const { near, origin, url } = await prepare(t, words)
    const asked = ask(near.address, url)
    respond(await origin.next(), changed)
    const got = await asked
    t.match(got, { status: 200, way: 'whole' }, words.join(' '))
    t.equal(got.body.toString(), changed)
    t.equal(baseBytes(got), 0)
  }
})
