// Measures speed and memory in one process, xdelta3-wasm and xdelta3 beside:
//   node --expose-gc loadtest/delta/measure-speed.ts --corpus DIR [--csv loadtest/delta/results/speed.csv]
// Times are medians of warm runs; a fresh index and an index at hand are told apart. A "page" is a document of 200 to
// 450 kB against the version before it.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { init, xd3_decode_memory, xd3_encode_memory, xd3_smatch_cfg } from 'xdelta3-wasm'
import { BaseIndex, createDeltaDecoder, decodeDelta, encodeDelta } from '../../shared/delta/format.ts'
import { applyVcdiff } from '../../shared/delta/vcdiff-patch.ts'
import { Feed } from '../../shared/exchange/feed.ts'
import { quantile, readPairs } from './corpus.ts'

const { values } = parseArgs({ options: { corpus: { type: 'string' }, csv: { type: 'string' } } })
if (values.corpus === undefined) throw new Error('give --corpus DIR')

const ROUNDS = 5
const rows: string[] = []

function note(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(58)}${value.toFixed(value < 10 ? 2 : 1).padStart(10)} ${unit}`)
  rows.push([what, value.toFixed(3), unit].join())
}

/** The median time of `work` after it has run warm, in milliseconds. */
async function time(work: () => unknown, rounds = ROUNDS): Promise<number> {
  const times: number[] = []
  for (let round = -2; round < rounds; round++) {
    const started = performance.now()
    await work()
    if (round >= 0) times.push(performance.now() - started)
  }
  return quantile(times, 0.5)
}

await init()
const pairs = [...readPairs(values.corpus)]
const pages = pairs.filter(({ target }) => target.length >= 200_000 && target.length <= 450_000)
const changed = pages.filter(({ base, target }) => !base.equals(target))

async function measurePages(): Promise<void> {
  const efforts = [1, 2, 3, 4, 5] as const
  const ways: Record<string, (pair: (typeof pages)[number], index: BaseIndex) => unknown> = {
    'build the index': ({ base }) => new BaseIndex(base).sizeBytes,
    'xdelta3-wasm': ({ base, target }) => xd3_encode_memory(target, base, 1 << 20, xd3_smatch_cfg.DEFAULT),
  }
  for (const effort of efforts) {
    for (const framing of ['file', 'link'] as const)
      ways[`vcdiff ${framing} effort ${effort}`] = ({ target }, index) =>
        encodeDelta('vcdiff', index, target, { framing, effort })
    ways[`dcb link effort ${effort}`] = ({ base, target }) =>
      encodeDelta('dcb', base, target, { framing: 'link', effort })
  }
  for (const [name, encode] of Object.entries(ways)) {
    const times: number[] = []
    for (const pair of changed) {
      const index = new BaseIndex(pair.base)
      times.push(await time(() => encode(pair, index), 3))
    }
    note(`${changed.length} changed pages of 200 to 450 kB: ${name}: median`, quantile(times, 0.5), 'ms')
    note(`${changed.length} changed pages of 200 to 450 kB: ${name}: p90`, quantile(times, 0.9), 'ms')
  }
}

/** What near allows a delta to make: it does not know the target's length. */
const MAX_TARGET_BYTES = 64 * 1024 * 1024

async function decodeStepwise(base: Uint8Array, chunks: readonly Uint8Array[]): Promise<number> {
  const options = { framing: 'link', maxTargetBytes: MAX_TARGET_BYTES } as const
  const feed = new Feed(createDeltaDecoder('dcb', base, options))
  let bytes = 0
  for (const chunk of chunks) bytes += (await feed.write(chunk)).length
  return bytes + (await feed.end()).length
}

async function measureDecoding(): Promise<void> {
  const encoded = await Promise.all(
    changed.map(async pair => ({
      pair,
      vcdiff: await encodeDelta('vcdiff', pair.base, pair.target, { framing: 'file' }),
      plain: await encodeDelta('vcdiff', pair.base, pair.target, { framing: 'file', checksum: false }),
      link: await encodeDelta('vcdiff', pair.base, pair.target, { framing: 'link' }),
      dcb: await encodeDelta('dcb', pair.base, pair.target, { framing: 'link' }),
    })),
  )
  const bytes = changed.reduce((sum, { target }) => sum + target.length, 0)
  const each = (decode: (one: (typeof encoded)[number]) => unknown) => async () => {
    for (const one of encoded) await decode(one)
  }
  const ways = {
    'vcdiff, Adler-32 checked': each(({ pair, vcdiff }) =>
      applyVcdiff(pair.base, vcdiff, { maxTargetBytes: pair.target.length }),
    ),
    'vcdiff, no checksum': each(({ pair, plain }) =>
      applyVcdiff(pair.base, plain, { maxTargetBytes: pair.target.length }),
    ),
    'vcdiff link, as a stream': each(({ pair, link }) =>
      decodeDelta('vcdiff', pair.base, link, { framing: 'link', maxTargetBytes: pair.target.length }),
    ),
    'dcb link, whole': each(({ pair, dcb }) =>
      decodeDelta('dcb', pair.base, dcb, { framing: 'link', maxTargetBytes: MAX_TARGET_BYTES }),
    ),
    'dcb link, as near does, in one chunk': each(({ pair, dcb }) => decodeStepwise(pair.base, [dcb])),
    'dcb link, as near does, in two chunks': each(({ pair, dcb }) =>
      decodeStepwise(pair.base, [dcb.subarray(0, dcb.length / 2), dcb.subarray(dcb.length / 2)]),
    ),
    'xdelta3-wasm, Adler-32 checked': each(({ pair, vcdiff }) => xd3_decode_memory(vcdiff, pair.base, 1 << 20)),
  }
  for (const [name, work] of Object.entries(ways))
    note(`decode pages: ${name}`, bytes / 1000 / (await time(work)), 'MB/s')
}

/** Some 10 MB: every document's first version, then the same with the second versions. */
async function measureLarge(): Promise<void> {
  const first = pairs.filter(({ step }) => step === 1)
  const base = Buffer.concat(first.map(pair => pair.base))
  const target = Buffer.concat(first.map(pair => pair.target))
  const megabytes = target.length / 1e6
  note('large file: target', megabytes, 'MB')
  for (const effort of [1, 2, 3] as const) {
    const ms = await time(() => encodeDelta('vcdiff', base, target, { framing: 'file', effort }), 3)
    const delta = await encodeDelta('vcdiff', base, target, { framing: 'file', effort })
    note(`large file: vcdiff file effort ${effort}, index included`, (megabytes * 1000) / ms, 'MB/s')
    note(`large file: vcdiff file effort ${effort}`, delta.length, 'bytes')
    const decodeMs = await time(() => applyVcdiff(base, delta, { maxTargetBytes: target.length }), 3)
    note(`large file: vcdiff decode (effort ${effort})`, (megabytes * 1000) / decodeMs, 'MB/s')
  }
  const folder = mkdtempSync(join(tmpdir(), 'hunch-speed-'))
  writeFileSync(join(folder, 'base'), base)
  writeFileSync(join(folder, 'target'), target)
  const xdelta3 = (...args: string[]) => spawnSync('xdelta3', args, { cwd: folder })
  const startMs = await time(() => xdelta3('-V'))
  for (const secondary of ['none', 'djw']) {
    const args = ['-e', '-9', '-A', '-f', '-S', secondary, '-s', 'base', 'target', 'delta']
    const ms = (await time(() => xdelta3(...args), 3)) - startMs
    note(`large file: xdelta3 -9 -S ${secondary}, without its start`, (megabytes * 1000) / ms, 'MB/s')
  }
  rmSync(folder, { recursive: true })
}

function measureMemory(): void {
  const before = process.memoryUsage()
  const base = Buffer.concat(pairs.filter(({ step }) => step === 1).map(pair => pair.base))
  const index = new BaseIndex(base)
  note('memory: index of a 10 MB base', index.sizeBytes / 2 ** 20, 'MiB')
  note('memory: index of a 300 kB base', new BaseIndex(base.subarray(0, 300_000)).sizeBytes / 2 ** 20, 'MiB')
  note('memory: resident at the end', process.memoryUsage().rss / 2 ** 20, 'MiB')
  note('memory: peak of the run', process.resourceUsage().maxRSS / 1024, 'MiB')
  note('memory: resident before indexing', before.rss / 2 ** 20, 'MiB')
}

await measurePages()
await measureDecoding()
await measureLarge()
measureMemory()
if (values.csv !== undefined) {
  mkdirSync(dirname(values.csv), { recursive: true })
  writeFileSync(values.csv, `what,value,unit\n${rows.join('\n')}\n`)
}
