// A real browser over a slow link: page loads through contenders, what a person sees of them, and screenshots to look at.
//   node loadtest/browse.ts [--link modem-28.8] [--page /article/1] [--mode optimistic,plain,direct] [--rounds 1]
//     [--carrier emulated|packets] [--csv FILE] [--shots DIR]
// cold: nobody has been there. far warm: another visitor was there before the page aged. aged: the same visitor, after it
// aged once more. unchanged: once more, at once. First and largest contentful paint are the browser's own (W3C Paint
// Timing, Largest Contentful Paint). Over packets (root) browsers are in the near namespace, all at the same URL, and `direct`
// has no proxy at all; the emulator takes it through one that does nothing. Exits 1 when a document differs from the origin's or something failed to load.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, BrowserContext } from 'playwright-core'
import { formatHostPort } from '../shared/config/host-port.ts'
import { launchChromium } from './chromium.ts'
import { type Carrier, carriers, PacketRoad } from './link/packet-road.ts'
import { type PresetName, isPresetName, presetFigures } from './link/presets.ts'
import { type Contender, parseMeans, startContender } from './load/contender.ts'
import { quantile } from '../shared/quantile.ts'
import { formatBytes, formatMs } from './report/words.ts'

const visits = ['cold', 'far warm', 'aged', 'unchanged'] as const
type Visit = (typeof visits)[number]

interface Load {
  readonly carrier: Carrier
  readonly link: string
  readonly mode: string
  readonly visit: Visit
  readonly firstPaintMs: number
  readonly largestPaintMs: number
  readonly loadMs: number
  readonly linkBytes: number
  readonly requests: number
}

// A page over the slowest preset takes a minute.
const PATIENCE_MS = 300_000

// Entries that came before an observer are given to it when it asks for them; the largest paint is the last one said.
const READ_TIMINGS = `new Promise(resolve => {
  const [navigation] = performance.getEntriesByType('navigation')
  const first = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN
  const answer = largest => resolve({ first, largest, load: navigation.loadEventStart })
  new PerformanceObserver(list => answer(list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true })
  setTimeout(() => answer(first), 2000)
})`

const { values } = parseArgs({
  options: {
    link: { type: 'string', default: 'modem-28.8' },
    page: { type: 'string', default: '/article/1' },
    mode: { type: 'string', default: 'optimistic,plain,direct' },
    rounds: { type: 'string', default: '1' },
    carrier: { type: 'string', default: 'emulated' },
    csv: { type: 'string' },
    shots: { type: 'string' },
  },
})
const link = readLink(values.link)
const carrier = readCarrier(values.carrier)
const modes = values.mode.split(',')
const loads: Load[] = []
let failures = 0

for (let round = 0; round < Number(values.rounds); round++) {
  for (const mode of modes) await browse(mode)
}
process.stdout.write(table())
if (values.csv !== undefined) await writeFile(values.csv, csv())
process.exitCode = failures === 0 ? 0 : 1

/** One contender with two visitors, each with a browser of its own; behind emulated links each has one of its own, too. */
async function browse(mode: string): Promise<void> {
  const road = carrier === 'packets' ? await PacketRoad.open(presetFigures(link)) : undefined
  try {
    await browseOver(road, mode)
  } finally {
    await road?.close()
  }
}

async function browseOver(road: PacketRoad | undefined, mode: string): Promise<void> {
  const contender = await startContender({
    name: mode,
    means: parseMeans(mode),
    link: road ? undefined : presetFigures(link),
    road,
    links: 2,
    origin: { seed: 1 },
    farArguments: [],
    nearArguments: ['--log-level', 'warn'],
  })
  const browsers: Browser[] = []
  const openContext = async (index: number) => {
    const address = contender.proxyOf(index)
    const proxy = address && `http://${formatHostPort(address)}`
    const browser = await launchChromium(proxy, road && { enter: road.near.enter })
    browsers.push(browser)
    return browser.newContext({ viewport: { width: 1200, height: 900 } })
  }
  try {
    await load(contender, await openContext(0), mode, 'cold')
    contender.origin?.age()
    const late = await openContext(1)
    await load(contender, late, mode, 'far warm')
    contender.origin?.age()
    await load(contender, late, mode, 'aged')
    await load(contender, late, mode, 'unchanged')
  } finally {
    await Promise.all(browsers.map(browser => browser.close()))
    await contender.close()
  }
}

async function load(contender: Contender, context: BrowserContext, mode: string, visit: Visit): Promise<void> {
  const { origin } = contender
  const page = await context.newPage()
  let requests = 0
  page.on('requestfinished', () => (requests += 1))
  page.on('requestfailed', request => fail(`${request.url()} ${request.failure()?.errorText ?? ''}`))
  const before = contender.downBytes()
  const response = await page.goto(`${origin?.url}${values.page}`, { waitUntil: 'load', timeout: PATIENCE_MS })
  const paints = await page.evaluate<{ first: number; largest: number; load: number }>(READ_TIMINGS)
  // A 304 is answered from the browser's own cache: its bytes are those of the last load.
  const isCurrent =
    response?.status() === 304 || origin?.current(values.page)?.equals((await response?.body()) ?? Buffer.alloc(0))
  if (!isCurrent) fail(`${mode}, ${visit}: the document is not the origin's`)
  if (values.shots !== undefined) {
    await page.screenshot({ path: join(values.shots, `${mode}-${visit.replace(' ', '-')}.png`) })
  }
  const { first, largest, load: loadMs } = paints
  const linkBytes = contender.downBytes() - before
  loads.push({ carrier, link, mode, visit, firstPaintMs: first, largestPaintMs: largest, loadMs, linkBytes, requests })
  process.stderr.write(`${mode}, ${visit}: ${formatMs(loadMs)}\n`)
  await page.close()
}

function fail(what: string): void {
  failures += 1
  process.stdout.write(`failed: ${what}\n`)
}

function of(mode: string, visit: Visit): Load[] {
  return loads.filter(each => each.mode === mode && each.visit === visit)
}

function table(): string {
  const median = (each: readonly number[]) => quantile(each, 0.5)
  const rows = visits.flatMap(visit =>
    modes.map(mode => {
      const some = of(mode, visit)
      const paints = [some.map(each => each.firstPaintMs), some.map(each => each.largestPaintMs)].map(median)
      const times = [...paints, median(some.map(each => each.loadMs))].map(formatMs).join(' | ')
      return `| ${visit} | ${mode} | ${times} | ${formatBytes(median(some.map(each => each.linkBytes)))} |\n`
    }),
  )
  return `${link} (${carrier}), ${values.page}, medians of ${values.rounds}

| visit | mode | first contentful paint | largest | load | down the link |
| --- | --- | --- | --- | --- | --- |
${rows.join('')}`
}

function csv(): string {
  const rows = loads.map(each =>
    [each.carrier, each.link, values.page, each.mode, each.visit]
      .concat([each.firstPaintMs, each.largestPaintMs, each.loadMs].map(ms => ms.toFixed(1)))
      .concat([String(each.linkBytes), String(each.requests)])
      .join(','),
  )
  const head = 'carrier,link,page,mode,visit,first_paint_ms,largest_paint_ms,load_ms,link_bytes,requests'
  return `${head}\n${rows.map(row => `${row}\n`).join('')}`
}

function readLink(name: string): PresetName {
  if (isPresetName(name)) return name
  process.stderr.write(`browse: there is no link preset ${name}\n`)
  return process.exit(2)
}

function readCarrier(name: string): Carrier {
  const carrier = carriers.find(each => each === name)
  if (carrier) return carrier
  process.stderr.write(`browse: ${name} is not ${carriers.join(' or ')}\n`)
  return process.exit(2)
}
