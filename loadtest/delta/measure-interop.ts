// Checks that Hunch and xdelta3 read each other's VCDIFF, on every step of a corpus:
//   node loadtest/delta/measure-interop.ts --corpus DIR [--csv loadtest/delta/results/interop.csv]
// Debian's xdelta3 must be on the path; xdelta3-wasm is asked beside it. What is decoded is compared byte by byte.
// Exit code 1 when something was decoded to other bytes, or refused that should not be.
// Knows: both command lines, who should read what. Does not know: formats.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { init, xd3_decode_memory, xd3_encode_memory, xd3_smatch_cfg } from 'xdelta3-wasm'
import type { Effort } from '../../shared/delta/effort.ts'
import { BaseIndex, decodeDelta } from '../../shared/delta/format.ts'
import { wholeSegment } from '../../shared/delta/vcdiff-encode.ts'
import { encodeVcdiff } from '../../shared/delta/vcdiff-stream.ts'
import { type CorpusPair, readPairs } from './corpus.ts'

const { values } = parseArgs({ options: { corpus: { type: 'string' }, csv: { type: 'string' } } })
if (values.corpus === undefined) throw new Error('give --corpus DIR')

// xdelta3-wasm decodes into one buffer of a fixed size.
const MAX_WASM_BYTES = 1 << 20

const folder = mkdtempSync(join(tmpdir(), 'hunch-interop-'))
const counts = new Map<string, { same: number; different: number; refused: number; first: string }>()

function xdelta3(...args: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync('xdelta3', args, { cwd: folder, maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(String(stderr).trim())
  return stdout
}

async function check(what: string, pair: CorpusPair, decode: () => Uint8Array | Promise<Uint8Array>): Promise<void> {
  const count = counts.get(what) ?? { same: 0, different: 0, refused: 0, first: '' }
  counts.set(what, count)
  try {
    if (pair.target.equals(await decode())) count.same++
    else count.different++
  } catch (error) {
    count.refused++
    count.first ||= error instanceof Error ? error.message : String(error)
  }
}

const application = Buffer.from('a note')

async function checkOurs(pair: CorpusPair): Promise<void> {
  const source = wholeSegment(new BaseIndex(pair.base))
  const varieties: readonly (readonly [Effort, boolean, boolean])[] = [
    [1, true, false],
    [3, true, false],
    [3, false, false],
    [3, true, true],
    [3, false, true],
    [5, true, false],
  ]
  for (const [effort, checksum, noted] of varieties) {
    const options = { effort, checksum, framing: 'file', ...(noted ? { application } : {}) } as const
    const delta = await encodeVcdiff(source, pair.target, options)
    const what = `effort ${effort}${checksum ? ', Adler-32' : ''}${noted ? ', application header' : ''}`
    writeFileSync(join(folder, 'delta'), delta)
    await check(`hunch ${what},xdelta3`, pair, () => xdelta3('-d', '-c', '-s', pair.basePath, 'delta'))
    if (pair.target.length > MAX_WASM_BYTES) continue
    await check(`hunch ${what},xdelta3-wasm`, pair, () => {
      const { str, output } = xd3_decode_memory(delta, pair.base, pair.target.length)
      if (str !== 'SUCCESS') throw new Error(str)
      return output
    })
  }
}

/** Options of xdelta3; `-A` alone writes no application header. */
const theirs: readonly (readonly string[])[] = [
  ['-S', 'none', '-A'],
  ['-S', 'none', '-A', '-n'],
  ['-S', 'none'],
  ['-S', 'none', '-n'],
  ['-S', 'none', '-9', '-A'],
  ['-S', 'none', '-A', '-W', '16384'],
  ['-S', 'djw', '-9', '-A'],
]

async function checkTheirs(pair: CorpusPair): Promise<void> {
  const decode = (delta: Uint8Array) =>
    decodeDelta('vcdiff', pair.base, delta, { framing: 'file', maxTargetBytes: pair.target.length })
  for (const options of theirs)
    await check(`xdelta3 ${options.join(' ')},hunch`, pair, () =>
      decode(xdelta3('-e', '-c', ...options, '-s', pair.basePath, pair.targetPath)),
    )
  if (pair.target.length > MAX_WASM_BYTES) return
  await check('xdelta3-wasm,hunch', pair, () => {
    const made = xd3_encode_memory(pair.target, pair.base, pair.target.length + 1000, xd3_smatch_cfg.DEFAULT)
    return decode(made.output)
  })
}

await init()
try {
  for (const pair of readPairs(values.corpus)) {
    await checkOurs(pair)
    await checkTheirs(pair)
  }
} finally {
  rmSync(folder, { recursive: true })
}
const lines = ['writer,reader,same,different,refused,first refusal']
let failures = 0
for (const [what, { same, different, refused, first }] of counts) {
  const [writer, reader] = what.split(/,(?=[^,]*$)/)
  lines.push(`"${writer}",${reader},${same},${different},${refused},"${first.replaceAll('"', "'")}"`)
  // Secondary compression is refused, and nothing else.
  failures += different + (writer!.includes('djw') ? same : refused)
}
console.log(lines.join('\n'))
if (values.csv !== undefined) {
  mkdirSync(dirname(values.csv), { recursive: true })
  writeFileSync(values.csv, `${lines.join('\n')}\n`)
}
process.exitCode = failures > 0 ? 1 : 0
