// A link with a rate and a round trip on a fake clock, for what sends by marks: bytes queue in front of it, arrive in order,
// and marks come back.
// Knows: time, bytes. Does not know: who sends them.

export interface SimulatedFigures {
  readonly bytesPerMs: number
  readonly roundTripMs: number
}

interface Due {
  readonly at: number
  readonly happen: () => void
}

export class SimulatedLink {
  now = 0
  /** Bytes that the link has carried, and the time for which it had nothing to carry. */
  carriedBytes = 0
  figures: SimulatedFigures
  #freeAt = 0
  #due: Due[] = []

  constructor(figures: SimulatedFigures) {
    this.figures = figures
  }

  /** How long a byte that is sent now waits until the link begins to carry it. */
  get queueMs(): number {
    return Math.max(0, this.#freeAt - this.now)
  }

  /** Sends bytes; `onAnswer` when all of them have arrived and the answer is back, `onArrival` when they have arrived. */
  send(bytes: number, onAnswer: () => void, onArrival: () => void = () => undefined): void {
    this.#freeAt = Math.max(this.#freeAt, this.now) + bytes / this.figures.bytesPerMs
    this.carriedBytes += bytes
    this.at(this.#freeAt + this.figures.roundTripMs / 2, onArrival)
    this.at(this.#freeAt + this.figures.roundTripMs, onAnswer)
  }

  at(at: number, happen: () => void): void {
    const before = this.#due.findLastIndex(due => due.at <= at)
    this.#due.splice(before + 1, 0, { at, happen })
  }

  runUntil(end: number): void {
    for (;;) {
      const [next] = this.#due
      if (!next || next.at > end) break
      this.#due.shift()
      this.now = Math.max(this.now, next.at)
      next.happen()
    }
    this.now = end
  }
}
