// The four visits of one page over a slow link, with Hunch's tricks and without, in one interleaved run.
//   node loadtest/visits.ts [--link modem-28.8] [--rounds 3] [--wait 1000] [--csv FILE] [--page PATH …]
// first: nobody has been there. far has it: another visitor was there before the page aged, so far speculates.
// repeat: the same visitor after the page aged once more. unchanged: once more, at once.
// `plain` is the same pair with deltas and speculation off: Brotli over the same HTTP/2 link.
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { get, median } from './get.ts'
import { isPresetName, presetFigures } from './link/presets.ts'
import { type Origin, startOrigin } from './origin/origin.ts'
import { type LogLine, type RunningNear, startFar } from './pair.ts'

const visits = ['first', 'far has it', 'repeat', 'unchanged'] as const
type Visit = (typeof visits)[number]
const modes = ['optimistic', 'plain'] as const
type Mode = (typeof modes)[number]

interface Sample {
  readonly page: string
  readonly visit: Visit
  readonly mode: Mode
  readonly way: string
  readonly contentBytes: number
  readonly linkBytes: number
  readonly firstByteMs: number
  readonly lastByteMs: number
}

/** Near's log, awaited: a line comes when its exchange has ended, shortly after the client has its last byte. */
class Logs {
  readonly #waiting = new Map<unknown, (line: LogLine) => void>()

  next(url: string): Promise<LogLine> {
    return new Promise(resolve => this.#waiting.set(url, resolve))
  }

  take(line: LogLine): void {
    this.#waiting.get(line['url'])?.(line)
  }
}

const { values } = parseArgs({
  options: {
    link: { type: 'string', default: 'modem-28.8' },
    rounds: { type: 'string', default: '3' },
    wait: { type: 'string', default: '1000' },
    csv: { type: 'string' },
    page: { type: 'string', multiple: true, default: ['/', '/article/1', '/shop', '/assets/app.js', '/news'] },
  },
})
if (!isPresetName(values.link)) {
  process.stderr.write(`visits: there is no link preset ${values.link}\n`)
  process.exit(2)
}
const link = presetFigures(values.link)
const samples: Sample[] = []

const origin = await startOrigin({ listen: { host: '127.0.0.1', port: 0 }, seed: 1, waits: Number(values.wait) })
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const page of values.page) for (const mode of modes) await measure(origin, page, mode)
    process.stderr.write(`round ${round + 1} of ${values.rounds} done\n`)
  }
} finally {
  await origin.close()
}
process.stdout.write(table())
if (values.csv !== undefined) await writeFile(values.csv, csv())

/** One far without memory, two visitors behind links of their own. */
async function measure(site: Origin, page: string, mode: Mode): Promise<void> {
  const far = await startFar(['--allow-private', '--log-level', 'warn'])
  try {
    const early = await startVisitor(far, mode)
    await visit(site, early, page, 'first', mode)
    const late = await startVisitor(far, mode)
    site.age(page)
    await visit(site, late, page, 'far has it', mode)
    site.age(page)
    await visit(site, late, page, 'repeat', mode)
    await visit(site, late, page, 'unchanged', mode)
  } finally {
    await far.close()
  }
}

interface Visitor {
  readonly near: RunningNear
  readonly logs: Logs
}

async function startVisitor(far: Awaited<ReturnType<typeof startFar>>, mode: Mode): Promise<Visitor> {
  const logs = new Logs()
  const near = await far.startNear({ link, arguments: ['--mode', mode], onLog: line => logs.take(line) })
  // A link that is up, and has been for a moment: what a visit costs, not what the first second of a day costs.
  await get(`${origin.url}/about`, near.proxy)
  return { near, logs }
}

async function visit(site: Origin, { near, logs }: Visitor, page: string, kind: Visit, mode: Mode): Promise<void> {
  const url = `${site.url}${page}`
  const logged = logs.next(url)
  const got = await get(url, near.proxy)
  if (!site.current(page)?.equals(got.body)) throw new Error(`${page}, ${kind}, ${mode}: not the origin's bytes`)
  const line = await logged
  const bytes = (name: string) => Number(line[name] ?? 0)
  samples.push({
    page,
    visit: kind,
    mode,
    way: got.way ?? '',
    contentBytes: got.body.length,
    linkBytes: bytes('baseBytes') + bytes('deltaBytes') + bytes('wholeBytes'),
    firstByteMs: got.firstByteMs,
    lastByteMs: got.lastByteMs,
  })
}

function of(page: string, kind: Visit, mode: Mode): Sample[] {
  return samples.filter(each => each.page === page && each.visit === kind && each.mode === mode)
}

function table(): string {
  const lines = values.page.flatMap(page =>
    visits.map(kind => {
      const [ours, plain] = modes.map(mode => of(page, kind, mode)) as [Sample[], Sample[]]
      const last = [ours, plain].map(each => median(each.map(sample => sample.lastByteMs))) as [number, number]
      const bytes = [ours, plain].map(each => median(each.map(sample => sample.linkBytes)))
      const times = `${seconds(last[0])} | ${seconds(last[1])} | ${(last[1] / last[0]).toFixed(1)}`
      return `| ${page} | ${kind} | ${ours[0]?.way} | ${ours[0]?.contentBytes} | ${bytes[0]} | ${bytes[1]} | ${times} |\n`
    }),
  )
  return `${values.link}, origin's wait ${values.wait} ms, medians of ${values.rounds}; times to the last byte in seconds

| page | visit | way | content, B | link, B | plain, B | Hunch | plain | times faster |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${lines.join('')}`
}

function csv(): string {
  const rows = samples.map(each =>
    [values.link, each.page, each.visit, each.mode, each.way, each.contentBytes, each.linkBytes]
      .concat([each.firstByteMs.toFixed(1), each.lastByteMs.toFixed(1)])
      .join(','),
  )
  return `link,page,visit,mode,way,content_bytes,link_bytes,first_byte_ms,last_byte_ms\n${rows.join('\n')}\n`
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2)
}
