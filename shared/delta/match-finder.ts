// Finds, for a place in the target, the longest string that the base or the target before it also has.
// Knows: the base index, the target window. Does not know: instructions, costs, formats.
// Addresses are VCDIFF's: 0 … base − 1 in the base, then the target window (RFC 3284 §3).
// Invariant 1: a match found at `at` has equal bytes all along, and starts before `at`.

import {
  type BaseIndex,
  type Chain,
  emptyChain,
  hashLong,
  hashShort,
  LONG_KEY_BYTES,
  SHORT_KEY_BYTES,
  wordAt,
} from './base-index.ts'

export interface SearchDepth {
  /** How many candidates of each chain are looked at. */
  readonly long: number
  readonly short: number
  readonly target: number
  /** A match of this many bytes is good enough to stop looking. */
  readonly niceBytes: number
}

/** Is offered places of the base and of the target; says whether it has seen enough. */
export interface PlaceVisitor {
  takeBase(from: number): boolean
  takeTarget(from: number): boolean
}

export class MatchFinder {
  readonly base: Uint8Array
  readonly target: Uint8Array
  readonly #long: Chain
  readonly #short: Chain | undefined
  readonly #step: number
  readonly #own: Chain
  readonly #depth: SearchDepth
  /** What `find` found: its length (0 is nothing) and its address. */
  bytes = 0
  address = 0

  constructor(index: BaseIndex, target: Uint8Array, depth: SearchDepth) {
    this.#long = index.long
    this.#short = index.short
    this.#step = index.step
    this.base = index.base
    this.target = target
    this.#depth = depth
    this.#own = emptyChain(Math.min(target.length, 65536), target.length)
  }

  /** Lets later places find the string at `at`. Places are given in rising order. */
  insert(at: number): void {
    if (at + SHORT_KEY_BYTES > this.target.length) return
    const { heads, links, shift } = this.#own
    const hash = hashShort(wordAt(this.target, at), shift)
    links[at] = heads[hash]!
    heads[hash] = at
  }

  /** The length of the match that starts at `from` in the base. */
  baseBytes(at: number, from: number): number {
    const { base, target } = this
    const most = Math.min(base.length - from, target.length - at)
    let bytes = 0
    while (bytes < most && base[from + bytes] === target[at + bytes]) bytes++
    return bytes
  }

  /** The length of the match that starts at `from` in the target itself; it may run on beyond `at`. */
  targetBytes(at: number, from: number): number {
    const { target } = this
    const most = target.length - at
    let bytes = 0
    while (bytes < most && target[from + bytes] === target[at + bytes]) bytes++
    return bytes
  }

  /** Finds the longest match at `at`; `aligned` is a place in the base to look at first, where the last copy would go on. */
  find(at: number, aligned: number): void {
    const { target, base } = this
    this.bytes = 0
    if (aligned >= 0 && aligned < base.length) this.#take(this.baseBytes(at, aligned), aligned)
    if (this.bytes >= this.#depth.niceBytes || at + SHORT_KEY_BYTES > target.length) return
    const low = wordAt(target, at)
    if (at + LONG_KEY_BYTES <= target.length) this.#findLong(at, low, wordAt(target, at + 4))
    if (this.bytes >= this.#depth.niceBytes) return
    if (this.bytes < LONG_KEY_BYTES + this.#step) this.#findShort(at, low)
    this.#findOwn(at, low)
  }

  #take(bytes: number, address: number): void {
    if (bytes <= this.bytes) return
    this.bytes = bytes
    this.address = address
  }

  #findLong(at: number, low: number, high: number): void {
    const { heads, links, shift } = this.#long
    const step = this.#step
    const { base, target } = this
    let entry = heads[hashLong(low, high, shift)]!
    for (let n = this.#depth.long; entry >= 0 && n > 0; n--) {
      const from = entry * step
      // A candidate that cannot be longer differs at the byte that would make it so.
      if (base[from + this.bytes] === target[at + this.bytes]) this.#take(this.baseBytes(at, from), from)
      entry = links[entry]!
    }
  }

  #findShort(at: number, low: number): void {
    if (this.#short === undefined) return
    const { heads, links, shift } = this.#short
    const { base, target } = this
    let from = heads[hashShort(low, shift)]!
    for (let n = this.#depth.short; from >= 0 && n > 0; n--) {
      if (base[from + this.bytes] === target[at + this.bytes]) this.#take(this.baseBytes(at, from), from)
      from = links[from]!
    }
  }

  #findOwn(at: number, low: number): void {
    const { heads, links, shift } = this.#own
    const { target, base } = this
    let from = heads[hashShort(low, shift)]!
    for (let n = this.#depth.target; from >= 0 && n > 0; n--) {
      if (target[from + this.bytes] === target[at + this.bytes])
        this.#take(this.targetBytes(at, from), base.length + from)
      from = links[from]!
    }
  }

  /**
   * Offers places whose strings may match at `at` to `visitor`, chain by chain, until one is long enough.
   * The visitor compares the bytes, as it knows which places it can do without.
   */
  visit(at: number, visitor: PlaceVisitor): void {
    const { target } = this
    if (at + SHORT_KEY_BYTES > target.length) return
    const low = wordAt(target, at)
    if (at + LONG_KEY_BYTES <= target.length) {
      const { heads, links, shift } = this.#long
      const step = this.#step
      let entry = heads[hashLong(low, wordAt(target, at + 4), shift)]!
      let isEnough = false
      // Of long matches the longest is wanted, not the first: all of this chain is looked at.
      for (let n = this.#depth.long; entry >= 0 && n > 0; n--) {
        if (visitor.takeBase(entry * step)) isEnough = true
        entry = links[entry]!
      }
      if (isEnough) return
    }
    if (this.#short !== undefined) {
      const { heads, links, shift } = this.#short
      let from = heads[hashShort(low, shift)]!
      for (let n = this.#depth.short; from >= 0 && n > 0; n--) {
        if (visitor.takeBase(from)) return
        from = links[from]!
      }
    }
    const { heads, links, shift } = this.#own
    let from = heads[hashShort(low, shift)]!
    for (let n = this.#depth.target; from >= 0 && n > 0; n--) {
      if (visitor.takeTarget(from)) return
      from = links[from]!
    }
  }
}

/** How often the byte at `at` is repeated there; 0 when it is fewer than four times. */
export function runBytes(target: Uint8Array, at: number): number {
  const byte = target[at]
  if (target[at + 1] !== byte || target[at + 2] !== byte || target[at + 3] !== byte) return 0
  let end = at + 4
  while (end < target.length && target[end] === byte) end++
  return end - at
}
