// Measures sizes on neighbouring versions, peers in the same run:
//   node loadtest/delta/measure-sizes.ts --corpus DIR [--csv loadtest/delta/results/sizes.csv]
// Every delta of ours is decoded again and compared; a mismatch ends the run.
// Steps between identical versions are counted but not measured: there a delta is some 15 bytes whatever the page.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { encodeSmallest } from '../../shared/delta/attempts.ts'
import { chooseDelta, type DeltaAttempt } from '../../shared/delta/choose.ts'
import { BaseIndex, type DeltaFraming, decodeDelta } from '../../shared/delta/format.ts'
import { type CorpusPair, quantile, readPairs } from './corpus.ts'
import { peers } from './peers.ts'

type Attempts = readonly [DeltaAttempt, ...DeltaAttempt[]]

interface Ours {
  readonly framing: DeltaFraming
  readonly attempts: (pair: CorpusPair) => Attempts
}

const always =
  (...attempts: Attempts) =>
  (): Attempts =>
    attempts

/** What chooseDelta sends on an idle machine over a link of so many bytes per second. */
const chosen =
  (linkBytesPerSecond: number) =>
  ({ base, target }: CorpusPair): Attempts => {
    const choice = chooseDelta({
      baseBytes: base.length,
      targetBytes: target.length,
      linkBytesPerSecond,
      cpuLoad: 0,
      formats: ['vcdiff', 'dcb'],
    })
    if (choice.kind === 'skip') throw new Error(choice.why)
    return choice.attempts
  }

/** By the name of their column. Link speeds are the downstream of the link presets. */
const ours: Record<string, Ours> = {
  'vcdiff file 3': { framing: 'file', attempts: always({ format: 'vcdiff', effort: 3 }) },
  'vcdiff link 2': { framing: 'link', attempts: always({ format: 'vcdiff', effort: 2 }) },
  'vcdiff link 3': { framing: 'link', attempts: always({ format: 'vcdiff', effort: 3 }) },
  'vcdiff link 5': { framing: 'link', attempts: always({ format: 'vcdiff', effort: 5 }) },
  'dcb link 2': { framing: 'link', attempts: always({ format: 'dcb', effort: 2 }) },
  'dcb link 3': { framing: 'link', attempts: always({ format: 'dcb', effort: 3 }) },
  'dcb link 4': { framing: 'link', attempts: always({ format: 'dcb', effort: 4 }) },
  'dcb file 3': { framing: 'file', attempts: always({ format: 'dcb', effort: 3 }) },
  'chosen modem-28.8': { framing: 'link', attempts: chosen(3600) },
  'chosen edge': { framing: 'link', attempts: chosen(25_000) },
  'chosen 3g': { framing: 'link', attempts: chosen(200_000) },
  highest: { framing: 'link', attempts: always({ format: 'dcb', effort: 5 }, { format: 'vcdiff', effort: 5 }) },
}

const { values } = parseArgs({ options: { corpus: { type: 'string' }, csv: { type: 'string' } } })
if (values.corpus === undefined) throw new Error('give --corpus DIR')

const columns = [...Object.keys(peers), ...Object.keys(ours)]
const rows: { pair: CorpusPair; bytes: Record<string, number> }[] = []
let unchanged = 0
for (const pair of readPairs(values.corpus)) {
  if (pair.base.equals(pair.target)) {
    unchanged++
    continue
  }
  const bytes: Record<string, number> = {}
  for (const [name, encode] of Object.entries(peers)) bytes[name] = encode(pair).length
  const index = new BaseIndex(pair.base)
  for (const [name, { framing, attempts }] of Object.entries(ours)) {
    const { attempt, delta } = await encodeSmallest(attempts(pair), index, pair.target, framing)
    const made = await decodeDelta(attempt.format, pair.base, delta, { framing, maxTargetBytes: pair.target.length })
    if (!pair.target.equals(made)) throw new Error(`${pair.document} ${pair.step}: ${name} decodes to other bytes`)
    bytes[name] = delta.length
  }
  rows.push({ pair, bytes })
}

if (values.csv !== undefined) {
  const lines = rows.map(({ pair, bytes }) =>
    [
      pair.document,
      pair.kind,
      pair.step,
      pair.base.length,
      pair.target.length,
      ...columns.map(name => bytes[name]),
    ].join(),
  )
  mkdirSync(dirname(values.csv), { recursive: true })
  writeFileSync(
    values.csv,
    `${['document,kind,step,base bytes,target bytes', ...columns].join()}\n${lines.join('\n')}\n`,
  )
}

console.log(`${rows.length} changed steps, ${unchanged} unchanged`)
printRatios('zstd -19 patch-from', () => true, 'all')
printRatios('zstd -19 patch-from', pair => pair.isLast, 'the last step of each document')
printRatios('xdelta3 -9 -S djw', () => true, 'all')
printRatios('xdelta3 -9 -S djw', pair => pair.isLast, 'the last step of each document')
printKinds()

function printRatios(against: string, filter: (pair: CorpusPair) => boolean, what: string): void {
  const chosenRows = rows.filter(({ pair }) => filter(pair))
  console.log(`\nsize relative to ${against}, ${what} (${chosenRows.length}): median, p90; bytes in total`)
  for (const name of columns) {
    const ratios = chosenRows.map(({ bytes }) => bytes[name]! / bytes[against]!)
    const total = chosenRows.reduce((sum, { bytes }) => sum + bytes[name]!, 0)
    const [median, p90] = [quantile(ratios, 0.5), quantile(ratios, 0.9)]
    console.log(
      `${name.padEnd(22)}${median.toFixed(3).padStart(9)}${p90.toFixed(3).padStart(9)}${String(total).padStart(12)}`,
    )
  }
}

/** Bytes by kind of document: median and p90. */
function printKinds(): void {
  const kinds = [...new Set(rows.map(({ pair }) => pair.kind))]
  console.log(`\nbytes, median / p90 by kind\n${''.padEnd(22)}${kinds.map(kind => kind.padStart(16)).join('')}`)
  for (const name of columns) {
    const cells = kinds.map(kind => {
      const sizes = rows.filter(({ pair }) => pair.kind === kind).map(({ bytes }) => bytes[name]!)
      return `${quantile(sizes, 0.5)} / ${quantile(sizes, 0.9)}`.padStart(16)
    })
    console.log(name.padEnd(22) + cells.join(''))
  }
}
