// Claims about what overtakes what on a slow link, by the frames that pass at its two ends: orders and bytes, no times.
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { startLinkEmulator } from '../../loadtest/link/emulator.ts'
import { parseFigures } from '../../loadtest/link/presets.ts'
import { DATA, END_STREAM, HEADERS, type Unit } from '../../loadtest/link/wiretap.ts'
import { ask, begin, headOf } from './client.ts'
import { Origin } from './odd-origin.ts'
import { startPair, startWiretap } from './running-pair.ts'

const figures = { down: '1mbit', up: '1mbit', rtt: '100ms' }
const BYTES_PER_MS = 125
// As pipe.ts has it: a quarter more than bandwidth × round trip, and 25 ms. Twice that, for the frames' order is looked at
// where they arrive, and the machine may be late; the windows of HTTP/2 let four times as much go.
const CREDIT_BYTES = 2 * BYTES_PER_MS * (100 * 1.25 + 25)
// Until then the link is known.
const WARM_UP_BYTES = 250_000

/** A near behind a slow link without TLS, and what passes at both of its ends. */
async function startSlowly(t: Test) {
  const pair = await startPair(t, { far: ['--cleartext'] })
  const atFar = await startWiretap(t, pair.url.port, 'frames')
  const emulator = await startLinkEmulator({
    listen: { host: '127.0.0.1', port: 0 },
    to: { host: '127.0.0.1', port: atFar.port },
    link: parseFigures(figures),
  })
  t.teardown(() => emulator.close())
  const atNear = await startWiretap(t, emulator.address.port, 'frames')
  const near = await pair.addNear({ through: atNear })
  return { near, atFar, atNear }
}

const isData = (unit: Unit) => unit.type === DATA

/** The stream of which most has passed. */
function largest(units: readonly Unit[]): number {
  const totals = new Map<number, number>()
  for (const { stream, bytes } of units.filter(isData)) totals.set(stream, (totals.get(stream) ?? 0) + bytes)
  return [...totals].reduce((most, each) => (each[1] > most[1] ? each : most), [0, 0])[0]
}

function* repeat(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(64 * 1024, 'bulk')
}

t.test(
  'an ask and a small content overtake an upload: little more of it arrives before them than is under way',
  async t => {
    const { near, atFar } = await startSlowly(t)
    const origin = await Origin.start(t, (request, response) => {
      request.resume().once('end', () => response.end('taken'))
    })
    const upload = begin(near.address, `${origin.url}/upload`, { method: 'PUT' })
    upload.on('error', () => undefined)
    const endless = Readable.from(repeat())
    endless.pipe(upload)
    await atFar.up.until(() => atFar.up.bytesOf(isData) > WARM_UP_BYTES)
    const bulk = largest(atFar.up.units)
    for (const body of ['', 'small'.repeat(100), 'form'.repeat(2_000)]) {
      const isOfBulk = (unit: Unit) => isData(unit) && unit.stream === bulk
      const [before, seen] = [atFar.up.bytesOf(isOfBulk), atFar.up.units.length]
      const method = body === '' ? 'GET' : 'POST'
      const fields = body === '' ? [] : ['Content-Length', String(body.length)]
      const answered = ask(near.address, `${origin.url}/${body.length}`, { method, fields, body })
      const isWhole = (unit: Unit) => unit.stream > bulk && (unit.flags & END_STREAM) !== 0
      await atFar.up.until(() => atFar.up.units.slice(seen).some(isWhole))
      const overtaken = atFar.up.bytesOf(isOfBulk) - before
      // A form shares the link with the upload until it has arrived.
      const limit = CREDIT_BYTES + body.length
      t.ok(overtaken < limit, `${overtaken} bytes of the upload before ${body.length} bytes, of ${limit}`)
      t.ok((await answered).complete)
    }
    endless.destroy()
    upload.destroy()
  },
)

t.test('an urgent answer overtakes a download: little more of it arrives before than is under way', async t => {
  const { near, atFar, atNear } = await startSlowly(t)
  const origin = await Origin.start(t, (request, response) => {
    const isBulk = request.url === '/bulk'
    response.writeHead(200, { 'content-type': isBulk ? 'application/octet-stream' : 'text/html' })
    if (!isBulk) return response.end('urgent '.repeat(300))
    const endless = Readable.from(repeat())
    response.once('close', () => endless.destroy())
    return endless.pipe(response)
  })
  const download = begin(near.address, `${origin.url}/bulk`)
  download.on('error', () => undefined).end()
  ;(await headOf(download)).resume().on('error', () => undefined)
  await atNear.down.until(() => atNear.down.bytesOf(isData) > WARM_UP_BYTES)
  const bulk = largest(atNear.down.units)
  const isOfBulk = (unit: Unit) => isData(unit) && unit.stream === bulk
  const [seenUp, seenDown] = [atFar.up.units.length, atNear.down.units.length]
  const answered = ask(near.address, origin.url, { fields: ['Priority', 'u=0, i'] })
  await atFar.up.until(() => atFar.up.units.slice(seenUp).some(unit => unit.type === HEADERS && unit.stream > bulk))
  const before = atNear.down.bytesOf(isOfBulk)
  const isWhole = (unit: Unit) => unit.stream > bulk && (unit.flags & END_STREAM) !== 0
  await atNear.down.until(() => atNear.down.units.slice(seenDown).some(isWhole))
  const overtaken = atNear.down.bytesOf(isOfBulk) - before
  t.ok(overtaken < CREDIT_BYTES, `${overtaken} bytes of the download before the answer, of ${CREDIT_BYTES}`)
  t.equal((await answered).body.length, 2_100)
  download.destroy()
})
