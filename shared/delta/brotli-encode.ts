// Brotli (RFC 7932) with a base as its dictionary (RFC 9842), for small deltas: one meta-block, one code for each
// alphabet, parsed for the fewest bits. libbrotli's general encoder spends more on describing its codes and contexts.
// Knows: the meta-block. Does not know: when this pays; `dcb-encode.ts` takes whichever is smaller.

import type { BaseIndex } from './base-index.ts'
import { BitSink } from './brotli-bits.ts'
import { copyCode, hasDistance, insertCode, longDistance } from './brotli-commands.ts'
import { BrotliCosts, codeCommands, countSymbols } from './brotli-costs.ts'
import { parseForBrotli } from './brotli-parse.ts'
import { makePrefixCode } from './brotli-prefix-code.ts'
import type { SearchDepth } from './match-finder.ts'

/** One meta-block holds no more (RFC 7932 §9.2). */
export const MAX_BROTLI_BYTES = 16 * 1024 * 1024

// The costs of a parse come from the parse before; a third pass gains a tenth of a percent.
const PASSES = 3

/** The Brotli stream of a target that is not empty and at most MAX_BROTLI_BYTES long. */
export function encodeBrotli(index: BaseIndex, target: Uint8Array, depth: SearchDepth): Uint8Array {
  let costs = new BrotliCosts(undefined)
  let best: Uint8Array | undefined
  for (let pass = 0; pass < PASSES; pass++) {
    const coded = codeCommands(parseForBrotli(index, target, depth, costs))
    const counts = countSymbols(coded, target)
    const stream = writeStream(coded, counts, target)
    if (best === undefined || stream.length < best.length) best = stream
    costs = new BrotliCosts(counts)
  }
  return best!
}

function writeStream(
  coded: ReturnType<typeof codeCommands>,
  counts: ReturnType<typeof countSymbols>,
  target: Uint8Array,
): Uint8Array {
  const sink = new BitSink()
  writeWindowBits(sink, target.length)
  // ISLAST, not empty; MNIBBLES and MLEN − 1 (RFC 7932 §9.2).
  sink.bits(0b01, 2)
  const nibbles = target.length > 1 << 20 ? 6 : target.length > 1 << 16 ? 5 : 4
  sink.bits(nibbles - 4, 2)
  sink.bits(target.length - 1, nibbles * 4)
  // One block type for each alphabet; NPOSTFIX, NDIRECT, the context mode zero; one tree for literals and distances.
  sink.bits(0, 3 + 6 + 2 + 2)
  const literals = makePrefixCode(counts.literals, 8)
  const commands = makePrefixCode(counts.commands, 10)
  const distances = makePrefixCode(counts.distances, 6)
  for (const code of [literals, commands, distances]) code.write(sink)
  let at = 0
  for (const { insert, copy, distance, symbol, distanceSymbol } of coded) {
    commands.emit(sink, symbol)
    const inserted = insertCode(insert)
    sink.bits(inserted.extra, inserted.extraBits)
    const copied = copyCode(Math.max(2, copy))
    if (copied.extraBits === 24) {
      sink.bits(copied.extra, 12)
      sink.bits(copied.extra >> 12, 12)
    } else {
      sink.bits(copied.extra, copied.extraBits)
    }
    for (const end = at + insert; at < end; at++) literals.emit(sink, target[at]!)
    at += copy
    if (copy === 0 || !hasDistance(symbol)) continue
    distances.emit(sink, distanceSymbol)
    if (distanceSymbol < 16) continue
    const { extra, extraBits } = longDistance(distance)
    sink.bits(extra, extraBits)
  }
  return sink.finish()
}

/** The window must hold the target, so that distances count on into the base without a gap (RFC 7932 §9.1). */
function writeWindowBits(sink: BitSink, targetBytes: number): void {
  let lgwin = 18
  while (lgwin < 24 && (1 << lgwin) - 16 < targetBytes) lgwin++
  sink.bits(1 | ((lgwin - 17) << 1), 4)
}
