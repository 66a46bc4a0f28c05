// Where the strings of a base are: built once for a version, read by any number of encodings at the same time.
// Knows: the base, its hash chains. Does not know: the target, instructions, formats.
// Invariant 1: a chain is made when it is first asked for (dcb at low effort never does), and never changes then, so an
// index can be shared.
// Two chains: short strings (4 bytes, every position of a small base) and long ones (8 bytes, every `step` bytes).

// 4-byte strings of a base beyond this are not indexed: their copies cost nearly what they save, and memory is 4 bytes each.
const SHORT_CHAIN_MAX_BYTES = 4 * 1024 * 1024

// An index of a long base has at most this many long strings: 8 MiB of links, 8 MiB of heads.
const LONG_CHAIN_MAX_ENTRIES = 2 * 1024 * 1024

export const SHORT_KEY_BYTES = 4
export const LONG_KEY_BYTES = 8

/** A hash table whose buckets are chains of positions, the latest first; −1 ends a chain. */
export interface Chain {
  readonly heads: Int32Array
  readonly links: Int32Array
  /** The hash is the upper `32 − shift` bits. */
  readonly shift: number
}

export class BaseIndex {
  readonly base: Uint8Array
  /** Every `step`-th position is in the long chain: a match of 8 + step − 1 bytes is always found. */
  readonly step: number
  #short: Chain | undefined
  #long: Chain | undefined

  constructor(base: Uint8Array) {
    this.base = base
    let step = 1
    while (base.length / step > LONG_CHAIN_MAX_ENTRIES) step *= 2
    this.step = step
  }

  /** Absent in a long base. Links are by position. */
  get short(): Chain | undefined {
    if (this.base.length > SHORT_CHAIN_MAX_BYTES) return undefined
    this.#short ??= linkShort(this.base)
    return this.#short
  }

  /** Links are by position / `step`. */
  get long(): Chain {
    this.#long ??= linkLong(this.base, this.step)
    return this.#long
  }

  /** About how much memory the index takes, without the base. */
  get sizeBytes(): number {
    const of = (chain: Chain | undefined) => (chain === undefined ? 0 : 4 * (chain.heads.length + chain.links.length))
    return of(this.short) + of(this.long)
  }
}

export function emptyChain(entries: number, positions: number): Chain {
  let bits = 10
  while (bits < 22 && 1 << bits < entries) bits++
  return { heads: new Int32Array(1 << bits).fill(-1), links: new Int32Array(positions), shift: 32 - bits }
}

export function hashShort(word: number, shift: number): number {
  return Math.imul(word, 0x9e3779b1) >>> shift
}

export function hashLong(low: number, high: number, shift: number): number {
  return (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca77) ^ (low >>> 15)) >>> shift
}

/** The four bytes at `at`, which must exist, as one integer. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function linkShort(base: Uint8Array): Chain {
  const chain = emptyChain(base.length, base.length)
  const { heads, links, shift } = chain
  const last = base.length - SHORT_KEY_BYTES
  let word = last >= 0 ? wordAt(base, 0) : 0
  for (let at = 0; at <= last; at++) {
    const hash = hashShort(word, shift)
    links[at] = heads[hash]!
    heads[hash] = at
    word = (word >>> 8) | (base[at + 4]! << 24)
  }
  return chain
}

function linkLong(base: Uint8Array, step: number): Chain {
  const entries = Math.ceil(base.length / step)
  const chain = emptyChain(entries, entries)
  const { heads, links, shift } = chain
  const last = base.length - LONG_KEY_BYTES
  for (let at = 0, entry = 0; at <= last; at += step, entry++) {
    const hash = hashLong(wordAt(base, at), wordAt(base, at + 4), shift)
    links[entry] = heads[hash]!
    heads[hash] = entry
  }
  return chain
}
