// Records which VCDIFF deltas each decoder reads rightly, wrongly, or refuses:
//   node loadtest/delta/measure-readers.ts --corpus DIR [--csv loadtest/delta/results/readers.csv]
// Decoders: ours, xdelta3-wasm, @ably/vcdiff-decoder, vcdiff-decoder. Deltas: ours and xdelta3's, in every variety, of
// the last step of each document up to 700 kB.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { init, xd3_decode_memory } from 'xdelta3-wasm'
import { encodeDelta } from '../../shared/delta/format.ts'
import { applyVcdiff } from '../../shared/delta/vcdiff-patch.ts'
import { type CorpusPair, readPairs } from './corpus.ts'

const { values } = parseArgs({ options: { corpus: { type: 'string' }, csv: { type: 'string' } } })
if (values.corpus === undefined) throw new Error('give --corpus DIR')

await init()
const load = createRequire(import.meta.url)
const ably = load('@ably/vcdiff-decoder')
const plain = load('vcdiff-decoder')

const xdelta3 =
  (...options: string[]) =>
  ({ basePath, targetPath }: CorpusPair): Uint8Array =>
    spawnSync('xdelta3', ['-e', '-c', ...options, '-s', basePath, targetPath], { maxBuffer: 2 ** 28 }).stdout

const writers: Record<string, (pair: CorpusPair) => Uint8Array | Promise<Uint8Array>> = {
  'hunch, Adler-32': ({ base, target }) => encodeDelta('vcdiff', base, target, { framing: 'file' }),
  'hunch, no checksum': ({ base, target }) => encodeDelta('vcdiff', base, target, { framing: 'file', checksum: false }),
  'xdelta3 -S none -A -n': xdelta3('-S', 'none', '-A', '-n'),
  'xdelta3 -S none -A (Adler-32)': xdelta3('-S', 'none', '-A'),
  'xdelta3 -S none -n (application header)': xdelta3('-S', 'none', '-n'),
  'xdelta3 -S none (both)': xdelta3('-S', 'none'),
  'xdelta3 -S none -A -n -W 16384 (many windows)': xdelta3('-S', 'none', '-A', '-n', '-W', '16384'),
  'xdelta3 -S djw -A (secondary compression)': xdelta3('-S', 'djw', '-A'),
}

const readers: Record<string, (delta: Uint8Array, pair: CorpusPair) => Uint8Array> = {
  hunch: (delta, { base, target }) => applyVcdiff(base, delta, { maxTargetBytes: target.length }),
  'xdelta3-wasm': (delta, { base, target }) => {
    const { str, output } = xd3_decode_memory(delta, base, target.length)
    if (str !== 'SUCCESS') throw new Error(str)
    return output
  },
  '@ably/vcdiff-decoder': (delta, { base }) => ably.decode(delta, base),
  'vcdiff-decoder': (delta, { base }) => plain.decodeSync(delta, base),
}

const counts = new Map<string, { right: number; wrong: number; refused: number; refusal: string }>()
for (const pair of readPairs(values.corpus)) {
  if (!pair.isLast || pair.target.length > 700_000) continue
  for (const [writer, write] of Object.entries(writers)) {
    const delta = await write(pair)
    for (const [reader, read] of Object.entries(readers)) {
      const key = `"${writer}","${reader}"`
      const count = counts.get(key) ?? { right: 0, wrong: 0, refused: 0, refusal: '' }
      counts.set(key, count)
      try {
        if (pair.target.equals(read(delta, pair))) count.right++
        else count.wrong++
      } catch (error) {
        count.refused++
        count.refusal ||= error instanceof Error ? error.message : String(error)
      }
    }
  }
}

const lines = ['delta,decoder,right,wrong without an error,refused,first refusal']
for (const [key, { right, wrong, refused, refusal }] of counts)
  lines.push(`${key},${right},${wrong},${refused},"${refusal.replaceAll('"', "'")}"`)
console.log(lines.join('\n'))
if (values.csv !== undefined) {
  mkdirSync(dirname(values.csv), { recursive: true })
  writeFileSync(values.csv, `${lines.join('\n')}\n`)
}
