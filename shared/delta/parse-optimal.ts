// Turns a target into the cheapest add, copy and run that are known, by what they will cost in bytes.
// Knows: the match finder, what instructions and addresses cost (costs.ts), the three verbs. Does not know: formats.
// Works in blocks: every place of a block is a node; the cheapest way to each is kept; the way to the last is written.
// Invariant 1: a node's way is final when the node is visited, as every step leads forward.

import { type BaseIndex, SHORT_KEY_BYTES } from './base-index.ts'
import { MatchFinder, type PlaceVisitor, runBytes, type SearchDepth } from './match-finder.ts'
import { addressBytes, type VcdiffCosts } from './vcdiff-costs.ts'
import type { Verbs } from './vcdiff-window.ts'

// A block is written when it is full. Longer blocks see further; these take 16 bytes a node.
const BLOCK_NODES = 8192

// What it may cost to carry a copy over the end of a block: less than an instruction and an address after it.
const OVERRUN_COST = 16 * 16

const LITERAL = -1
const RUN = -2
const MIN_RUN_BYTES = 8
const UNREACHED = 0x3fffffff
const RECENT = 4
const MAX_ADDRESS_BYTES = 5

export function parseOptimally(
  index: BaseIndex,
  target: Uint8Array,
  depth: SearchDepth,
  costs: VcdiffCosts,
  verbs: Verbs,
): void {
  new OptimalParse(index, target, depth, costs, verbs).run()
}

class OptimalParse implements PlaceVisitor {
  readonly #target: Uint8Array
  readonly #base: Uint8Array
  readonly #baseBytes: number
  readonly #finder: MatchFinder
  readonly #niceBytes: number
  readonly #costs: VcdiffCosts
  readonly #verbs: Verbs

  // Nodes of the block. `step` is how many bytes the last step of the cheapest way covers, `source` its address, or
  // LITERAL, or RUN; `copied` is the node where the latest copy of that way ends, or -1.
  readonly #cost: Int32Array
  readonly #step: Int32Array
  readonly #source: Int32Array
  readonly #copied: Int32Array
  #start = 0
  #node = 0
  #reached = 0

  // The copies written last, the latest first: their addresses, and how far address and place lie apart.
  readonly #writtenAddress = new Int32Array(RECENT)
  readonly #writtenAlignment = new Int32Array(RECENT)
  // The same for the way to the node that is visited.
  readonly #address = new Int32Array(RECENT)
  readonly #alignment = new Int32Array(RECENT)
  // The longest match found at the node whose address takes at most that many bytes.
  readonly #longest = new Int32Array(MAX_ADDRESS_BYTES + 1)
  readonly #longestAt = new Int32Array(MAX_ADDRESS_BYTES + 1)
  #addFrom = -1

  constructor(index: BaseIndex, target: Uint8Array, depth: SearchDepth, costs: VcdiffCosts, verbs: Verbs) {
    this.#target = target
    this.#base = index.base
    this.#baseBytes = index.base.length
    this.#finder = new MatchFinder(index, target, depth)
    this.#niceBytes = depth.niceBytes
    this.#costs = costs
    this.#verbs = verbs
    const nodes = Math.min(BLOCK_NODES, target.length) + depth.niceBytes + 1
    this.#cost = new Int32Array(nodes)
    this.#step = new Int32Array(nodes)
    this.#source = new Int32Array(nodes)
    this.#copied = new Int32Array(nodes)
  }

  run(): void {
    const { length } = this.#target
    while (this.#start < length) {
      this.#begin()
      const end = Math.min(BLOCK_NODES, length - this.#start)
      let committed = 0
      while (this.#node < end && committed === 0) {
        committed = this.#visit()
        if (committed === 0) this.#node++
      }
      if (committed === 0) this.#node = this.#chooseEnd(end)
      this.#writeTo(this.#node)
      this.#start += this.#node
      if (committed !== 0) this.#start += this.#commit(committed)
    }
    this.#endAdd(length)
  }

  /** A block ends where its last copy ends, unless that makes the way there much dearer. */
  #chooseEnd(end: number): number {
    let node = Math.min(this.#reached, this.#target.length - this.#start)
    while (node > end && this.#cost[node]! > this.#cost[end]! + OVERRUN_COST) node--
    return node
  }

  #begin(): void {
    this.#node = 0
    this.#reached = 0
    this.#cost[0] = 0
    this.#copied[0] = -1
    this.#source[0] = this.#addFrom >= 0 ? LITERAL : 0
    this.#step[0] = this.#addFrom >= 0 ? this.#start - this.#addFrom : 0
  }

  /** Finds the ways on from a node; gives the length of a match (or, below zero, run) too long to be bettered, or 0. */
  #visit(): number {
    const node = this.#node
    const at = this.#start + node
    this.#recall(node)
    this.#longest.fill(0)
    for (let k = 0; k < RECENT; k++) {
      const from = at + this.#alignment[k]!
      if (k > 0 && this.#alignment[k] === this.#alignment[k - 1]) continue
      if (from >= 0 && from < this.#baseBytes) this.takeBase(from)
    }
    const run = runBytes(this.#target, at)
    if (this.#best() < this.#niceBytes && run < this.#niceBytes) this.#finder.visit(at, this)
    this.#finder.insert(at)
    const best = this.#best()
    if (Math.max(best, run) >= this.#niceBytes) return run > best ? -run : best
    this.#relaxLiteral(node)
    if (run >= MIN_RUN_BYTES) this.#relax(node, run, RUN, this.#cost[node]! + this.#costs.run)
    if (best >= SHORT_KEY_BYTES) this.#relaxCopies(node)
    return 0
  }

  #relaxCopies(node: number): void {
    const afterAdd = this.#source[node] === LITERAL && this.#step[node]! <= 4
    let covered = SHORT_KEY_BYTES - 1
    for (let bytes = 1; bytes <= MAX_ADDRESS_BYTES; bytes++) {
      const longest = this.#longest[bytes]!
      if (longest <= covered) continue
      const address = this.#longestAt[bytes]!
      const cost = this.#cost[node]! + this.#costs.address[bytes]!
      for (let length = covered + 1; length <= longest; length++)
        this.#relax(node, length, address, cost + this.#costs.copy(length, afterAdd))
      covered = longest
    }
  }

  #best(): number {
    return this.#longest[MAX_ADDRESS_BYTES]!
  }

  /** A place in the base that may match at the node that is visited. */
  takeBase(from: number): boolean {
    const at = this.#start + this.#node
    const width = addressBytes(from, this.#baseBytes + at, this.#address)
    const longest = this.#longest[width]!
    // A match that is not longer than one with as short an address differs at the byte that would make it so.
    if (this.#base[from + longest] !== this.#target[at + longest]) return false
    return this.#take(from, width, this.#finder.baseBytes(at, from))
  }

  /** A place in the target, before the node that is visited. */
  takeTarget(from: number): boolean {
    const at = this.#start + this.#node
    const address = this.#baseBytes + from
    const width = addressBytes(address, this.#baseBytes + at, this.#address)
    const longest = this.#longest[width]!
    if (this.#target[from + longest] !== this.#target[at + longest]) return false
    return this.#take(address, width, this.#finder.targetBytes(at, from))
  }

  #take(address: number, width: number, bytes: number): boolean {
    if (bytes < SHORT_KEY_BYTES) return false
    for (let wider = width; wider <= MAX_ADDRESS_BYTES && bytes > this.#longest[wider]!; wider++) {
      this.#longest[wider] = bytes
      this.#longestAt[wider] = address
    }
    return bytes >= this.#niceBytes
  }

  #relaxLiteral(node: number): void {
    const goesOn = this.#source[node] === LITERAL
    const added = goesOn ? this.#step[node]! : 0
    const cost = this.#cost[node]! + this.#costs.literal + this.#costs.addStep(added)
    this.#extendTo(node + 1)
    if (cost >= this.#cost[node + 1]!) return
    this.#cost[node + 1] = cost
    this.#source[node + 1] = LITERAL
    this.#step[node + 1] = added + 1
    this.#copied[node + 1] = this.#copied[node]!
  }

  #relax(node: number, bytes: number, source: number, cost: number): void {
    const to = node + bytes
    if (to >= this.#cost.length) return
    this.#extendTo(to)
    if (cost >= this.#cost[to]!) return
    this.#cost[to] = cost
    this.#source[to] = source
    this.#step[to] = bytes
    this.#copied[to] = source === RUN ? this.#copied[node]! : to
  }

  #extendTo(node: number): void {
    while (this.#reached < node) this.#cost[++this.#reached] = UNREACHED
  }

  /** Finds the latest copies on the way to a node. */
  #recall(node: number): void {
    let k = 0
    for (let at = this.#copied[node]!; at >= 0 && k < RECENT; k++) {
      const from = at - this.#step[at]!
      this.#address[k] = this.#source[at]!
      this.#alignment[k] = this.#source[at]! - (this.#start + from)
      at = this.#copied[from]!
    }
    for (let written = 0; k < RECENT; k++, written++) {
      this.#address[k] = this.#writtenAddress[written]!
      this.#alignment[k] = this.#writtenAlignment[written]!
    }
  }

  /** Writes the cheapest way to `node`. */
  #writeTo(node: number): void {
    const path: number[] = []
    // Literals before the block are part of the step that leads to its first nodes.
    for (let at = node; at > 0; at -= Math.min(this.#step[at]!, at)) path.push(at)
    for (let i = path.length - 1; i >= 0; i--) {
      const to = path[i]!
      const from = to - Math.min(this.#step[to]!, to)
      const source = this.#source[to]!
      if (source === LITERAL) this.#add(this.#start + from)
      else if (source === RUN) this.#run(this.#start + from, to - from)
      else this.#copy(this.#start + from, source, to - from)
    }
  }

  /** Writes the long match, or, below zero, run, that ended a block; gives its length. */
  #commit(bytes: number): number {
    if (bytes < 0) {
      this.#run(this.#start, -bytes)
      return -bytes
    }
    const width = this.#longest.indexOf(bytes)
    this.#copy(this.#start, this.#longestAt[width]!, bytes)
    return bytes
  }

  #add(at: number): void {
    if (this.#addFrom < 0) this.#addFrom = at
  }

  #endAdd(at: number): void {
    if (this.#addFrom >= 0) this.#verbs.add(this.#addFrom, at - this.#addFrom)
    this.#addFrom = -1
  }

  #run(at: number, bytes: number): void {
    this.#endAdd(at)
    this.#verbs.run(this.#target[at]!, bytes)
  }

  #copy(at: number, address: number, bytes: number): void {
    this.#endAdd(at)
    this.#verbs.copy(address, bytes)
    this.#writtenAddress.copyWithin(1, 0, RECENT - 1)
    this.#writtenAlignment.copyWithin(1, 0, RECENT - 1)
    this.#writtenAddress[0] = address
    this.#writtenAlignment[0] = address - at
  }
}
