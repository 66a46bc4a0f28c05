// `hunch loadtest`: puts sources, plan, contenders and reports together; progress on the terminal, files where wanted.
// Knows: their order, signals, files. Does not know: how any of them works.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { arch, cpus, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { performance } from 'node:perf_hooks'
import { Client } from '../loadtest/load/client.ts'
import { type Contender, startContender } from '../loadtest/load/contender.ts'
import { planVisits, type Visit } from '../loadtest/load/plan.ts'
import { runLoad, type Sample } from '../loadtest/load/run.ts'
import { describeSettings, readSettings, type Settings } from '../loadtest/load/settings.ts'
import { readSource, type UrlSource } from '../loadtest/load/sources.ts'
import { type OriginTiming, studyCsv, studyPlot, studyTables } from '../loadtest/load/study.ts'
import { startPassThrough } from '../loadtest/load/pass-through.ts'
import { type Origin, startOrigin } from '../loadtest/origin/origin.ts'
import { toCsv } from '../loadtest/report/csv.ts'
import { toPage } from '../loadtest/report/page.ts'
import { plotsOf } from '../loadtest/report/plots.ts'
import type { LinkRun, RunRecord } from '../loadtest/report/run.ts'
import { summarize } from '../loadtest/report/summary.ts'
import { alignTable, toText } from '../loadtest/report/table.ts'
import { Progress } from '../loadtest/report/progress.ts'
import { findWarnings } from '../loadtest/report/warnings.ts'
import { Fault } from '../shared/fault.ts'
import { waitForStop } from './stop.ts'

/** @throws Fault USAGE, CANNOT_READ, and what keeps a contender from starting */
export async function runLoadtest(argv: readonly string[]): Promise<number> {
  const settings = readSettings(argv)
  if (settings.isHelp) {
    process.stdout.write(describeSettings())
    return 0
  }
  const source = await readSources(settings)
  const stop = new AbortController()
  void waitForStop().then(() => stop.abort())
  if (settings.study) return study(settings, source, stop.signal)
  if (settings.traces !== undefined) await mkdir(settings.traces, { recursive: true })
  const links: LinkRun[] = []
  const failures: unknown[] = []
  const startedAt = new Date().toISOString()
  for (const link of settings.links) {
    if (stop.signal.aborted || failures.length > 0) break
    // What was measured until then is reported, also when something broke: an hour's work must not be lost.
    const run = await runLink(settings, source, link, stop.signal, error => failures.push(error))
    if (run.samples.length > 0) links.push(run)
  }
  if (failures.length > 0 && links.length === 0) throw failures[0]
  const record: RunRecord = {
    command: `hunch loadtest ${argv.map(quote).join(' ')}`,
    seed: settings.figures.seed,
    startedAt,
    versions: { hunch: await readVersion(), node: process.version },
    machine: `${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    complete: !stop.signal.aborted && failures.length === 0,
    warnings: findWarnings(links),
    links,
  }
  process.stdout.write(settings.json ? `${toJson(record)}\n` : toText(record))
  if (settings.out !== undefined) await writeReport(settings.out, record)
  if (failures.length > 0) throw failures[0]
  return links.some(({ summary }) => summary.contenders.some(({ wrong }) => wrong > 0)) ? 1 : 0
}

async function readSources({ sources, corpus, study: isStudy }: Settings): Promise<UrlSource> {
  const [first, second] = sources
  if (first && (second || corpus !== undefined)) throw new Fault('USAGE', 'give one of --urls, --har, --log, --corpus')
  if (first) {
    const isInput = first.path === '-'
    const content = isInput ? await text(process.stdin) : await readText(first.path)
    return readSource(first.form, content, isInput ? 'standard input' : first.path)
  }
  // Paths of our own origin: their pages by how a reader meets them, a recorded document at each of its versions.
  const origin = await startOrigin({ listen: LOOPBACK, seed: 1, corpus, waits: 'none' })
  try {
    const pages = origin.pages.filter(({ path }) => path.startsWith('/corpus/') === (corpus !== undefined))
    const listed = pages.map(({ path }) => path)
    if (corpus === undefined) return { kind: 'list', urls: [...new Set([...listed, ...articles])] }
    if (isStudy) return { kind: 'list', urls: listed }
    const most = Math.max(...pages.map(({ versions = 1 }) => versions))
    const steps = Array.from({ length: most }, (_each, step) => step)
    return {
      kind: 'record',
      urls: steps.flatMap(step => pages.filter(({ versions = 1 }) => step < versions).map(({ path }) => path)),
    }
  } finally {
    await origin.close()
  }
}

// The built-in site has an article under every number; what is not on its front page is asked for seldom.
const articles = Array.from({ length: 2000 }, (_each, index) => `/article/${index + 1}`)

const LOOPBACK = { host: '127.0.0.1', port: 0 }

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Fault('CANNOT_READ', `cannot read ${path}`, { cause: error })
  }
}

async function runLink(
  settings: Settings,
  source: UrlSource,
  link: Settings['links'][number],
  stopped: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<LinkRun> {
  const { figures, contenders, corpus, waits, durationMs } = settings
  const samples: Sample[] = []
  const downBytes = new Map<string, number>()
  const running = new Map<string, Contender>()
  const isOwn = source.urls.some(url => url.startsWith('/'))
  const start = (name: string) => {
    const means = contenders.find(each => each.name === name)?.means
    if (!means) throw new RangeError(`no contender ${name}`)
    return startContender({
      name,
      means,
      link: link.figures,
      links: settings.nears,
      origin: isOwn ? { seed: figures.seed, corpus, waits } : undefined,
      farArguments: settings.farArguments,
      nearArguments: settings.nearArguments,
      tracePrefix: settings.traces === undefined ? undefined : join(settings.traces, `${link.name}-${name}`),
    })
  }
  const contend = async (name: string) => {
    const known = running.get(name)
    if (known && settings.caches === 'warm') return known
    if (known && settings.caches === 'near-cold') await known.startNearsAnew()
    else {
      await known?.close()
      running.set(name, await start(name))
    }
    return running.get(name) as Contender
  }
  const names = contenders.map(({ name }) => name)
  // A recorded document is at its next version each time that the record comes round to it.
  const rounds = planVisits(source, corpus === undefined ? figures : { ...figures, ageing: 0 })
  const planned = corpus === undefined ? rounds : ageByRecord(rounds)
  const progress = new Progress(process.stderr, link.name, figures.visits * names.length)
  try {
    await runLoad({
      contend,
      names,
      rounds: planned,
      withParts: settings.withParts,
      patienceMs: settings.patienceMs,
      durationMs,
      signal: stopped,
      onVisit: error => progress.note(error),
      onSample: sample => samples.push(sample),
      onRound: (name, _round, bytes) => downBytes.set(name, (downBytes.get(name) ?? 0) + bytes),
    })
  } catch (error) {
    onFailure(error)
  } finally {
    progress.end()
    await Promise.all([...running.values()].map(each => each.close()))
  }
  const reference = names.find(name => name === 'plain') ?? names.at(-1) ?? ''
  return { link: link.name, samples, summary: summarize(samples, names, reference, downBytes) }
}

/** The visits of a replayed corpus: each after the first to a document finds its next version. */
function ageByRecord(rounds: readonly (readonly Visit[])[]): readonly (readonly Visit[])[] {
  const seen = new Set<string>()
  return rounds.map(visits =>
    visits.map(visit => {
      const ages = seen.has(visit.url)
      seen.add(visit.url)
      return { ...visit, ages }
    }),
  )
}

async function study(settings: Settings, source: UrlSource, stopped: AbortSignal): Promise<number> {
  const { figures, corpus, waits, patienceMs, out } = settings
  const isOwn = source.urls.some(url => url.startsWith('/'))
  const origin: Origin | undefined = isOwn
    ? await startOrigin({ listen: LOOPBACK, seed: figures.seed, corpus, waits })
    : undefined
  const proxy = await startPassThrough()
  const client = new Client(proxy.address)
  const timings: OriginTiming[] = []
  const visits = planVisits(source, figures).flat()
  const progress = new Progress(process.stderr, 'study', visits.length)
  const next = visits.values()
  const work = async () => {
    for (const visit of next) {
      if (stopped.aborted) return
      const url = visit.url.startsWith('/') ? `${origin?.url}${visit.url}` : visit.url
      const askedAt = performance.now()
      const got = await client.get(url, AbortSignal.any([stopped, AbortSignal.timeout(patienceMs)]))
      const failure = got.error ?? (got.status >= 500 ? `status ${got.status}` : undefined)
      progress.note(failure)
      if (failure !== undefined) continue
      const { contentBytes } = got
      timings.push({ url, firstByteMs: got.firstByteAt - askedAt, lastByteMs: got.lastByteAt - askedAt, contentBytes })
    }
  }
  await Promise.all(Array.from({ length: figures.users }, work))
  progress.end()
  await Promise.all([client.close(), proxy.close(), origin?.close()])
  if (timings.length === 0) throw new Fault('ORIGIN_UNREACHABLE', 'no URL could be fetched')
  const tables = studyTables(timings)
  process.stdout.write(settings.json ? `${JSON.stringify(tables)}\n` : tables.map(alignTable).join('\n'))
  if (out !== undefined) {
    await mkdir(out, { recursive: true })
    await writeFile(join(out, 'study.csv'), studyCsv(timings))
    await writeFile(join(out, 'study.svg'), studyPlot(timings))
  }
  return 0
}

async function writeReport(out: string, record: RunRecord): Promise<void> {
  await mkdir(join(out, 'plots'), { recursive: true })
  await writeFile(join(out, 'report.html'), toPage(record))
  await writeFile(join(out, 'report.json'), toJson(record))
  await writeFile(join(out, 'samples.csv'), toCsv(record))
  for (const { name, svg } of record.links.flatMap(plotsOf)) await writeFile(join(out, 'plots', `${name}.svg`), svg)
  process.stderr.write(`The report is in ${join(out, 'report.html')}.\n`)
}

/** Without the samples: those are in samples.csv. */
function toJson(record: RunRecord): string {
  return JSON.stringify(
    { ...record, links: record.links.map(({ link, summary }) => ({ link, summary })) },
    undefined,
    2,
  )
}

function quote(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

async function readVersion(): Promise<string> {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return manifest.version
}
