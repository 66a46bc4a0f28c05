// How long a small urgent answer takes beside a bulk download, beside a speculation and beside an upload, against its time on
// an idle link, and what download and upload carry.
//   node loadtest/urgent.ts [--link modem-28.8 …] [--asks 15] [--seconds 20] [--csv FILE]
// Each cell: medians and 95th percentiles of `asks` answers of 2 kB, asked for at random moments, one after the other.
// Knows: running pairs, the emulator. Does not know: how far chooses what is next.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Agent, createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadavg } from 'node:os'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { get, median } from './get.ts'
import { isPresetName, type PresetName, presetFigures } from './link/presets.ts'
import { type RunningNear, startFar } from './pair.ts'

const besides = ['idle', 'download', 'speculation', 'upload'] as const
type Beside = (typeof besides)[number]

interface Sample {
  readonly link: PresetName
  readonly beside: Beside
  readonly ms: number
}

const { values } = parseArgs({
  options: {
    link: { type: 'string', multiple: true, default: ['modem-28.8', 'edge', '3g', 'geo', 'leo'] },
    asks: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '20' },
    csv: { type: 'string' },
  },
})
const links = values.link.filter(isPresetName)
if (links.length < values.link.length) {
  process.stderr.write('urgent: there is no such link preset\n')
  process.exit(2)
}
// Whatever it wastes.
const ALWAYS = ['--min-expected-gain-ms', '0', '--max-waste-percent', '100', '--speculation', 'latency']
const URGENT_BYTES = 2_000
// So much of a speculation shows that it goes on.
const BEGUN_BYTES = 8_000
// As browsers ask for a page.
const DOCUMENT = { accept: 'text/html', 'sec-fetch-dest': 'document', priority: 'u=0, i' }
// What the first seconds of a transfer teach about the link is not what is measured.
const WARM_UP_MS = 10_000
// Hexadecimal digits at random: Brotli makes about 1 MB of them.
const page = Buffer.from(randomBytes(1_000_000).toString('hex'))
const samples: Sample[] = []
/** What the transfers carry alone, in bytes a millisecond. */
const rates = { download: new Map<PresetName, number>(), upload: new Map<PresetName, number>() }
type Bulk = keyof typeof rates
const bulks: readonly Bulk[] = ['download', 'upload']

const origin = createServer((asked, response) => {
  const path = asked.url ?? ''
  if (path.startsWith('/urgent')) {
    response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store' })
    response.end(randomBytes(URGENT_BYTES))
  } else if (path.startsWith('/download')) {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' })
    const endless = Readable.from(repeat())
    response.once('close', () => endless.destroy())
    endless.pipe(response)
  } else if (path.startsWith('/upload')) {
    asked.resume()
  } else if (!path.startsWith('/page') || asked.headers['if-none-match'] === undefined) {
    response.writeHead(200, { 'content-type': 'text/html', etag: '"1"', 'cache-control': 'public, no-cache' }).end(page)
  }
  // Who asks whether the page has changed waits: far speculates all the while.
})
origin.listen(0, '127.0.0.1')
await once(origin, 'listening')
const site = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
const load = loadavg()[0] ?? 0
try {
  for (const link of links) await measure(link)
} finally {
  origin.closeAllConnections()
  origin.close()
}
process.stdout.write(table())
if (values.csv !== undefined) await writeFile(values.csv, csv())

function* repeat(): Generator<Buffer> {
  const block = randomBytes(64 * 1024)
  for (;;) yield block
}

async function measure(link: PresetName): Promise<void> {
  const far = await startFar(['--allow-private', '--log-level', 'warn', ...ALWAYS])
  try {
    const early = await far.startNear({ link: undefined })
    await get(`${site}/page`, early.proxy)
    const near = await far.startNear({ link: presetFigures(link) })
    await get(`${site}/urgent?hello`, near.proxy)
    await take(near, link, 'idle')

    const download = await begin(near, '/download')
    await takeBeside(near, link, 'download', download, download.bytes)
    const upload = await begin(near, '/upload', false, Readable.from(repeat()))
    await takeBeside(near, link, 'upload', upload, () => near.emulator?.counts().up.deliveredBytes ?? 0)

    // The third visitor has a link of its own, so that nothing is left of the download.
    const late = await far.startNear({ link: presetFigures(link), arguments: ALWAYS })
    await get(`${site}/urgent?hello`, late.proxy)
    const carried = () => late.emulator?.counts().down.deliveredBytes ?? 0
    let speculation: Transfer | undefined
    let end = 0
    // One that is half over may be over before the answer is: then the next one is begun.
    const speculate = async () => {
      if (carried() < end) return
      speculation?.stop()
      const before = carried()
      speculation = await begin(late, '/page', false)
      end = before + page.length / 4
      while (carried() < before + BEGUN_BYTES) await setTimeout(5)
    }
    await take(late, link, 'speculation', speculate)
    speculation?.stop()
  } finally {
    await far.close()
  }
  process.stderr.write(`${link} done\n`)
}

interface Transfer {
  readonly bytes: () => number
  readonly stop: () => void
}

/** Measures what a transfer carries alone, takes answers beside it and stops it. */
async function takeBeside(
  near: RunningNear,
  link: PresetName,
  bulk: Bulk,
  transfer: Transfer,
  carried: () => number,
): Promise<void> {
  await setTimeout(WARM_UP_MS)
  const before = carried()
  const startedAt = performance.now()
  await setTimeout(Number(values.seconds) * 1000)
  const rate = (carried() - before) / (performance.now() - startedAt)
  rates[bulk].set(link, rate)
  process.stderr.write(`${link} ${bulk} alone: ${rate.toFixed(2)} kB/s\n`)
  await take(near, link, bulk)
  transfer.stop()
  await setTimeout(WARM_UP_MS)
}

/** Begins a transfer that does not end by itself; resolves when its response, if one is to come, has begun. */
async function begin(near: RunningNear, path: string, answers = true, body?: Readable): Promise<Transfer> {
  const { hostname, port } = new URL(near.proxy)
  const method = body ? 'POST' : 'GET'
  const asking = request({ hostname, port, method, path: `${site}${path}`, agent: new Agent() })
  asking.on('error', () => body?.destroy())
  if (body) body.pipe(asking)
  else asking.end()
  let bytes = 0
  if (answers) {
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    response.on('error', () => undefined).on('data', (piece: Uint8Array) => (bytes += piece.length))
  }
  return { bytes: () => bytes, stop: () => asking.destroy() }
}

async function take(
  near: RunningNear,
  link: PresetName,
  beside: Beside,
  prepare: () => Promise<void> | undefined = () => undefined,
): Promise<void> {
  for (let count = 0; count < Number(values.asks); count++) {
    await setTimeout(300 + Math.random() * 700)
    await prepare()
    const got = await get(`${site}/urgent?${count}`, near.proxy, DOCUMENT)
    if (got.body.length !== URGENT_BYTES) throw new Error(`${got.status} with ${got.body.length} bytes`)
    samples.push({ link, beside, ms: got.lastByteMs })
  }
  process.stderr.write(`${link} ${beside}: ${median(of(link, beside)).toFixed(0)} ms\n`)
}

function of(link: PresetName, beside: Beside): number[] {
  return samples.filter(each => each.link === link && each.beside === beside).map(({ ms }) => ms)
}

function percentile(series: readonly number[], share: number): number {
  const sorted = series.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN
}

function table(): string {
  const rows = links.map(link => {
    const idle = median(of(link, 'idle'))
    const cells = besides.slice(1).map(beside => {
      const series = of(link, beside)
      const [middle, late] = [median(series), percentile(series, 0.95)]
      return `${middle.toFixed(0)} | ${late.toFixed(0)} | ${(middle / idle).toFixed(2)}`
    })
    const { downBitsPerSecond, upBitsPerSecond } = presetFigures(link)
    const capacities = { download: downBitsPerSecond, upload: upBitsPerSecond }
    const carried = bulks.map(bulk => {
      const rate = rates[bulk].get(link) ?? 0
      return `${rate.toFixed(2)} | ${((100 * rate) / (capacities[bulk] / 8000)).toFixed(1)} %`
    })
    return `| ${link} | ${idle.toFixed(0)} | ${[...cells, ...carried].join(' | ')} |\n`
  })
  const heads = [
    ...besides.slice(1).flatMap(beside => [`beside a${beside === 'upload' ? 'n' : ''} ${beside}`, 'p95', '× idle']),
    ...bulks.flatMap(bulk => [`${bulk} alone, kB/s`, 'of the link']),
  ]
  return `An answer of ${URGENT_BYTES} bytes, ms; medians and p95 of ${values.asks}; load ${load.toFixed(1)}

| link | idle | ${heads.join(' | ')} |
| --- | --- | ${heads.map(() => '---').join(' | ')} |
${rows.join('')}`
}

function csv(): string {
  const times = samples.map(({ link, beside, ms }) => `${link},${beside},answer_ms,${ms.toFixed(1)}`)
  const carried = bulks.flatMap(bulk =>
    [...rates[bulk]].map(([link, rate]) => `${link},idle,${bulk}_bytes_per_ms,${rate.toFixed(3)}`),
  )
  return `link,beside,figure,value\n${[...times, ...carried].join('\n')}\n`
}
