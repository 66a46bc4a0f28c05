// Every kind of visit over every kind of link with origins of every slowness, with Hunch's tricks and without, against the
// physical limit; interleaved, so that whatever else the machine does hits both.
//   node loadtest/matrix.ts [--corpus DIR] [--link NAME …] [--wait MS …] [--documents 3] [--rounds 1] [--longest 5]
//                           [--carrier emulated|packets] [--parallel 8] [--csv FILE]
//   node loadtest/matrix.ts --show FILE …        prints the tables of runs that were written before
// Without options it takes less than twenty minutes. A document takes part on the links that carry it whole within
// `--longest` seconds; `--documents` of them, from the smallest to the largest.
// `plain` is the same pair with deltas and speculation off: Brotli over the same HTTP/2 link; `control` is another such pair,
// whose ratio to the first says how much is chance.
import { readFile, writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { randomBytes } from 'node:crypto'
import { get } from './get.ts'
import { type Carrier, carriers } from './link/packet-road.ts'
import { isPresetName, type PresetName, presetFigures, presetNames } from './link/presets.ts'
import { limitOf } from './load/limit.ts'
import { type Bench, type Mode, modes, startBench } from './matrix/bench.ts'
import { fromCsv, groupBy, type Sample, tableOf, toCsv } from './matrix/cells.ts'
import { type Document, readDocuments } from './matrix/documents.ts'
import { type Fewest, fewestOf, type Visit, visits, wholeBytesOf } from './matrix/fewest.ts'
import { IdleMeter } from './matrix/idle-meter.ts'
import { startSteppedOrigin, type SteppedOrigin } from './matrix/stepped-origin.ts'
import { alignTable } from './report/table.ts'

const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    link: { type: 'string', multiple: true, default: [...presetNames] },
    wait: { type: 'string', multiple: true, default: ['0', '200', '1000', '2000', '5000'] },
    documents: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '1' },
    longest: { type: 'string', default: '5' },
    carrier: { type: 'string', default: 'emulated' },
    parallel: { type: 'string', default: '8' },
    csv: { type: 'string' },
    show: { type: 'string', multiple: true },
  },
})

/** Where a visit is made. */
interface Place {
  readonly link: PresetName
  readonly waitMs: number
}

interface Subject {
  readonly document: Document
  readonly fewest: Readonly<Record<Visit, Fewest>>
}

// A request in its shortest form: headers of IP and TCP, of a TLS record and a frame, and what HPACK has not yet.
const ASK_BYTES = 100
// Nobody's first visit of the day is measured: the link has carried something for about as long.
const WARM_UP_MS = 2000
const MOST_WARM_UP_BYTES = 1_000_000

const samples: Sample[] = []
if (values.show) {
  for (const file of values.show) samples.push(...fromCsv(await readFile(file, 'utf8')))
} else {
  const carrier = carriers.find(name => name === values.carrier)
  const links = values.link.filter(isPresetName)
  if (!carrier || links.length < values.link.length) {
    process.stderr.write('matrix: there is no such carrier or link\n')
    process.exit(2)
  }
  await measureAll(links, carrier)
}
print()

async function measureAll(links: readonly PresetName[], carrier: Carrier): Promise<void> {
  const documents = await readDocuments(values.corpus)
  const sizes = new Map(await Promise.all(documents.map(async each => [each, await wholeBytesOf(each)] as const)))
  const ordered = documents.toSorted((one, other) => (sizes.get(one) ?? 0) - (sizes.get(other) ?? 0))
  const chosen = new Map<PresetName, Subject[]>()
  const known = new Map<Document, Subject>()
  for (const link of links) {
    const mostBytes = (presetFigures(link).downBitsPerSecond / 8) * Number(values.longest)
    const fitting = ordered.filter(document => (sizes.get(document) ?? 0) <= mostBytes)
    for (const document of spread(fitting, Number(values.documents))) {
      const subject = known.get(document) ?? { document, fewest: await fewestOf(document) }
      known.set(document, subject)
      chosen.set(link, [...(chosen.get(link) ?? []), subject])
    }
  }
  const waiting = [...links]
  const work = async () => {
    for (let link = waiting.shift(); link; link = waiting.shift()) {
      // What keeps one link from being measured is no reason to throw the others away.
      await measureLink(link, chosen.get(link) ?? [], carrier).catch((error: unknown) => {
        process.stderr.write(`${link}: ${String(error)}\n`)
        process.exitCode = 1
      })
    }
  }
  await Promise.all(Array.from({ length: Number(values.parallel) }, work))
}

/** So many of `list`, evenly from its first to its last. */
function spread<T>(list: readonly T[], count: number): readonly T[] {
  if (list.length <= count) return list
  return Array.from({ length: count }, (_each, at) => list[Math.round((at * (list.length - 1)) / (count - 1))] as T)
}

/** Its visits are made one after the other. */
async function measureLink(link: PresetName, subjects: readonly Subject[], carrier: Carrier): Promise<void> {
  const bench = await startBench(presetFigures(link), carrier)
  try {
    await warmUp(bench, link)
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const waitMs of values.wait.map(Number)) {
        for (const [index, subject] of subjects.entries()) {
          const order = modes.map((_mode, at) => modes[(at + round + index) % modes.length] as Mode)
          await measureDocument(bench, { link, waitMs }, subject, order, { carrier, round })
        }
        if (values.csv !== undefined) await writeFile(values.csv, toCsv(inOrder()))
        process.stderr.write(`${link}, ${waitMs} ms: done; load ${loadavg()[0]?.toFixed(1)}\n`)
      }
    }
  } finally {
    await bench.close()
  }
}

async function warmUp(bench: Bench, link: PresetName): Promise<void> {
  const bytes = Math.min((presetFigures(link).downBitsPerSecond / 8000) * WARM_UP_MS, MOST_WARM_UP_BYTES)
  const content = randomBytes(Math.round(bytes))
  const page = {
    name: 'warm-up',
    type: 'application/octet-stream',
    steps: [content, content, content],
    sibling: content,
  }
  for (const mode of modes) {
    const origin = await startSteppedOrigin(page as unknown as Document, 0, bench.originHost, () => undefined)
    for (const { proxy } of Object.values(bench.visitors[mode])) await get(origin.url, proxy)
    origin.close()
  }
}

/** All visits of one document, all modes in turn; each mode has an origin, and so versions in far, of its own. */
async function measureDocument(
  bench: Bench,
  place: Place,
  subject: Subject,
  order: readonly Mode[],
  run: { readonly carrier: Carrier; readonly round: number },
): Promise<void> {
  const idle = new Map(modes.map(mode => [mode, new IdleMeter()]))
  const origins = new Map<Mode, SteppedOrigin>()
  for (const mode of modes) {
    const meter = idle.get(mode)
    const start = startSteppedOrigin(subject.document, place.waitMs, bench.originHost, state => meter?.hear(state))
    origins.set(mode, await start)
  }
  try {
    for (const visit of visits) {
      for (const mode of order) {
        const origin = origins.get(mode) as SteppedOrigin
        const measured = await measureVisit(bench, place, subject, origin, mode, visit, idle.get(mode) as IdleMeter)
        samples.push({ ...measured, ...run, link: place.link, waitMs: place.waitMs, visit, mode })
      }
    }
  } finally {
    for (const origin of origins.values()) origin.close()
  }
}

async function measureVisit(
  bench: Bench,
  { link, waitMs }: Place,
  { document, fewest }: Subject,
  origin: SteppedOrigin,
  mode: Mode,
  visit: Visit,
  idle: IdleMeter,
): Promise<Omit<Sample, 'carrier' | 'round' | 'link' | 'waitMs' | 'visit' | 'mode'>> {
  const visitor = bench.visitors[mode][visit === 'first' ? 'early' : 'late']
  const url = visit === 'sibling' ? origin.siblingUrl : origin.url
  if (visit === 'far has it' || visit === 'repeat changed') origin.step += 1
  const content = visit === 'sibling' ? document.sibling : document.steps[origin.step]
  const logged = visitor.nextLine(url)
  idle.counter = () => visitor.emulator?.carriedBytes('down')
  const got = await get(url, visitor.proxy)
  if (content?.equals(got.body) !== true) throw new Error(`${document.name}, ${visit}, ${mode}: not the origin's bytes`)
  const line = await logged
  const bytes = (name: string) => Number(line[name] ?? 0)
  const figures = presetFigures(link)
  const used = idle.used({
    speculationBytes: fewest[visit].speculationBytes,
    sentBytes: bytes('baseBytes'),
    waitMs,
    downBitsPerSecond: figures.downBitsPerSecond,
  })
  const limit = limitOf({ link: figures, askBytes: ASK_BYTES, originWaitMs: waitMs, ...fewest[visit] })
  return {
    document: document.name,
    way: got.way ?? '',
    contentBytes: got.body.length,
    linkBytes: bytes('baseBytes') + bytes('deltaBytes') + bytes('wholeBytes'),
    firstByteMs: got.firstByteMs,
    lastByteMs: got.lastByteMs,
    limitFirstMs: limit.firstByteMs,
    limitLastMs: limit.lastByteMs,
    usedIdleBytes: used?.usedBytes ?? Number.NaN,
    usableIdleBytes: used?.usableBytes ?? Number.NaN,
  }
}

function inOrder(): readonly Sample[] {
  const rank = ({ link, waitMs }: Sample) => presetNames.findIndex(name => name === link) * 1e6 + waitMs
  return samples.toSorted((one, other) => rank(one) - rank(other))
}

function print(): void {
  const all = inOrder()
  const cells = groupBy(all, ({ link, waitMs, visit }) => `${link}|${waitMs}|${visit}`)
  const rows = groupBy(all, ({ link, visit }) => `${link}|${visit}`)
  process.stdout.write(alignTable(tableOf('Every cell', ['link', 'wait, ms', 'visit'], cells)))
  process.stdout.write(`\n${alignTable(tableOf('All waits together', ['link', 'visit'], rows))}`)
}
