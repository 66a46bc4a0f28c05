// Compresses what far has just kept into the form of a speculation, so that the next one begins with its first byte.
// Made on demand it takes tens of milliseconds, out of the very wait that a speculation is to use.
// Knows: how many wait, when far was last busy. Does not know: why a content may be speculated with; what is not prepared
// is made on demand.
import { compressedOf } from '../shared/store/compressed.ts'

// One at a time; of a burst the rest is left to whoever asks first.
const MOST_WAITING = 64
// What is kept comes with more of its page: that is answered first.
const QUIET_MS = 250

interface Waiting {
  readonly content: Uint8Array
  readonly quality: number | undefined
}

export class CompressedPreparer {
  readonly #quietMs: number
  readonly #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined
  #working: PromiseWithResolvers<void> | undefined

  /** `quietMs`: for how long nothing was kept before the work begins. */
  constructor(quietMs = QUIET_MS) {
    this.#quietMs = quietMs
  }

  /** Prepares `content` when far has become quiet, unless too many wait. `quality`: as `compressedOf` has it. */
  prepare(content: Uint8Array, quality?: number): void {
    if (this.#waiting.length >= MOST_WAITING) return
    this.#waiting.push({ content, quality })
    this.#working ??= Promise.withResolvers()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#work(), this.#quietMs)
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await this.#working?.promise
  }

  async #work(): Promise<void> {
    const timer = this.#timer
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      // What keeps it from being made is told to whoever needs it.
      await compressedOf(next.content, next.quality).catch(() => {})
      // More was kept meanwhile: there is another timer.
      if (this.#timer !== timer) return
    }
    this.#working?.resolve()
    this.#working = undefined
  }
}
