// A content that several read while it arrives, each at its own pace.
// Knows: bytes, readers. Does not know: responses, why they share it.
//
// Invariants:
// 1. What is held is at most the lag between the slowest reader and the source, and that is bounded.
// 2. A reader that has gone holds nobody up.

// Below this nobody is held up by a slower reader; beyond it the source waits.
const MAX_LAG_BYTES = 1024 * 1024

interface Reader {
  /** How many pieces it has read. */
  at: number
}

export class SharedContent {
  readonly #pieces: Uint8Array[] = []
  readonly #readers = new Set<Reader>()
  #dropped = 0
  #heldBytes = 0
  #ended = false
  #error: unknown
  #changed = Promise.withResolvers<void>()

  constructor(source: AsyncIterable<Uint8Array>) {
    void this.#fill(source)
  }

  /** Whether a new reader gets all of it: something has been dropped else, or nothing came in the end. */
  get isOpen(): boolean {
    return this.#dropped === 0 && this.#error === undefined
  }

  /** All of it from its beginning; the reader counts from now on, until it ends or `signal` fires. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array> {
    const reader: Reader = { at: 0 }
    this.#readers.add(reader)
    signal.addEventListener('abort', () => this.#leave(reader), { once: true })
    return this.#read(reader)
  }

  async *#read(reader: Reader): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const piece = this.#pieces[reader.at - this.#dropped]
        if (piece) {
          reader.at += 1
          this.#wake()
          yield piece
        } else if (this.#ended) break
        else await this.#changed.promise
      }
      if (this.#error !== undefined) throw this.#error
    } finally {
      this.#leave(reader)
    }
  }

  async #fill(source: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const piece of source) {
        this.#pieces.push(piece)
        this.#heldBytes += piece.length
        this.#wake()
        while (this.#heldBytes > MAX_LAG_BYTES && !this.#drop()) await this.#changed.promise
      }
    } catch (error) {
      this.#error = error
    }
    this.#ended = true
    this.#wake()
  }

  /** Drops what all have read; whether that was something. */
  #drop(): boolean {
    const slowest = Math.min(this.#dropped + this.#pieces.length, ...[...this.#readers].map(({ at }) => at))
    const gone = this.#pieces.splice(0, slowest - this.#dropped)
    this.#dropped = slowest
    this.#heldBytes -= gone.reduce((sum, piece) => sum + piece.length, 0)
    return gone.length > 0
  }

  #leave(reader: Reader): void {
    if (this.#readers.delete(reader)) this.#wake()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}
