// Feeds a compressor or decompressor and takes what it has made so far: step by step, so that the caller decides what
// happens between two steps.
// Knows: Node's transforms. Does not know: what they make.
//
// Invariant: what a step gives is all that its transform made of the input up to there; after `flush`, the other side
// can decode that input completely.
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

  /** `flush`: how the transform is told to make its input decodable; decompressors need none. */
  constructor(transform: Duplex, flush: () => Promise<void> = () => Promise.resolve()) {
    this.#transform = transform
    this.#flushTransform = flush
    // A transform whose output is full takes no input: its output is read as it comes, not only between steps.
    transform.on('readable', () => this.#read())
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
    await this.#until(settle => {
      // A decompressor ends by itself when its format says so, and may have done so already.
      if (this.#transform.readableEnded) settle()
      else this.#transform.once('end', () => settle())
      this.#transform.end()
      this.#read()
    })
    return this.#take()
  }

  /** Gives up; a step that is under way fails. */
  destroy(): void {
    this.#transform.destroy()
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
