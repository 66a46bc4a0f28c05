// Claims about the TLS records in which exchanges cross the link: small ones in one each way, large ones in packets where the
// link is slow and in as few as there can be where it is fast.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { startLinkEmulator } from '../../loadtest/link/emulator.ts'
import { parseFigures } from '../../loadtest/link/presets.ts'
import { APPLICATION_DATA, HEADERS, type Unit, type Way } from '../../loadtest/link/wiretap.ts'
import { type Wish, ask } from './client.ts'
import { makeText, Origin } from './odd-origin.ts'
import { startPair, startWiretap } from './running-pair.ts'

// A PING or its answer, of 17 bytes, by itself: both sides send some now and then.
const PING_RECORD_BYTES = 34

const turn = () => new Promise(resolve => setImmediate(resolve))

/** The records that passed since `seen`, without PINGs. */
function recordsOf(way: Way, seen: number): readonly Unit[] {
  return way.units.slice(seen).filter(({ bytes, type }) => type === APPLICATION_DATA && bytes !== PING_RECORD_BYTES)
}

t.test('a small exchange is one record each way: ask and content, verdict, delta and end', async t => {
  const pair = await startPair(t)
  const tap = await startWiretap(t, pair.url.port, 'records')
  const { up, down } = tap
  const near = await pair.addNear({ through: tap })
  let page = makeText(20_000)
  const origin = await Origin.start(t, (request, response) => {
    const content = request.method === 'GET' ? page : 'taken'
    request.resume().once('end', () => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': content.length }).end(content)
    })
  })
  await ask(near.address, origin.url)
  const expectOne = async (way: string, wish: Wish = {}) => {
    // What follows from the last exchange has passed.
    for (let count = 0; count < 100; count++) await turn()
    const [seenUp, seenDown] = [up.units.length, down.units.length]
    t.match(await ask(near.address, origin.url, wish), { status: 200, way, complete: true })
    for (let count = 0; count < 100; count++) await turn()
    const sizes = [recordsOf(up, seenUp), recordsOf(down, seenDown)].map(units => units.map(({ bytes }) => bytes))
    t.match(sizes, [{ length: 1 }, { length: 1 }], `${way}: ${sizes.join(' up, ')} down`)
  }
  await expectOne('confirmed')
  page = `${page.slice(0, 10_000)} changed ${page.slice(10_000)}`
  await expectOne('delta')
  await expectOne('confirmed')
  const body = 'form '.repeat(100)
  await expectOne('pass', { method: 'POST', fields: ['Content-Length', String(body.length)], body })
})

t.test('a large content goes in packets over a slow link, and in the largest records over a fast one', async t => {
  const pair = await startPair(t)
  const content = randomBytes(400_000)
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' }).end(content)
  })
  const slow = await startLinkEmulator({
    listen: { host: '127.0.0.1', port: 0 },
    to: { host: '127.0.0.1', port: pair.url.port },
    link: parseFigures({ down: '2mbit', up: '2mbit', rtt: '50ms' }),
  })
  t.teardown(() => slow.close())
  for (const link of ['slow', 'fast']) {
    const { down, port } = await startWiretap(t, link === 'slow' ? slow.address.port : pair.url.port, 'records')
    const near = await pair.addNear({ through: { port } })
    // The first of them finds out how fast it is.
    for (let count = 0; count < 3; count++) t.ok((await ask(near.address, origin.url)).body.equals(content))
    const sizes = recordsOf(down, 0).map(({ bytes }) => bytes)
    const inPackets = sizes.filter(bytes => bytes < 1500).length / sizes.length
    const most = Math.max(...sizes)
    if (link === 'slow') t.ok(inPackets > 0.9, `${link}: ${inPackets} of the records are packets`)
    else t.ok(most > 16 * 1024, `${link}: the largest record has ${most} bytes`)
  }
})

t.test('fields that repeat cost a byte or two each, long cookies among them', async t => {
  const pair = await startPair(t, { far: ['--cleartext'] })
  const tap = await startWiretap(t, pair.url.port, 'frames')
  const near = await pair.addNear({ through: tap })
  const origin = await Origin.start(t, (_request, response) => response.end('small'))
  const fields = [
    'User-Agent',
    'Mozilla/5.0 '.repeat(10),
    'Cookie',
    `session=${'0b7c1a9e'.repeat(8)}; visitor=${'17'.repeat(20)}`,
  ]
  const costs: (readonly number[])[] = []
  for (let count = 0; count < 3; count++) {
    const seen = [tap.up.units.length, tap.down.units.length] as const
    await ask(near.address, origin.url, { fields })
    costs.push([tap.up, tap.down].map((way, at) => headersOf(way, seen[at] ?? 0)))
  }
  const [, second = [], third = []] = costs
  for (const [asked = 0, answered = 0] of [second, third]) {
    t.ok(asked < 70, `${asked} bytes of an ask`)
    t.equal(answered, 2, 'status and type, and no date')
  }
})

/** Bytes of fields since `seen`. */
function headersOf(way: Way, seen: number): number {
  return way.units
    .slice(seen)
    .filter(({ type }) => type === HEADERS)
    .reduce((sum, { bytes }) => sum + bytes, 0)
}
