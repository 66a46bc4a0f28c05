// Compresses what far has just kept into the segments of a speculation, so that the next one begins with its first byte.
// Made on demand they take tens of milliseconds, out of the very wait that a speculation is to use.
// Knows: how many wait. Does not know: why a content may be speculated with; what is not prepared is made on demand.
import { segmentsOf } from '../shared/store/segments.ts'

// One at a time, beside all else; of a burst the rest is left to whoever asks first.
const MOST_WAITING = 16

export class SegmentPreparer {
  readonly #waiting: Uint8Array[] = []
  #working: Promise<void> | undefined

  /** Prepares `content` when those before it are done, unless too many wait. */
  prepare(content: Uint8Array): void {
    if (this.#waiting.length >= MOST_WAITING) return
    this.#waiting.push(content)
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await this.#working
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      // What keeps it from being made is told to whoever needs it.
      await segmentsOf(next).catch(() => {})
    }
  }
}
