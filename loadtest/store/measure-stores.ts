// Measures the stores of rivals.ts, each in a process of its own, several rounds in turns; medians:
//   node loadtest/store/measure-stores.ts [--rounds 3] [--csv loadtest/results/stores.csv]
// put and get a second for versions of 5 kB, 50 kB and 1 MB (random bytes, in batches of 16), event-loop delay meanwhile,
// memory and disk afterwards; and what becomes of a process that reads a file of which 4 KiB somewhere were overwritten.
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync, closeSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Entry, type Rival, rivals } from './rivals.ts'

const sizes = { '5 kB': [5_000, 3000], '50 kB': [50_000, 1000], '1 MB': [1_000_000, 80] } as const
const BATCH = 16
const TORN_ROUNDS = 20

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    csv: { type: 'string' },
    child: { type: 'string' },
    size: { type: 'string' },
    read: { type: 'string' },
  },
})
if (values.read !== undefined) await readTorn(values.child ?? '', values.read)
else if (values.child !== undefined) await measure(values.child, (values.size ?? '5 kB') as keyof typeof sizes)
else compare()

interface Figures {
  putPerSecond: number
  putDelayP99Ms: number
  getPerSecond: number
  getDelayP99Ms: number
  rssMB: number
  diskMB: number
  emptiedMB: number
}

/** In a process of its own: prints the figures as JSON. */
async function measure(name: string, size: keyof typeof sizes): Promise<void> {
  const [bytes, count] = sizes[size]
  const directory = mkdtempSync(join(tmpdir(), 'hunch-stores-'))
  const entries = makeEntries(count, bytes)
  const before = process.memoryUsage.rss()
  const rival = openRival(name, directory)
  // Threads and statements are made once.
  await rival.putAll(makeEntries(1, 100))
  const put = await time(async () => {
    for (let at = 0; at < count; at += BATCH) await rival.putAll(entries.slice(at, at + BATCH))
  })
  const get = await time(async () => {
    // In another order than they were written in.
    for (let at = 0; at < count; at++) {
      const entry = entries[(at * 7919) % count]!
      if ((await rival.get(entry))?.length !== bytes) throw new Error(`${name} lost ${entry.key}`)
      // As a server would: others have their turn.
      if (at % 8 === 0) await new Promise(resolve => setImmediate(resolve))
    }
  })
  const rssMB = (process.memoryUsage.rss() - before) / 1e6
  const diskMB = sizeOf(directory)
  await rival.removeAll(entries)
  await rival.close()
  const figures: Figures = {
    putPerSecond: count / put.seconds,
    putDelayP99Ms: put.delayP99Ms,
    getPerSecond: count / get.seconds,
    getDelayP99Ms: get.delayP99Ms,
    rssMB,
    diskMB,
    emptiedMB: sizeOf(directory),
  }
  rmSync(directory, { recursive: true, force: true })
  process.stdout.write(JSON.stringify(figures))
}

function compare(): void {
  const rows = ['store,size,put_per_s,put_loop_delay_p99_ms,get_per_s,get_loop_delay_p99_ms,rss_mb,disk_mb,emptied_mb']
  for (const size of Object.keys(sizes)) {
    const found = new Map<string, Figures[]>()
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const name of Object.keys(rivals)) {
        const figures = JSON.parse(runChild(['--child', name, '--size', size]).stdout) as Figures
        found.set(name, [...(found.get(name) ?? []), figures])
      }
    }
    for (const [name, all] of found) {
      const median = (key: keyof Figures) => all.map(each => each[key]).sort((a, b) => a - b)[all.length >> 1] ?? 0
      const rates = [median('putPerSecond').toFixed(0), median('putDelayP99Ms').toFixed(1)]
      const gets = [median('getPerSecond').toFixed(0), median('getDelayP99Ms').toFixed(1)]
      const space = [median('rssMB'), median('diskMB'), median('emptiedMB')].map(each => each.toFixed(1))
      rows.push([`"${name}"`, size, ...rates, ...gets, ...space].join())
      console.log(rows.at(-1))
    }
  }
  rows.push('', 'store,torn,read to its end,refused in words,process died')
  for (const name of Object.keys(rivals)) if (!name.startsWith('memory')) rows.push(tear(name))
  rows.push(
    '',
    `load average ${loadavg()
      .map(each => each.toFixed(1))
      .join(' ')} on this machine`,
  )
  if (values.csv) writeFileSync(values.csv, `${rows.join('\n')}\n`)
}

/** Overwrites 4 KiB somewhere in the largest file of a store, and has a process read all of it. */
function tear(name: string): string {
  const outcomes = { whole: 0, refused: 0, died: 0 }
  for (let round = 0; round < TORN_ROUNDS; round++) {
    const directory = mkdtempSync(join(tmpdir(), 'hunch-torn-'))
    runChild(['--child', name, '--read', `fill:${directory}`])
    const [path = ''] = filesOf(directory).sort((one, other) => statSync(other).size - statSync(one).size)
    const file = openSync(path, 'r+')
    // Anywhere but in the first page, whose damage every store notices.
    const pages = Math.max(1, Math.floor(statSync(path).size / 4096) - 3)
    writeSync(
      file,
      randomBytes(Math.min(4096, statSync(path).size)),
      0,
      undefined,
      Math.min(3, pages - 1) * 4096 + 4096 * Math.floor((pages * round) / TORN_ROUNDS),
    )
    closeSync(file)
    const { status, stdout } = runChild(['--child', name, '--read', directory])
    if (status !== 0 || stdout === '') outcomes.died += 1
    else if (stdout.startsWith('refused')) outcomes.refused += 1
    else outcomes.whole += 1
    rmSync(directory, { recursive: true, force: true })
  }
  const row = [`"${name}"`, TORN_ROUNDS, outcomes.whole, outcomes.refused, outcomes.died].join()
  console.log(row)
  return row
}

/** Fills a store, or reads it to its end: what is damaged must raise and not end the process. */
async function readTorn(name: string, where: string): Promise<void> {
  const entries = Array.from({ length: 200 }, (_, at) => toEntry(at, Buffer.from(`${at} `.repeat(1000))))
  const rival = openRival(name, where.replace(/^fill:/, ''))
  if (where.startsWith('fill:')) await rival.putAll(entries)
  let refused = 0
  for (const entry of entries) {
    const content = await rival.get(entry).catch(() => undefined)
    if (!content) refused += 1
    else if (!Buffer.from(content).equals(entry.content)) throw new Error('wrong bytes were given')
  }
  await rival.close()
  process.stdout.write(refused > 0 ? `refused ${refused}` : 'whole')
}

function runChild(words: readonly string[]) {
  const run = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...words], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (run.status !== 0 && !words.includes('--read')) throw new Error(run.stderr)
  return run
}

function openRival(name: string, directory: string): Rival {
  const make = rivals[name]
  if (!make) throw new Error(`there is no store ${name}`)
  return make(directory)
}

function makeEntries(count: number, bytes: number): Entry[] {
  return Array.from({ length: count }, (_, at) => toEntry(at, randomBytes(bytes)))
}

function toEntry(at: number, content: Buffer): Entry {
  const digest = createHash('sha256').update(content).digest('hex')
  return { key: `http://site-${at % 50}.example/${content.length}/${at}`, content, digest }
}

async function time(work: () => Promise<void>): Promise<{ seconds: number; delayP99Ms: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const started = performance.now()
  await work()
  const seconds = (performance.now() - started) / 1000
  delay.disable()
  return { seconds, delayP99Ms: delay.percentile(99) / 1e6 }
}

function filesOf(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries.filter(each => each.isFile()).map(each => join(each.parentPath, each.name))
}

/** Megabytes. */
function sizeOf(directory: string): number {
  return filesOf(directory).reduce((sum, path) => sum + statSync(path).size, 0) / 1e6
}
