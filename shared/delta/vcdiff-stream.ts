// VCDIFF encoding, as a stream and in one shot: plain in files, without its header and under Brotli on the link.
// Knows: framings, flushes, back-pressure. Does not know: dcb, decoding.

import { Duplex } from 'node:stream'
import { promisify } from 'node:util'
import { type BrotliCompress, brotliCompress, constants, createBrotliCompress } from 'node:zlib'
import { efforts } from './effort.ts'
import { LINK_LGWIN } from './vcdiff-layout.ts'
import { type SegmentSource, VcdiffEncoding, type VcdiffOptions } from './vcdiff-encode.ts'

const compress = promisify(brotliCompress)

/** A stream that makes a delta of what is written to it. */
export interface DeltaEncoder extends Duplex {
  /**
   * Ends the current window: all that was written so far can be decoded once the bytes that were pushed so far arrive.
   * Resolves when they have been pushed; rejects when the stream is destroyed first.
   */
  flushWindow(): Promise<void>
}

type Done = (error?: Error | null) => void

/** Makes `flushWindow` of a flush that calls back. Node forgets callbacks of a stream that is destroyed; this does not. */
export function settleFlushes(stream: Duplex, flush: (done: Done) => void): () => Promise<void> {
  const waiting = new Set<(error: Error) => void>()
  const refuse = (reject: (error: Error) => void) => reject(new Error('the encoder was destroyed'))
  stream.once('close', () => waiting.forEach(refuse))
  return () =>
    new Promise((resolve, reject) => {
      if (stream.destroyed) {
        refuse(reject)
        return
      }
      waiting.add(reject)
      flush(error => {
        waiting.delete(reject)
        if (error) reject(error)
        else resolve()
      })
    })
}

// Written in band, so that a flush keeps its place among the writes.
const FLUSH = Buffer.alloc(0)

export class VcdiffEncoderStream extends Duplex implements DeltaEncoder {
  readonly #encoding: VcdiffEncoding
  readonly #brotli: BrotliCompress | undefined
  readonly #flush = settleFlushes(this, done => this.write(FLUSH, done))
  #resume: (() => void) | undefined

  constructor(source: SegmentSource, options: VcdiffOptions) {
    super()
    this.#encoding = new VcdiffEncoding(source, options)
    if (options.framing === 'file') return
    const brotli = createBrotliCompress({ params: linkParameters(efforts[options.effort].linkQuality) })
    brotli.on('data', (chunk: Uint8Array) => {
      if (!this.push(chunk)) brotli.pause()
    })
    brotli.on('end', () => this.push(null))
    brotli.on('error', error => this.destroy(error))
    this.#brotli = brotli
  }

  flushWindow(): Promise<void> {
    return this.#flush()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (chunk === FLUSH) {
      const brotli = this.#brotli
      this.#put(this.#encoding.flush(), brotli === undefined ? done : () => brotli.flush(FLUSH_KIND, () => done()))
      return
    }
    this.#encoding.push(chunk)
    this.#pump(done)
  }

  override _final(done: Done): void {
    this.#put(this.#encoding.flush(), () => {
      if (this.#brotli === undefined) this.push(null)
      else this.#brotli.end()
      done()
    })
  }

  override _read(): void {
    this.#brotli?.resume()
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#brotli?.destroy()
    done(error)
  }

  #pump(done: Done): void {
    const window = this.#encoding.next()
    if (window === undefined) done()
    else this.#put(window, () => this.#pump(done))
  }

  /** Gives bytes out, and calls `done` when more may follow. */
  #put(bytes: Uint8Array, done: () => void): void {
    if (bytes.length === 0) done()
    else if (this.#brotli !== undefined) this.#brotli.write(bytes, () => done())
    else if (this.push(bytes)) done()
    else this.#resume = done
  }
}

const FLUSH_KIND = constants.BROTLI_OPERATION_FLUSH

/** Brotli's parameters for a VCDIFF delta on the link: most deltas are too small for context modelling to pay. */
function linkParameters(quality: number): Record<number, number> {
  return {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: LINK_LGWIN,
    [constants.BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING]: 1,
  }
}

/** A whole VCDIFF delta. On the link it is left plain where Brotli would make it larger. */
export async function encodeVcdiff(
  source: SegmentSource,
  target: Uint8Array,
  options: VcdiffOptions,
): Promise<Uint8Array> {
  const encoding = new VcdiffEncoding(source, options)
  encoding.push(target)
  const windows: Uint8Array[] = []
  for (let window = encoding.next(); window !== undefined; window = encoding.next()) windows.push(window)
  const plain = Buffer.concat([...windows, encoding.flush()])
  if (options.framing === 'file') return plain
  const compressed = await compress(plain, { params: linkParameters(efforts[options.effort].linkQuality) })
  // An empty target has no windows at all, and something must arrive.
  return plain.length > 0 && plain.length < compressed.length ? plain : compressed
}
