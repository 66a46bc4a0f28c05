// Does the emulator agree with a link of real packets? The same measurements on both, in turn, for every preset.
// Knows: what is measured, how results are written. Does not know: how either link works.
//   node loadtest/link/compare.ts [--preset NAME]… [--congestion cubic|bbr] [--rounds N] [--seconds N]
// Needs root, python3 and iproute2. Writes loadtest/link/results/CONGESTION.csv and prints the table.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { startEmulatedBench, startPacketBench, type Bench } from './bench.ts'
import { congestionControls, parseFigures, presetNames, type LinkFigures } from './presets.ts'
import type { Measurement } from './probe.ts'

interface Row {
  readonly congestion: string
  readonly preset: string
  readonly measure: string
  readonly packets: readonly number[]
  readonly emulated: readonly number[]
}

// Small answers beside a transfer vary as its window grows and shrinks, so it is given longer than the others.
const BESIDE_SECONDS = { slowest: 16, slow: 8, fast: 4 } as const

const { values: options } = parseArgs({
  options: {
    preset: { type: 'string', multiple: true },
    congestion: { type: 'string', default: 'cubic' },
    rounds: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '4' },
  },
})
const congestion = congestionControls.find(name => name === options.congestion) ?? 'cubic'
const results = new URL('./results/', import.meta.url)

// The benches that are open, so that an interrupted run leaves nothing behind.
const open = new Set<Bench>()
process.once('SIGINT', () => {
  void closeAll().then(() => process.exit(130))
})

const chosen = options.preset ?? presetNames
const rows: Row[] = []
try {
  // Slow links cost next to no CPU and can be measured together; fast ones need the machine for themselves.
  const isFast = (preset: string) => figuresOf(preset).downBitsPerSecond > 10e6
  const slow = await Promise.all(chosen.filter(preset => !isFast(preset)).map(comparePreset))
  rows.push(...slow.flat())
  for (const preset of chosen.filter(isFast)) rows.push(...(await comparePreset(preset)))
} finally {
  await closeAll()
}
await writeRows(rows)
process.stdout.write(describeRows(rows))

async function comparePreset(preset: string): Promise<Row[]> {
  const link = figuresOf(preset)
  const plan = planMeasurements(link)
  const seen = plan.map(({ name }) => ({ name, packets: [] as number[], emulated: [] as number[] }))
  // Where chance decides, only many rounds say something.
  const rounds = Number(options.rounds) * (link.loss > 0 ? 2 : 1)
  const tag = `${process.pid}-${presetNames.findIndex(name => name === preset)}`
  const packets = await startPacketBench(link, 1, tag)
  open.add(packets)
  const emulated = await startEmulatedBench(link, 1)
  open.add(emulated)
  for (let round = 1; round <= rounds; round++) {
    for (const [index, { measurement }] of plan.entries()) {
      seen[index]?.packets.push(...(await packets.measure(measurement)))
      seen[index]?.emulated.push(...(await emulated.measure(measurement)))
    }
    process.stderr.write(`${preset}: round ${round} of ${rounds}\n`)
  }
  for (const [kind, bench] of Object.entries({ packets, emulated })) {
    open.delete(bench)
    process.stderr.write(`${preset}, ${kind}: ${JSON.stringify(await bench.close())}\n`)
  }
  return seen.map(({ name, ...times }) => ({ congestion: link.congestion, preset, measure: name, ...times }))
}

function planMeasurements(link: LinkFigures): { readonly name: string; readonly measurement: Measurement }[] {
  // What loss makes slow takes longer than it says here.
  const seconds = Number(options.seconds) * (link.loss > 0 ? 0.6 : 1)
  const speed = link.downBitsPerSecond < 100e3 ? 'slowest' : link.downBitsPerSecond > 10e6 ? 'fast' : 'slow'
  const beside = Math.round((link.downBitsPerSecond / 8) * BESIDE_SECONDS[speed] * (link.loss > 0 ? 0.5 : 1))
  const down = Math.round((link.downBitsPerSecond / 8) * seconds)
  const up = Math.round((link.upBitsPerSecond / 8) * seconds)
  return [
    { name: 'new', measurement: { kind: 'new' } },
    { name: 'warm', measurement: { kind: 'warm', times: 3 } },
    { name: 'down', measurement: { kind: 'bulk', direction: 'down', bytes: down, connections: 1 } },
    { name: 'up', measurement: { kind: 'bulk', direction: 'up', bytes: up, connections: 1 } },
    { name: 'down×4', measurement: { kind: 'bulk', direction: 'down', bytes: Math.round(down / 4), connections: 4 } },
    { name: 'beside', measurement: { kind: 'beside', bytes: beside, pauseMs: link.roundTripMs } },
  ]
}

function figuresOf(preset: string): LinkFigures {
  return parseFigures({ preset, congestion })
}

async function closeAll(): Promise<void> {
  const benches = [...open]
  open.clear()
  await Promise.all(benches.map(bench => bench.close()))
}

/** Replaces the presets that were measured, keeps the others of an earlier run. */
async function writeRows(rows: readonly Row[]): Promise<void> {
  const head =
    'congestion,preset,measure,packets_ms,emulated_ms,ratio,packets_quartiles_ms,emulated_quartiles_ms,samples'
  const lines = rows.map(row => {
    const [packets, emulated] = [quantile(row.packets, 0.5), quantile(row.emulated, 0.5)]
    const quartiles = [row.packets, row.emulated].map(times => [0.25, 0.75].map(q => ms(quantile(times, q))).join('–'))
    const samples = `${row.packets.length}/${row.emulated.length}`
    const cells = [ms(packets), ms(emulated), (emulated / packets).toFixed(3), ...quartiles, samples]
    return [row.congestion, row.preset, row.measure, ...cells].join(',')
  })
  const file = new URL(`${congestion}.csv`, results)
  const earlier = await readFile(file, 'utf8').catch(() => '')
  const measured = new Set<string>(chosen)
  const kept = earlier
    .split('\n')
    .filter(line => line.startsWith(congestion) && !measured.has(line.split(',')[1] ?? ''))
  const order = (line: string) => presetNames.findIndex(name => name === line.split(',')[1])
  const all = [...kept, ...lines].sort((a, b) => order(a) - order(b))
  await mkdir(results, { recursive: true })
  await writeFile(file, `${[head, ...all].join('\n')}\n`)
}

function describeRows(rows: readonly Row[]): string {
  const measures = planMeasurements(figuresOf('lan')).map(({ name }) => name)
  const lines = chosen.map(preset => {
    const cells = measures.map(measure => {
      const row = rows.find(row => row.preset === preset && row.measure === measure)
      if (row === undefined) return ''
      const [packets, emulated] = [quantile(row.packets, 0.5), quantile(row.emulated, 0.5)]
      return `${(emulated / packets).toFixed(2)} (${ms(packets)} ms)`
    })
    return `| ${[preset, ...cells].join(' | ')} |\n`
  })
  const heads = [`${congestion}: emulated / packets`, ...measures]
  return `| ${heads.join(' | ')} |\n|${heads.map(() => ' --- ').join('|')}|\n${lines.join('')}`
}

function ms(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN]
  return low + (high - low) * (at - Math.floor(at))
}
