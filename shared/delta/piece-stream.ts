// A Transform over a machine that takes chunks and gives pieces, one at a time, as long as the reader wants them.
// Knows: back-pressure within one chunk: a delta of a hundred bytes may make a hundred large windows.
// Does not know: what the machine does. A fault it raises destroys the stream.

import { Transform, type TransformCallback } from 'node:stream'
import { asFault } from '../fault.ts'

export interface PieceMachine {
  push(chunk: Uint8Array): void
  /** The next piece, or nothing until more is pushed. */
  next(): Uint8Array | undefined
}

export class PieceStream extends Transform {
  readonly #machine: PieceMachine
  readonly #finish: () => void
  #resume: (() => void) | undefined

  /** `finish` is called once all was written, and may raise a fault. */
  constructor(machine: PieceMachine, finish: () => void) {
    super()
    this.#machine = machine
    this.#finish = finish
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#machine.push(chunk)
    this.#pump(done)
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#finish()
      done()
    } catch (error) {
      done(asFault(error, 'DELTA_MALFORMED'))
    }
  }

  override _read(bytes: number): void {
    const resume = this.#resume
    this.#resume = undefined
    if (resume === undefined) super._read(bytes)
    else resume()
  }

  #pump(done: TransformCallback): void {
    try {
      for (let piece = this.#machine.next(); piece !== undefined; piece = this.#machine.next()) {
        if (piece.length === 0 || this.push(piece)) continue
        this.#resume = () => this.#pump(done)
        return
      }
    } catch (error) {
      done(asFault(error, 'DELTA_MALFORMED'))
      return
    }
    done()
  }
}
