// How often a version is held when it is wanted, by the size of the store and the number of nears that share it: a
// simulation, pure and seeded.
//   node loadtest/store/hit-rates.ts [--csv loadtest/results/hit-rates.csv]
// Requests come one by one for pages whose popularity is Zipf's (Breslau and others 1999 measured exponents from 0.64 to
// 0.83 at web proxies); a page is 2 to 200 kB compressed, whatever its rank. What is worth least goes first, by the value
// that the store uses (shared/store/value.ts), against least recently used. Each near asks for so many pages of its own taste, too: a
// part of the requests is for what nobody else wants.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { savedBytesOf, valueOf } from '../../shared/store/value.ts'

const { values } = parseArgs({ options: { csv: { type: 'string' } } })
const EXPONENT = 0.8
// In units of one near: what it has asked for before it is counted, and then.
const REQUESTS_OF_NEAR = 3000
const PAGES_OF_ALL = 300_000
const PAGES_OF_NEAR = 1500
const OWN_PART = 0.2
const MOST_REQUESTS = 3_000_000
const SEED = 7

interface Held {
  value: number
  uses: number
  usedAt: number
  readonly bytes: number
}

class Store {
  readonly #held = new Map<number, Held>()
  readonly #capacityBytes: number
  readonly #isByValue: boolean
  readonly #queue: { readonly page: number; readonly rank: number }[] = []
  #bytes = 0
  #inflation = 0

  constructor(capacityBytes: number, isByValue: boolean) {
    this.#capacityBytes = capacityBytes
    this.#isByValue = isByValue
  }

  /** Whether `page` was held; now it is. */
  ask(page: number, bytes: number, now: number): boolean {
    const held = this.#held.get(page)
    const uses = (held?.uses ?? 0) + 1
    const savedBytes = savedBytesOf({ compressedBytes: bytes, answersByItself: false })
    const value = valueOf({ uses, savedBytes, costBytes: bytes + OVERHEAD_BYTES }, this.#inflation)
    const entry = { value, uses, usedAt: now, bytes }
    this.#held.set(page, entry)
    this.#push(page, this.#rankOf(entry))
    if (!held) this.#bytes += bytes
    while (this.#bytes > this.#capacityBytes) this.#evict()
    return held !== undefined
  }

  #rankOf({ value, usedAt }: Held): number {
    return this.#isByValue ? value : usedAt
  }

  /** The least goes; entries of the queue that are no longer true are passed over. */
  #evict(): void {
    const least = this.#pop()
    const held = least && this.#held.get(least.page)
    if (!least || !held || this.#rankOf(held) !== least.rank) return
    this.#inflation = Math.max(this.#inflation, held.value)
    this.#bytes -= held.bytes
    this.#held.delete(least.page)
  }

  // A heap by rank.
  #push(page: number, rank: number): void {
    const queue = this.#queue
    let at = queue.push({ page, rank }) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      if (queue[up]!.rank <= queue[at]!.rank) return
      ;[queue[up], queue[at]] = [queue[at]!, queue[up]!]
      at = up
    }
  }

  #pop() {
    const queue = this.#queue
    const [least] = queue
    const last = queue.pop()
    if (queue.length === 0 || !last) return least
    queue[0] = last
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const right = left + 1
      let small = at
      if (left < queue.length && queue[left]!.rank < queue[small]!.rank) small = left
      if (right < queue.length && queue[right]!.rank < queue[small]!.rank) small = right
      if (small === at) return least
      ;[queue[small], queue[at]] = [queue[at]!, queue[small]!]
      at = small
    }
  }
}

// A row and its indexes.
const OVERHEAD_BYTES = 400

/** Numbers from 0 to 1 (mulberry32). */
function makeChance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Ranks from 0, drawn by Zipf's law. */
function makeRanks(count: number, chance: () => number): () => number {
  const sums = new Float64Array(count)
  let sum = 0
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += (rank + 1) ** -EXPONENT
  return () => {
    const wanted = chance() * sum
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** 2 to 200 kB, most of them small, the same for a page whenever it is asked for. */
function bytesOf(page: number): number {
  return Math.round(2000 * 100 ** (makeChance(page)() ** 2))
}

/** The part of requests for which a version is held, once the nears have asked for half of what they ask. */
function simulate(nears: number, capacityBytes: number, isByValue: boolean): number {
  const chance = makeChance(SEED)
  const ofAll = makeRanks(PAGES_OF_ALL, chance)
  const ofNear = makeRanks(PAGES_OF_NEAR, chance)
  const store = new Store(capacityBytes, isByValue)
  const requests = Math.min(nears * REQUESTS_OF_NEAR, MOST_REQUESTS)
  let hits = 0
  for (let now = 0; now < requests; now++) {
    const near = Math.floor(chance() * nears)
    const page = chance() < OWN_PART ? PAGES_OF_ALL + near * PAGES_OF_NEAR + ofNear() : ofAll()
    const isHit = store.ask(page, bytesOf(page), now)
    if (isHit && now >= requests / 2) hits += 1
  }
  return hits / (requests / 2)
}

const MiB = 1024 * 1024
const rows = ['nears,store_mib,by_value,by_last_use']
for (const nears of [1, 10, 100, 1000]) {
  for (const mib of [64, 256, 1024, 4096]) {
    const rates = [true, false].map(isByValue => simulate(nears, mib * MiB, isByValue).toFixed(3))
    rows.push([nears, mib, ...rates].join())
    console.log(rows.at(-1))
  }
}
if (values.csv) writeFileSync(values.csv, `${rows.join('\n')}\n`)
