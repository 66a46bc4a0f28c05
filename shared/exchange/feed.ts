// Feeds a compressor or decompressor and takes what it has made so far: step by step, so that the caller decides what
// happens between two steps.
// Knows: Node's transforms. Does not know: what they make.
//
// Invariants:
// 1. What a step gives is all that its transform made of the input up to there; after `flush`, the other side can decode
//    that input completely.
// 2. `unfold` and `unfoldEnd` give it by pieces, and have no more made before these are taken: a kilobyte of compressed
//    bytes may unfold to a gigabyte.
import type { Duplex } from 'node:stream'

/** What makes bytes of bytes, step by step; each step gives all that was made of the input up to there. */
export interface Stepwise {
  write(bytes: Uint8Array): Promise<Uint8Array>
  flush(): Promise<Uint8Array>
  end(): Promise<Uint8Array>
  destroy(): void
}

export class Feed implements Stepwise {
  readonly #transform: Duplex
  readonly #flushTransform: () => Promise<void>
  #made: Uint8Array[] = []
  #failed: Error | undefined
  #wake: (() => void) | undefined
  /** Set while somebody takes the output piece by piece: called when there may be more, or the step is done. */
  #nudge: (() => void) | undefined
  #isUnfolding = false

  /** `flush`: how the transform is told to make its input decodable; decompressors need none. */
  constructor(transform: Duplex, flush: () => Promise<void> = () => Promise.resolve()) {
    this.#transform = transform
    this.#flushTransform = flush
    // A transform whose output is full takes no input: its output is read as it comes, not only between steps.
    transform.on('readable', () => {
      if (this.#isUnfolding) this.#nudge?.()
      else this.#read()
    })
    transform.on('error', error => this.#fail(error))
    // A transform that is destroyed without an error calls nobody back.
    transform.on('close', () => {
      if (!transform.readableEnded) this.#fail(new Error('The transform was closed before its end.'))
    })
  }

  /** Gives input; resolves when the transform has taken it, with the bytes that it has made. */
  async write(bytes: Uint8Array): Promise<Uint8Array> {
    await this.#until(settle => this.#transform.write(bytes, settle))
    return this.#take()
  }

  /** Makes all input so far decodable on the other side. */
  async flush(): Promise<Uint8Array> {
    await this.#until(settle => void this.#flushTransform().then(() => settle(), settle))
    return this.#take()
  }

  /** Ends the input; resolves with the last bytes. */
  async end(): Promise<Uint8Array> {
    await this.#endInput()
    return this.#take()
  }

  /** As `write`, by pieces. A reader that stops early has to `destroy`. */
  unfold(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    return this.#pieces(() => this.#until(settle => this.#transform.write(bytes, settle)))
  }

  /** As `end`, by pieces. */
  unfoldEnd(): AsyncGenerator<Uint8Array> {
    return this.#pieces(() => this.#endInput())
  }

  /** Gives up; a step that is under way fails. */
  destroy(): void {
    this.#transform.destroy()
  }

  async #endInput(): Promise<void> {
    await this.#until(settle => {
      // A decompressor ends by itself when its format says so, and may have done so already.
      if (this.#transform.readableEnded) settle()
      else this.#transform.once('end', () => settle())
      this.#transform.end()
      if (!this.#isUnfolding) this.#read()
    })
  }

  async *#pieces(begin: () => Promise<void>): AsyncGenerator<Uint8Array> {
    this.#isUnfolding = true
    let isDone = false
    const step = begin().finally(() => {
      isDone = true
      this.#nudge?.()
    })
    // Whoever stops early is told nothing of it.
    step.catch(() => {})
    try {
      for (;;) {
        const piece: unknown = this.#transform.read()
        if (piece instanceof Uint8Array) yield piece
        else if (isDone) break
        else await new Promise<void>(resolve => (this.#nudge = resolve))
      }
      await step
    } finally {
      this.#nudge = undefined
      this.#isUnfolding = false
    }
  }

  async #until(begin: (settle: (error?: Error | null) => void) => void): Promise<void> {
    if (!this.#failed) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
        // An error comes here before it comes as an event.
        begin(error => (error ? this.#fail(error) : resolve()))
      })
    }
    if (this.#failed) throw this.#failed
  }

  #fail(error: Error): void {
    this.#failed ??= error
    this.#wake?.()
  }

  #read(): void {
    for (;;) {
      const piece: unknown = this.#transform.read()
      if (!(piece instanceof Uint8Array)) return
      this.#made.push(piece)
    }
  }

  #take(): Uint8Array {
    this.#read()
    const made = this.#made
    this.#made = []
    const [first] = made
    return first !== undefined && made.length === 1 ? first : Buffer.concat(made)
  }
}
