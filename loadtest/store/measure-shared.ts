// What the store that machines share costs: what an exchange waits for a lookup there, the processor time of far and of the
// server, commands, bytes and memory; and what a server that stops answering costs.
//   node loadtest/store/measure-shared.ts [--rounds 3] [--csv loadtest/results/store-shared.csv]
// Needs redis-server. One process, no HTTP, no disk: each opening of the store is another machine. Contents are random
// bytes that nobody tries to compress. The server counts its own commands, bytes and processor time; times are medians over
// all rounds, for one lookup after another.
// Knows: how versions are kept, the server's INFO. Does not know: exchanges.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Version } from '../../shared/version.ts'
import { KeptVersions } from '../../store/kept-versions.ts'
import { READ_MS, SharedTier } from '../../store/shared-tier.ts'
import { median } from '../get.ts'
import { type RunningRedis, startRedis } from './running-redis.ts'
import { makeVersion } from './small-version.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, csv: { type: 'string' } } })
const SIZES = { 5000: 1000, 50_000: 300, 1_000_000: 40 } as const
const SITES = 50
const LOOKS = 2000
const SCOPES = ['public', 'private:near'] as const
const MiB = 1024 ** 2
// A near's asks while a page is loaded; the fake clock goes on by so much for each.
const ASK_EVERY_MS = 10
// Costs are those of lookups that get their answer; how many would have been given up is counted.
const PATIENT_MS = 5000

interface Sample {
  /** Milliseconds, one for each time. */
  readonly waits: readonly number[]
  /** Microseconds of processor, commands, bytes; for each time. */
  readonly far: number
  readonly server: number
  readonly commands: number
  readonly received: number
  readonly sent: number
  /** Bytes of the server's memory that one version takes. */
  readonly memory?: number
}

const found = new Map<string, Sample[]>()
const stopped: number[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [bytes, count] of Object.entries(SIZES)) {
    const server = await startRedis()
    const one = await openMachine(server)
    const versions = Array.from({ length: count }, (_, at) =>
      makeVersion(`http://site-${at % SITES}.example/a/path/${at}`, randomBytes(Number(bytes))),
    )
    const before = memoryOf(server)
    const put = await measure(server, versions, async version => {
      one.kept.add(version)
      await one.shared?.written()
    })
    keep(`put,${bytes}`, { ...put, memory: (memoryOf(server) - before) / count })
    const other = await openMachine(server)
    const adopt = ({ url }: Version) => look(other.kept, url)
    keep(`get what another far stored,${bytes}`, await measure(server, versions, adopt))
    if (Number(bytes) === 5000) {
      const some = Array.from({ length: LOOKS }, (_, at) => versions[at % 20] as Version)
      keep('look up what memory has,5000', await measure(server, some, adopt))
      const unknown = some.map((_, at) => `http://site-${at % SITES}.example/a/path/unknown-${at}`)
      keep('look up an unknown URL,', await measure(server, unknown, url => look(other.kept, url)))
      const alone = await openMachine()
      for (const version of versions) alone.kept.add(version)
      keep('the same without a shared store,', await measure(server, unknown, url => look(alone.kept, url)))
      stopped.push(await stop(server, some))
    }
    await one.close()
    await other.close()
    await server.close()
  }
}
report()

async function openMachine(server?: RunningRedis, readMs = PATIENT_MS) {
  const clock = { now: 0 }
  const log = { info: () => {}, warn: (_facts: object, message: string) => process.stderr.write(`${message}\n`) }
  const now = () => clock.now
  const url = server && new URL(server.url)
  const shared = url && new SharedTier({ url, maxVersionsPerUrl: 4, readMs, log, now })
  await shared?.ready()
  const memory = { maxBytes: 256 * MiB, maxVersionsPerUrl: 4 }
  const kept = new KeptVersions({ memory, disk: undefined, shared, log, now })
  const close = async () => {
    await kept.close()
    await shared?.close()
  }
  return { kept, shared, clock, close }
}

function look(kept: KeptVersions, url: string): Promise<void> {
  return kept.recall({ url, scopes: SCOPES, digests: [], siblings: true, dictionaries: true })
}

async function measure<Item>(
  server: RunningRedis,
  items: readonly Item[],
  perform: (item: Item) => Promise<void>,
): Promise<Sample> {
  const before = readingOf(server)
  const own = process.cpuUsage()
  const waits: number[] = []
  for (const item of items) {
    const startedAt = performance.now()
    await perform(item)
    waits.push(performance.now() - startedAt)
  }
  const { user, system } = process.cpuUsage(own)
  const after = readingOf(server)
  const each = (key: keyof typeof before) => (after[key] - before[key]) / items.length
  return {
    waits,
    far: (user + system) / items.length,
    server: each('processorUs'),
    commands: each('commands'),
    received: each('received'),
    sent: each('sent'),
  }
}

/** How many of the lookups waited for a server that has stopped. */
async function stop(server: RunningRedis, versions: readonly Version[]): Promise<number> {
  const { kept, clock, close } = await openMachine(server, READ_MS)
  server.signal('SIGSTOP')
  let waited = 0
  for (const { url } of versions.slice(0, 1000)) {
    const startedAt = performance.now()
    await look(kept, url)
    // Timers may be a millisecond early.
    if (performance.now() - startedAt >= READ_MS - 1) waited += 1
    clock.now += ASK_EVERY_MS
  }
  server.signal('SIGCONT')
  await close()
  return waited
}

function readingOf(server: RunningRedis) {
  const info = server.ask('INFO')
  const of = (name: string) => Number(new RegExp(`^${name}:(.*)`, 'm').exec(info)?.[1])
  return {
    commands: of('total_commands_processed'),
    received: of('total_net_input_bytes'),
    sent: of('total_net_output_bytes'),
    processorUs: (of('used_cpu_user') + of('used_cpu_sys')) * 1e6,
  }
}

function memoryOf(server: RunningRedis): number {
  return Number(/^used_memory_dataset:(.*)/m.exec(server.ask('INFO', 'memory'))?.[1])
}

function keep(what: string, sample: Sample): void {
  found.set(what, [...(found.get(what) ?? []), sample])
}

function report(): void {
  const rows = [
    `what,bytes,wait_ms_median,wait_ms_p99,waited_${READ_MS}_ms,of,far_us,server_us,commands,server_receives_bytes,server_sends_bytes,server_memory_bytes`,
  ]
  for (const [what, samples] of found) {
    const waits = samples.flatMap(each => each.waits).sort((one, other) => one - other)
    const p99 = waits[Math.floor(waits.length * 0.99)] ?? 0
    const late = what.startsWith('put') ? '' : waits.filter(each => each >= READ_MS - 1).length
    const of = (key: 'far' | 'server' | 'commands' | 'received' | 'sent') => median(samples.map(each => each[key]))
    const memory = samples[0]?.memory === undefined ? '' : median(samples.map(each => each.memory ?? 0)).toFixed(0)
    const figures = [of('far').toFixed(0), of('server').toFixed(0), of('commands').toFixed(1)]
    const bytes = [of('received').toFixed(0), of('sent').toFixed(0), memory]
    rows.push([what, median(waits).toFixed(2), p99.toFixed(2), late, waits.length, ...figures, ...bytes].join())
  }
  rows.push('', `a server that stops: of 1000 lookups in ten seconds,${median(stopped)} waited ${READ_MS} ms`)
  rows.push(`load average ${loadavg()[0]?.toFixed(1)} on this machine`)
  process.stdout.write(`${rows.join('\n')}\n`)
  if (values.csv) writeFileSync(values.csv, `${rows.join('\n')}\n`)
}
