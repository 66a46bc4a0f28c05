// Turns a target into the Brotli commands that cost the fewest bits, by a cost model.
// Knows: the match finder, costs, the ring of distances. Does not know: bits, frames.
// Works like parse-optimal.ts, in blocks of nodes. A distance counts back over target and base as one (RFC 9842 §5).
// Invariant 1: a copy never runs from the base into the target: decoders refuse that.

import { type BaseIndex, SHORT_KEY_BYTES } from './base-index.ts'
import { copyCode, FIRST_RING, lastOfCopyCode, MIN_COPY_BYTES, shortDistance } from './brotli-commands.ts'
import type { BrotliCommand, BrotliCosts } from './brotli-costs.ts'
import { MatchFinder, type PlaceVisitor, type SearchDepth } from './match-finder.ts'

const BLOCK_NODES = 8192
const LITERAL = 0
const RING = 4
// Distances are told apart by their number of extra bits: nearer is cheaper.
const CLASSES = 25
// What it may cost to carry a copy over the end of a block: less than to begin another one after it.
const OVERRUN_BITS = 16

export function parseForBrotli(
  index: BaseIndex,
  target: Uint8Array,
  depth: SearchDepth,
  costs: BrotliCosts,
): BrotliCommand[] {
  return new BrotliParse(index, target, depth, costs).run()
}

class BrotliParse implements PlaceVisitor {
  readonly #base: Uint8Array
  readonly #target: Uint8Array
  readonly #finder: MatchFinder
  readonly #niceBytes: number
  readonly #costs: BrotliCosts
  readonly #commands: BrotliCommand[] = []

  // Nodes: `distance` is 0 after a literal; `literals` counts those since the last copy; `copied` is where that ended.
  readonly #cost: Float64Array
  readonly #step: Int32Array
  readonly #distance: Int32Array
  readonly #literals: Int32Array
  readonly #copied: Int32Array
  #start = 0
  #node = 0
  #reached = 0
  /** Literals that are not in a command yet. */
  #pending = 0

  readonly #written = Int32Array.from(FIRST_RING)
  readonly #ring = new Int32Array(RING)
  readonly #longest = new Int32Array(CLASSES)
  readonly #longestFrom = new Int32Array(CLASSES)

  constructor(index: BaseIndex, target: Uint8Array, depth: SearchDepth, costs: BrotliCosts) {
    this.#base = index.base
    this.#target = target
    this.#finder = new MatchFinder(index, target, depth)
    this.#niceBytes = depth.niceBytes
    this.#costs = costs
    const nodes = Math.min(BLOCK_NODES, target.length) + depth.niceBytes + 1
    this.#cost = new Float64Array(nodes)
    this.#step = new Int32Array(nodes)
    this.#distance = new Int32Array(nodes)
    this.#literals = new Int32Array(nodes)
    this.#copied = new Int32Array(nodes)
  }

  run(): BrotliCommand[] {
    const { length } = this.#target
    while (this.#start < length) {
      this.#node = 0
      this.#reached = 0
      this.#cost[0] = 0
      this.#copied[0] = -1
      this.#literals[0] = this.#pending
      const end = Math.min(BLOCK_NODES, length - this.#start)
      let found = false
      while (this.#node < end && !found) {
        found = this.#visit()
        if (!found) this.#node++
      }
      if (!found) this.#node = this.#chooseEnd(end)
      this.#writeTo(this.#node)
      this.#start += this.#node
      if (!found) continue
      const bytes = this.#longest[CLASSES - 1]!
      this.#write(bytes, this.#longestFrom[CLASSES - 1]!)
      this.#start += bytes
    }
    if (this.#pending > 0) this.#commands.push({ insert: this.#pending, copy: 0, distance: 0 })
    return this.#commands
  }

  /** A block ends where its last copy ends, unless that makes the way there much dearer. */
  #chooseEnd(end: number): number {
    let node = Math.min(this.#reached, this.#target.length - this.#start)
    while (node > end && !(this.#cost[node]! <= this.#cost[end]! + OVERRUN_BITS)) node--
    return node
  }

  /** Finds the ways on from a node; says whether one is so long that nothing can be better. */
  #visit(): boolean {
    const node = this.#node
    const at = this.#start + node
    const here = this.#base.length + at
    this.#recall(node)
    this.#longest.fill(0)
    for (let k = 0; k < RING; k++) {
      const from = here - this.#ring[k]!
      if (from < 0) continue
      const bytes = this.#compare(at, from)
      this.#relaxCopies(node, MIN_COPY_BYTES, bytes, k, this.#ring[k]!)
      this.#keep(0, this.#ring[k]!, bytes)
    }
    if (this.#longest[0]! < this.#niceBytes) this.#finder.visit(at, this)
    this.#finder.insert(at)
    if (this.#longest[CLASSES - 1]! >= this.#niceBytes) return true
    this.#relaxLiteral(node)
    // What the nearest distance covers, a farther one need not.
    let covered = SHORT_KEY_BYTES - 1
    for (let width = 0; width < CLASSES; width++) {
      const longest = this.#longest[width]!
      if (longest <= covered) continue
      const distance = this.#longestFrom[width]!
      this.#relaxCopies(node, MIN_COPY_BYTES, longest, shortDistance(distance, this.#ring), distance)
      covered = longest
    }
    return false
  }

  takeBase(from: number): boolean {
    const at = this.#start + this.#node
    const distance = this.#base.length + at - from
    const width = this.#widthOf(distance)
    // A match that is not longer than one as cheap differs at the byte that would make it so.
    const longest = this.#longest[width]!
    if (this.#base[from + longest] !== this.#target[at + longest]) return false
    return this.#take(distance, width, this.#finder.baseBytes(at, from))
  }

  takeTarget(from: number): boolean {
    const at = this.#start + this.#node
    const width = this.#widthOf(at - from)
    const longest = this.#longest[width]!
    if (this.#target[from + longest] !== this.#target[at + longest]) return false
    return this.#take(at - from, width, this.#finder.targetBytes(at, from))
  }

  #take(distance: number, width: number, bytes: number): boolean {
    if (bytes < SHORT_KEY_BYTES) return false
    this.#keep(width, distance, bytes)
    return bytes >= this.#niceBytes
  }

  /** The class of a distance: 0 for a short code, else its number of extra bits (RFC 7932 §4). */
  #widthOf(distance: number): number {
    return shortDistance(distance, this.#ring) >= 0 ? 0 : 31 - Math.clz32(distance + 3) - 1
  }

  #compare(at: number, address: number): number {
    const baseBytes = this.#base.length
    if (address < baseBytes) return this.#finder.baseBytes(at, address)
    return this.#finder.targetBytes(at, address - baseBytes)
  }

  #keep(width: number, distance: number, bytes: number): void {
    for (let wider = width; wider < CLASSES && bytes > this.#longest[wider]!; wider++) {
      this.#longest[wider] = bytes
      this.#longestFrom[wider] = distance
    }
  }

  #relaxLiteral(node: number): void {
    const literals = this.#literals[node]!
    const insert = this.#costs.insert(literals + 1) - this.#costs.insert(literals)
    const cost = this.#cost[node]! + this.#costs.literal[this.#target[this.#start + node]!]! + insert
    this.#extendTo(node + 1)
    if (cost >= this.#cost[node + 1]!) return
    this.#cost[node + 1] = cost
    this.#distance[node + 1] = LITERAL
    this.#step[node + 1] = 1
    this.#literals[node + 1] = literals + 1
    this.#copied[node + 1] = this.#copied[node]!
  }

  /** Copies of `fewest` to `most` bytes. All lengths of one code cost the same. */
  #relaxCopies(node: number, fewest: number, most: number, short: number, distance: number): void {
    const literals = this.#literals[node]!
    const paid = this.#cost[node]! - this.#costs.insert(literals) + this.#costs.insert(0)
    const longest = Math.min(most, this.#cost.length - 1 - node)
    if (longest >= fewest) this.#extendTo(node + longest)
    for (let length = fewest; length <= longest; ) {
      const cost = paid + this.#costs.command(literals, length, short, distance)
      const last = Math.min(longest, lastOfCopyCode(copyCode(length)))
      for (; length <= last; length++) {
        const to = node + length
        if (cost >= this.#cost[to]!) continue
        this.#cost[to] = cost
        this.#distance[to] = distance
        this.#step[to] = length
        this.#literals[to] = 0
        this.#copied[to] = to
      }
    }
  }

  #extendTo(node: number): void {
    while (this.#reached < node) this.#cost[++this.#reached] = Number.POSITIVE_INFINITY
  }

  /** The ring on the way to a node: a distance that repeats the last one is not put in again. */
  #recall(node: number): void {
    let k = 0
    for (let at = this.#copied[node]!; at >= 0 && k < RING; ) {
      const distance = this.#distance[at]!
      if (k === 0 || this.#ring[k - 1] !== distance) this.#ring[k++] = distance
      at = this.#copied[at - this.#step[at]!]!
    }
    for (let written = 0; written < RING && k < RING; written++) {
      if (written === 0 && k > 0 && this.#ring[k - 1] === this.#written[0]) continue
      this.#ring[k++] = this.#written[written]!
    }
  }

  #writeTo(node: number): void {
    const path: number[] = []
    for (let at = node; at > 0; at -= this.#step[at]!) path.push(at)
    for (const at of path.toReversed()) {
      if (this.#distance[at] === LITERAL) this.#pending++
      else this.#write(this.#step[at]!, this.#distance[at]!)
    }
  }

  #write(copy: number, distance: number): void {
    this.#commands.push({ insert: this.#pending, copy, distance })
    this.#pending = 0
    if (this.#written[0] === distance) return
    this.#written.copyWithin(1, 0, RING - 1)
    this.#written[0] = distance
  }
}
