// Measures how long the event loop is held up while deltas are made: in this thread, and in far's threads.
//   node test/proxy-far/measure-encode-pool.ts [--csv loadtest/delta/results/pool.csv]
// Not a test: what it measures depends on the machine. Sixty deltas of made-up 1 MB pages, up to 32 at a time:
// whole ones at effort 4 in both formats; of contents that still arrive at effort 2, flushed every 64 KiB.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { EncodePool } from '../../proxy-far/encode-pool.ts'
import { EncodeStreams } from '../../proxy-far/encode-streams.ts'
import { encodeSmallest } from '../../shared/delta/attempts.ts'
import type { DeltaAttempt } from '../../shared/delta/choose.ts'
import { BaseIndex, createDeltaEncoder, type DeltaFormat, deltaFormats } from '../../shared/delta/format.ts'
import { Feed, type Stepwise } from '../../shared/exchange/feed.ts'
import { makeRandom } from '../../loadtest/delta/random.ts'

const { values } = parseArgs({ options: { csv: { type: 'string' } } })
const DELTAS = 60
const AT_ONCE = 32
const PAGE_BYTES = 1_000_000
const CHUNK_BYTES = 64 * 1024
const STREAM_EFFORT = 2

const random = makeRandom(1)
const words = Array.from({ length: 500 }, () => Math.floor(random() * 1e9).toString(36))

function makePage(): Buffer {
  let text = ''
  while (text.length < PAGE_BYTES)
    text += `<a href="/${words[Math.floor(random() * words.length)]}">${Math.floor(random() * 1e6)}</a>\n`
  return Buffer.from(text)
}

function editPage(page: Buffer): Buffer {
  const edited = Buffer.from(page)
  for (let i = 0; i < 300; i++) edited.write(words[i]!, Math.floor(random() * (page.length - 20)))
  return edited
}

const base = makePage()
const targets = Array.from({ length: 8 }, () => editPage(base))
const attempts: readonly [DeltaAttempt, DeltaAttempt] = [
  { format: 'dcb', effort: 4 },
  { format: 'vcdiff', effort: 4 },
]

async function runAll(encode: (target: Buffer) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < DELTAS) await encode(targets[next++ % targets.length]!)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function measure(encode: (target: Buffer) => Promise<unknown>) {
  await encode(targets[0]!)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const started = performance.now()
  await runAll(encode)
  const seconds = (performance.now() - started) / 1000
  delay.disable()
  return {
    perSecond: DELTAS / seconds,
    p50: delay.percentile(50) / 1e6,
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
  }
}

/** A content that arrives in chunks, each of which is flushed, as an origin that pauses makes far do. */
async function encodeStepwise(feed: Stepwise, target: Buffer): Promise<void> {
  for (let at = 0; at < target.length; at += CHUNK_BYTES) {
    await feed.write(target.subarray(at, at + CHUNK_BYTES))
    await feed.flush()
  }
  await feed.end()
}

function openHere(format: DeltaFormat): Stepwise {
  const encoder = createDeltaEncoder(format, base, { framing: 'link', effort: STREAM_EFFORT })
  return new Feed(encoder, () => encoder.flushWindow())
}

const pool = new EncodePool()
const streams = new EncodeStreams()
const index = new BaseIndex(base)
const lines = ['where,deltas per second,event-loop delay p50 ms,p99 ms,max ms']
const ways: Record<string, (target: Buffer) => Promise<unknown>> = {
  'in this thread': target => encodeSmallest(attempts, index, target, 'link'),
  'in the pool': target => pool.encode({ baseKey: 'base', base, target, attempts, framing: 'link' }),
}
for (const format of deltaFormats) {
  ways[`${format} as it arrives, in this thread`] = target => encodeStepwise(openHere(format), target)
  ways[`${format} as it arrives, in its thread`] = target =>
    encodeStepwise(streams.open(base, { format, effort: STREAM_EFFORT }), target)
}
for (const [name, encode] of Object.entries(ways)) {
  const { perSecond, p50, p99, max } = await measure(encode)
  lines.push([name, ...[perSecond, p50, p99, max].map(value => value.toFixed(2))].join())
}
await pool.close()
await streams.close()
console.log(lines.join('\n'))
if (values.csv !== undefined) {
  mkdirSync(dirname(values.csv), { recursive: true })
  writeFileSync(values.csv, `${lines.join('\n')}\n`)
}
