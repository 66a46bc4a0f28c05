// Streams in a row as one: what is written goes into the first, what is read comes out of the last.
// Knows: back-pressure, errors, ends. Does not know: what flows; its first bytes may decide which streams it needs.
// Invariant 1: a write is done when all that was made of it can be read here: a slow reader slows the writer down, and
// whoever has written what a flush ended can read all that it makes.
// Invariant 2: an error of any of them destroys all of them, and is given through `mapError` once.

import { Duplex } from 'node:stream'

const EMPTY = new Uint8Array(0)

type Done = (error?: Error | null) => void

/** Makes the streams once the first chunk is there; an empty chunk when the end comes first. */
export type OpenStages = (first: Uint8Array) => readonly [Duplex, ...Duplex[]]

export class Chain extends Duplex {
  readonly #open: OpenStages
  readonly #mapError: (error: Error) => Error
  #stages: readonly Duplex[] = []
  /** Ends a write whose last bytes wait in the last stream for a reader. */
  #whenDrained: (() => void) | undefined

  constructor(open: OpenStages, mapError: (error: Error) => Error = error => error) {
    super()
    this.#open = open
    this.#mapError = mapError
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    if (chunk.length === 0) return done()
    this.#start(chunk).write(chunk, error => this.#settle(0, error, done))
  }

  override _final(done: Done): void {
    this.#start(new Uint8Array(0)).end(() => done())
  }

  override _read(): void {
    this.#stages.at(-1)?.resume()
  }

  override _destroy(error: Error | null, done: Done): void {
    for (const stage of this.#stages) stage.destroy()
    done(error)
  }

  /** Calls `done` when what the stream at `place` has made has been taken by the next, and so on until it can be read. */
  #settle(place: number, error: Error | null | undefined, done: Done): void {
    const [stage, next] = this.#stages.slice(place)
    if (error || !stage) {
      done(error ? this.#mapError(error) : null)
      return
    }
    if (!next) {
      if (stage.readableLength === 0) done()
      else this.#whenDrained = done
      return
    }
    // A pipe hands on in its own time. An empty write behind what it handed on is done when all before it are.
    const again = () => this.#settle(place, null, done)
    if (stage.readableLength === 0 && next.writableLength === 0) this.#settle(place + 1, null, done)
    else if (stage.readableLength === 0) next.write(EMPTY, failure => this.#settle(place + 1, failure, done))
    else if (next.writableNeedDrain) next.once('drain', again)
    else setImmediate(again)
  }

  #drained(): void {
    const done = this.#whenDrained
    this.#whenDrained = undefined
    done?.()
  }

  #start(first: Uint8Array): Duplex {
    const [started] = this.#stages
    if (started !== undefined) return started
    const stages = this.#open(first)
    this.#stages = stages
    for (let i = 0; i + 1 < stages.length; i++) stages[i]!.pipe(stages[i + 1]!)
    for (const stage of stages) stage.on('error', (error: Error) => this.destroy(this.#mapError(error)))
    const last = stages.at(-1)!
    last.on('data', (chunk: Uint8Array) => {
      if (!this.push(chunk)) last.pause()
      if (last.readableLength === 0) this.#drained()
    })
    last.on('end', () => this.push(null))
    return stages[0]
  }
}
