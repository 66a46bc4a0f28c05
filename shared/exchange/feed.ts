// Feeds a compressor or decompressor and takes what it has made so far: step by step, so that the caller decides what
// happens between two steps.
// Knows: Node's transforms. Does not know: what they make.
//
// Invariant: what a step gives is all that its transform made of the input up to there; after `flush`, the other side
// can decode that input completely.
import type { Duplex } from 'node:stream'

export class Feed {
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
    transform.on('error', error => {
      this.#failed = error
      this.#wake?.()
    })
  }

  /** Gives input; resolves when the transform has taken it, with the bytes that it has made. */
  async write(bytes: Uint8Array): Promise<Uint8Array> {
    await this.#until(done => this.#transform.write(bytes, done))
    return this.#take()
  }

  /** Makes all input so far decodable on the other side. */
  async flush(): Promise<Uint8Array> {
    await this.#until(done => void this.#flushTransform().then(done, done))
    return this.#take()
  }

  /** Ends the input; resolves with the last bytes. */
  async end(): Promise<Uint8Array> {
    await this.#until(done => {
      this.#transform.once('end', done)
      this.#transform.end()
      this.#read()
    })
    return this.#take()
  }

  /** Gives up. */
  destroy(): void {
    this.#transform.destroy()
  }

  async #until(begin: (done: () => void) => void): Promise<void> {
    if (!this.#failed) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
        begin(() => resolve())
      })
    }
    if (this.#failed) throw this.#failed
  }

  #read(): void {
    for (let piece = this.#transform.read(); piece !== null; piece = this.#transform.read()) {
      this.#made.push(piece as Uint8Array)
    }
  }

  #take(): Uint8Array {
    this.#read()
    const made = this.#made
    this.#made = []
    return made.length === 1 ? (made[0] as Uint8Array) : Buffer.concat(made)
  }
}
