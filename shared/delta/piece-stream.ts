// A stream over a machine that takes chunks and gives pieces, one at a time, as long as the reader wants them.
// Knows: back-pressure within one chunk: a delta of a hundred bytes may make a hundred large windows.
// Does not know: what the machine does. A fault it raises destroys the stream.
// It is a Duplex, as a Transform may keep a write waiting for a read that Node holds back until something is pushed.

import { Duplex } from 'node:stream'
import { asFault } from '../fault.ts'

export interface PieceMachine {
  push(chunk: Uint8Array): void
  /** The next piece, or nothing until more is pushed. */
  next(): Uint8Array | undefined
}

type Done = (error?: Error | null) => void

export class PieceStream extends Duplex {
  readonly #machine: PieceMachine
  readonly #finish: () => void
  #resume: (() => void) | undefined

  /** `finish` is called once all was written, and may raise a fault. */
  constructor(machine: PieceMachine, finish: () => void) {
    super()
    this.#machine = machine
    this.#finish = finish
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#machine.push(chunk)
    this.#pump(done)
  }

  override _final(done: Done): void {
    try {
      this.#finish()
    } catch (error) {
      done(asFault(error, 'DELTA_MALFORMED'))
      return
    }
    this.push(null)
    done()
  }

  override _read(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  #pump(done: Done): void {
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
