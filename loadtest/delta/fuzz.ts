// Fuzzes the delta decoders, guided by coverage: `node loadtest/delta/fuzz.ts --seconds 600 --seed 1`.
// Inputs are mutated deltas. Whatever comes, a decoder must
//   1. give a target or raise a DELTA_ fault, and nothing else;
//   2. stay within maxTargetBytes and within a second;
//   3. come to the same end whether the delta arrives whole or in pieces;
//   4. agree with `show`: what can be decoded can be shown, and makes as many bytes;
//   5. agree with xdelta3-wasm, where both decode.
// What breaks a rule is printed, and written to --out. Exit code 1 when something did.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { init, xd3_decode_memory } from 'xdelta3-wasm'
import { decodeDelta, encodeDelta } from '../../shared/delta/format.ts'
import { DeltaInspector } from '../../shared/delta/show.ts'
import { VcdiffPatch } from '../../shared/delta/vcdiff-patch.ts'
import { Fault } from '../../shared/fault.ts'
import { CoverageMeter } from './coverage.ts'
import { base, makeSeeds, mutate } from './fuzz-inputs.ts'
import { makeRandom } from './random.ts'

const MAX_TARGET_BYTES = 20_000
const MAX_MS = 1000
// Asking V8 for coverage takes as long as decoding some dozens of inputs.
const BATCH = 40
const MAX_CORPUS = 4000

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, seed: { type: 'string' }, out: { type: 'string' } },
})
const endAt = Date.now() + Number(values.seconds ?? 60) * 1000
const random = makeRandom(Number(values.seed ?? 1))
const findings = new Map<string, number>()
const outcomes = new Map<string, number>()

type Outcome = { readonly target: Buffer } | { readonly code: string }

function decodeInPieces(delta: Uint8Array, pieceBytes: number): Outcome {
  const patch = new VcdiffPatch(base, { maxTargetBytes: MAX_TARGET_BYTES, historyBytes: 4096 })
  const made: Uint8Array[] = []
  try {
    for (let at = 0; at < delta.length; at += pieceBytes) {
      patch.push(delta.subarray(at, at + pieceBytes))
      for (let window = patch.next(); window !== undefined; window = patch.next()) made.push(window)
    }
    patch.end()
  } catch (error) {
    return { code: codeOf(error) }
  }
  return { target: Buffer.concat(made) }
}

function codeOf(error: unknown): string {
  if (error instanceof Fault && error.code.startsWith('DELTA_')) return error.code
  return `not a fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}

function checkVcdiff(delta: Uint8Array): void {
  const started = performance.now()
  const whole = decodeInPieces(delta, delta.length + 1)
  const ms = performance.now() - started
  if (ms > MAX_MS) report(`took ${Math.round(ms)} ms`, delta)
  count('target' in whole ? 'decoded' : whole.code)
  if ('code' in whole && whole.code.startsWith('not a fault')) report(whole.code, delta)
  if ('target' in whole && whole.target.length > MAX_TARGET_BYTES) report('makes more than is allowed', delta)
  const pieces = decodeInPieces(delta, 1 + Math.floor(random() * 7))
  if (!isSame(whole, pieces)) report(`whole ${describe(whole)}, in pieces ${describe(pieces)}`, delta)
  if (!('target' in whole)) return
  const inspector = new DeltaInspector()
  try {
    inspector.push(delta)
    const end = inspector.finish()
    if (end.kind !== 'end' || end.targetBytes !== whole.target.length) report('show counts other bytes', delta)
  } catch (error) {
    report(`show fails: ${codeOf(error)}`, delta)
  }
  const theirs = xd3_decode_memory(delta, base, MAX_TARGET_BYTES)
  count(`xdelta3-wasm ${theirs.str}`)
  if (theirs.str === 'SUCCESS' && !Buffer.from(theirs.output).equals(whole.target)) report('xdelta3 differs', delta)
}

async function checkDcb(delta: Uint8Array): Promise<void> {
  try {
    const target = await decodeDelta('dcb', base, delta, { framing: 'file', maxTargetBytes: MAX_TARGET_BYTES })
    count('dcb decoded')
    if (target.length > MAX_TARGET_BYTES) report('dcb makes more than is allowed', delta)
  } catch (error) {
    count(`dcb ${codeOf(error)}`)
    if (codeOf(error).startsWith('not a fault')) report(`dcb ${codeOf(error)}`, delta)
  }
}

function isSame(one: Outcome, other: Outcome): boolean {
  if ('target' in one) return 'target' in other && one.target.equals(other.target)
  return 'code' in other && one.code === other.code
}

function describe(outcome: Outcome): string {
  return 'target' in outcome ? `makes ${outcome.target.length} bytes` : outcome.code
}

function count(what: string): void {
  outcomes.set(what, (outcomes.get(what) ?? 0) + 1)
}

function report(what: string, delta: Uint8Array): void {
  const times = (findings.get(what) ?? 0) + 1
  findings.set(what, times)
  if (times > 1) return
  console.log(`FOUND: ${what}\n  ${Buffer.from(delta).toString('hex')}`)
  if (values.out === undefined) return
  mkdirSync(values.out, { recursive: true })
  writeFileSync(join(values.out, `finding-${findings.size}.vcdiff`), delta)
}

await init()
const corpus = await makeSeeds()
const dcbSeed = await encodeDelta('dcb', base, base.subarray(100, 900), { framing: 'file' })
const meter = new CoverageMeter('/shared/delta/')
for (const seed of corpus) checkVcdiff(seed)
meter.countNew()
let inputs = 0
let dcbInputs = 0
let nextNoteAt = Date.now()
while (Date.now() < endAt) {
  const batch = Array.from({ length: BATCH }, () => mutate(corpus, random))
  for (const delta of batch) checkVcdiff(delta)
  inputs += batch.length
  if (meter.countNew() > 0) {
    // Some input of the batch reached something new: run them again one by one? What was reached is reached.
    // Keep two at random: cheaper, and the useful one is found again.
    for (let i = 0; i < 2; i++)
      corpus[corpus.length < MAX_CORPUS ? corpus.length : Math.floor(random() * MAX_CORPUS)] =
        batch[Math.floor(random() * BATCH)]!
  }
  await checkDcb(mutate([dcbSeed], random))
  dcbInputs++
  if (Date.now() < nextNoteAt) continue
  nextNoteAt = Date.now() + 30_000
  console.log(`${inputs} inputs, ${meter.blocks} blocks, ${corpus.length} kept, ${findings.size} findings`)
}
console.log(`\n${inputs} VCDIFF and ${dcbInputs} dcb inputs, ${meter.blocks} blocks, ${corpus.length} kept`)
for (const [what, times] of [...outcomes].toSorted((a, b) => b[1] - a[1]))
  console.log(`${String(times).padStart(10)}  ${what}`)
console.log(`${findings.size} findings`)
process.exitCode = findings.size > 0 ? 1 : 0
