// What is to happen in the emulated link, in order of time; what falls due together happens in the order it was added.
// Knows: due times. Does not know: the real clock. It is told how far time has come and stops at nothing in between,
// so a late call changes when things are seen, never when they happen.

interface Entry {
  readonly at: number
  readonly turn: number
  readonly act: (now: number) => void
}

/** A binary heap of deeds. Times are milliseconds. */
export class Agenda {
  readonly #heap: Entry[] = []
  #turn = 0
  #now = 0

  /** The time of the deed that is being done, or of the last one. It never goes back. */
  get now(): number {
    return this.#now
  }

  /** When the next deed falls due, or `undefined` when there is none. */
  nextAt(): number | undefined {
    return this.#heap[0]?.at
  }

  add(at: number, act: (now: number) => void): void {
    const heap = this.#heap
    const entry = { at: Math.max(at, this.#now), turn: this.#turn++, act }
    let hole = heap.length
    heap.push(entry)
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(entry, above)) break
      heap[hole] = above
      hole = parent
    }
    heap[hole] = entry
  }

  /** Does, in order, all that falls due until `until`, and what that adds; then it is `until`. */
  runUntil(until: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#removeFirst()
      this.#now = next.at
      next.act(next.at)
    }
    this.#now = Math.max(this.#now, until)
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let hole = 0
    for (;;) {
      const left = 2 * hole + 1
      const a = heap[left]
      const b = heap[left + 1]
      if (a === undefined) break
      const child = b !== undefined && isBefore(b, a) ? left + 1 : left
      const smaller = child === left ? a : b
      if (smaller === undefined || !isBefore(smaller, last)) break
      heap[hole] = smaller
      hole = child
    }
    heap[hole] = last
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn)
}
