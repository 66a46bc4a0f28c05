// Brotli's prefix codes (RFC 7932 §3): lengths from counts, codes from lengths, and their description in the stream.
// Knows: counts. Does not know: which alphabet a code is for.
// Invariant 1: a code is complete, no length is above 15, and what `write` describes is what `emit` uses.

import type { BitSink } from './brotli-bits.ts'

const MAX_LENGTH = 15
const CODE_LENGTHS = 18
// RFC 7932 §3.5: the order in which the lengths of the code length code are given, and the fixed code for them.
const LENGTH_ORDER = [1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15]
const LENGTH_BITS = [0, 7, 3, 2, 1, 15]
const LENGTH_BIT_COUNTS = [2, 4, 3, 2, 2, 4]
const REPEAT_LENGTH = 16
const REPEAT_ZERO = 17

export interface PrefixCode {
  readonly lengths: Uint8Array
  /** The bits that describe the code in the stream. */
  readonly headerBits: number
  write(sink: BitSink): void
  emit(sink: BitSink, symbol: number): void
}

/** The code for which description and symbols together take the fewest bits, of those that are tried. */
export function makePrefixCode(counts: Uint32Array, alphabetBits: number): PrefixCode {
  const used = [...counts.keys()].filter(symbol => counts[symbol]! > 0)
  if (used.length <= 4) return makeSimpleCode(counts, used, alphabetBits)
  let best: { code: PrefixCode; bits: number } | undefined
  // A lower limit makes the description shorter, which pays where few symbols are coded.
  for (const limit of [MAX_LENGTH, 9, 8, 7, 6, 5]) {
    if (1 << limit < used.length) continue
    const code = makeComplexCode(limitedLengths(counts, limit))
    let bits = code.headerBits
    for (const symbol of used) bits += counts[symbol]! * code.lengths[symbol]!
    if (best === undefined || bits < best.bits) best = { code, bits }
  }
  return best!.code
}

/** Huffman's lengths; where one is above `limit`, rare symbols are counted as less rare until none is. */
export function limitedLengths(counts: Uint32Array, limit: number): Uint8Array {
  const lengths = new Uint8Array(counts.length)
  const used = [...counts.keys()].filter(symbol => counts[symbol]! > 0)
  if (used.length === 1) lengths[used[0]!] = 1
  if (used.length < 2) return lengths
  for (let least = 1; ; least *= 2) {
    const leaves = used
      .map(symbol => ({ symbol, weight: Math.max(counts[symbol]!, least) }))
      .sort((a, b) => a.weight - b.weight || counts[a.symbol]! - counts[b.symbol]! || b.symbol - a.symbol)
    if (assignDepths(leaves, lengths) <= limit) return lengths
  }
}

/** Builds Huffman's tree over leaves in rising order and writes their depths; gives the greatest. */
function assignDepths(leaves: readonly { symbol: number; weight: number }[], depths: Uint8Array): number {
  const count = leaves.length
  const weights = Float64Array.from({ length: 2 * count - 1 }, (_, i) => leaves[i]?.weight ?? 0)
  const parents = new Int32Array(2 * count - 1)
  let leaf = 0
  let inner = count
  for (let made = count; made < 2 * count - 1; made++) {
    for (let child = 0; child < 2; child++) {
      const takesLeaf = leaf < count && (inner >= made || weights[leaf]! <= weights[inner]!)
      const node = takesLeaf ? leaf++ : inner++
      weights[made]! += weights[node]!
      parents[node] = made
    }
  }
  const depthOf = new Uint8Array(2 * count - 1)
  let greatest = 0
  for (let node = 2 * count - 3; node >= 0; node--) {
    depthOf[node] = depthOf[parents[node]!]! + 1
    if (node >= count) continue
    depths[leaves[node]!.symbol] = depthOf[node]!
    greatest = Math.max(greatest, depthOf[node]!)
  }
  return greatest
}

/** Canonical codes (RFC 7932 §3.2), their bits turned around so that the first comes first. */
function makeCodes(lengths: Uint8Array): Uint16Array {
  const codes = new Uint16Array(lengths.length)
  let code = 0
  for (let length = 1; length <= MAX_LENGTH; length++) {
    code <<= 1
    for (let symbol = 0; symbol < lengths.length; symbol++)
      if (lengths[symbol] === length) codes[symbol] = reverse(code++, length)
  }
  return codes
}

function reverse(code: number, length: number): number {
  let reversed = 0
  for (let i = 0; i < length; i++) reversed |= ((code >> i) & 1) << (length - 1 - i)
  return reversed
}

/** RFC 7932 §3.4: one to four symbols, named. */
function makeSimpleCode(counts: Uint32Array, used: number[], alphabetBits: number): PrefixCode {
  const symbols = used.length === 0 ? [0] : used.toSorted((a, b) => counts[b]! - counts[a]! || a - b)
  const lengths = new Uint8Array(counts.length)
  const [a = 0, b = 0, c = 0, d = 0] = symbols
  const isSkewed = symbols.length === 4 && counts[a]! > counts[c]! + counts[d]!
  const shape = [[0], [1, 1], [1, 2, 2], isSkewed ? [1, 2, 3, 3] : [2, 2, 2, 2]][symbols.length - 1]!
  const order =
    symbols.length === 2 || (symbols.length === 4 && !isSkewed) ? symbols.toSorted((x, y) => x - y) : symbols
  // Symbols of equal length are given, and coded, in their own order.
  if (symbols.length === 3) order.splice(1, 2, Math.min(b, c), Math.max(b, c))
  if (isSkewed) order.splice(2, 2, Math.min(c, d), Math.max(c, d))
  order.forEach((symbol, i) => (lengths[symbol] = shape[i]!))
  const codes = makeCodes(lengths)
  return {
    lengths,
    headerBits: 4 + symbols.length * alphabetBits + (symbols.length === 4 ? 1 : 0),
    write(sink) {
      sink.bits(1, 2)
      sink.bits(symbols.length - 1, 2)
      for (const symbol of order) sink.bits(symbol, alphabetBits)
      if (symbols.length === 4) sink.bits(isSkewed ? 1 : 0, 1)
    },
    emit: (sink, symbol) => sink.bits(codes[symbol]!, lengths[symbol]!),
  }
}

/** RFC 7932 §3.5: all lengths, run-length coded, under a code of their own. */
function makeComplexCode(lengths: Uint8Array): PrefixCode {
  const codes = makeCodes(lengths)
  const steps = runLengths(lengths)
  const stepCounts = new Uint32Array(CODE_LENGTHS)
  for (const { symbol } of steps) stepCounts[symbol]! += 1
  const stepLengths = limitedLengths(stepCounts, 5)
  const stepCodes = makeCodes(stepLengths)
  const isSingle = stepCounts.filter(count => count > 0).length === 1
  const lastUsed = LENGTH_ORDER.findLastIndex(symbol => stepLengths[symbol]! > 0)
  const last = isSingle ? CODE_LENGTHS : lastUsed + 1
  const isZero = (place: number) => stepLengths[LENGTH_ORDER[place]!] === 0
  const skipped = isZero(0) && isZero(1) ? (isZero(2) ? 3 : 2) : 0
  const write = (put: (value: number, bits: number) => void) => {
    put(skipped, 2)
    for (let place = skipped; place < last; place++) {
      const length = stepLengths[LENGTH_ORDER[place]!]!
      put(LENGTH_BITS[length]!, LENGTH_BIT_COUNTS[length]!)
    }
    for (const { symbol, extra } of steps) {
      if (!isSingle) put(stepCodes[symbol]!, stepLengths[symbol]!)
      if (symbol === REPEAT_LENGTH) put(extra, 2)
      if (symbol === REPEAT_ZERO) put(extra, 3)
    }
  }
  let headerBits = 0
  write((_, bits) => (headerBits += bits))
  return {
    lengths,
    headerBits,
    write: sink => write((value, bits) => sink.bits(value, bits)),
    emit: (sink, symbol) => sink.bits(codes[symbol]!, lengths[symbol]!),
  }
}

interface LengthStep {
  readonly symbol: number
  readonly extra: number
}

function runLengths(lengths: Uint8Array): LengthStep[] {
  const steps: LengthStep[] = []
  let end = lengths.length
  while (end > 0 && lengths[end - 1] === 0) end--
  // RFC 7932 §3.5: before the first length, the previous one counts as 8.
  let previous = 8
  for (let at = 0; at < end; ) {
    const length = lengths[at]!
    let run = 1
    while (at + run < end && lengths[at + run] === length) run++
    at += run
    if (length !== 0 && length !== previous) {
      steps.push({ symbol: length, extra: 0 })
      previous = length
      run--
    }
    pushRepeats(steps, length, run)
  }
  return steps
}

/** Repeats that follow one another multiply: digits to the base 8 or 4, the highest first (RFC 7932 §3.5). */
function pushRepeats(steps: LengthStep[], length: number, run: number): void {
  const [symbol, bits, awkward] = length === 0 ? [REPEAT_ZERO, 3, 11] : [REPEAT_LENGTH, 2, 7]
  let rest = run
  // One repeat reaches this far less one: a single length and one repeat are shorter than two repeats.
  if (rest === awkward) {
    steps.push({ symbol: length, extra: 0 })
    rest--
  }
  if (rest < 3) {
    for (; rest > 0; rest--) steps.push({ symbol: length, extra: 0 })
    return
  }
  const digits: LengthStep[] = []
  for (rest -= 3; ; rest--) {
    digits.unshift({ symbol, extra: rest & ((1 << bits) - 1) })
    rest >>= bits
    if (rest === 0) break
  }
  steps.push(...digits)
}
