// Two or more streams as one: what is written goes into the first, what is read comes out of the last.
// Knows: back-pressure, errors, ends. Does not know: what flows.
// Invariant 1: a write is done when the first stream has taken it, so a slow reader slows the writer down.
// Invariant 2: an error of any of them destroys all of them, and is given through `mapError` once.

import { Duplex } from 'node:stream'

export class Chain extends Duplex {
  readonly #stages: readonly Duplex[]
  readonly #first: Duplex
  readonly #last: Duplex
  readonly #mapError: (error: Error) => Error

  constructor(stages: readonly [Duplex, ...Duplex[]], mapError: (error: Error) => Error = error => error) {
    super()
    this.#stages = stages
    this.#first = stages[0]
    this.#last = stages[stages.length - 1]!
    this.#mapError = mapError
    for (let i = 0; i + 1 < stages.length; i++) stages[i]!.pipe(stages[i + 1]!)
    for (const stage of stages) stage.on('error', (error: Error) => this.destroy(this.#mapError(error)))
    this.#last.on('data', (chunk: Uint8Array) => {
      if (!this.push(chunk)) this.#last.pause()
    })
    this.#last.on('end', () => this.push(null))
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#first.write(chunk, error => done(error ? this.#mapError(error) : null))
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#first.end(() => done())
  }

  override _read(): void {
    this.#last.resume()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    for (const stage of this.#stages) stage.destroy()
    done(error)
  }
}
