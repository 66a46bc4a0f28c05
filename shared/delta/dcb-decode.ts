// dcb decoding (RFC 9842) by node:zlib, bounded, with faults instead of zlib's codes.
// Knows: the frame, what may follow the content (nothing). Does not know: encoding, VCDIFF.
// A wrong base may give wrong bytes without an error: in a file the frame's SHA-256 guards against it,
// on the link the caller names the base and checks the digest of the target.

import { createHash } from 'node:crypto'
import { type Duplex, Transform, type TransformCallback } from 'node:stream'
import { createBrotliDecompress } from 'node:zlib'
import { asFault, Fault } from '../fault.ts'
import { Chain } from './chain.ts'
import { DCB_HEADER_BYTES, DCB_MAGIC, dictionaryOptions } from './dcb.ts'
import { decompressShort } from './short-brotli.ts'
import { asDeltaFault, ByteCounter } from './zlib-fault.ts'

// What a stream makes in one go on libuv's threads; Node's 16 KiB would be twenty trips for a page.
const CHUNK_BYTES = 128 * 1024

export interface DcbDecodeOptions {
  readonly framing: 'file' | 'link'
  readonly maxTargetBytes: number
}

/** The target of a whole delta that is right and short; undefined when a stream is needed, be it to say what is wrong. */
export function decodeShortDcb(base: Uint8Array, delta: Uint8Array, options: DcbDecodeOptions): Uint8Array | undefined {
  const headerBytes = options.framing === 'file' ? DCB_HEADER_BYTES : 0
  if (headerBytes > delta.length || findHeaderFault(delta.subarray(0, headerBytes), base) !== undefined)
    return undefined
  return decompressShort(delta.subarray(headerBytes), options.maxTargetBytes, dictionaryOptions(base))
}

/** A stream that reads a dcb delta and makes its target. Raises DELTA_ faults. */
export function createDcbDecoder(base: Uint8Array, options: DcbDecodeOptions): Duplex {
  return new Chain(first => {
    // Most deltas come in one chunk.
    const made = decodeShortDcb(base, first, options)
    if (made !== undefined) return [new ReadyTarget(made)]
    const counter = new ByteCounter()
    const brotli = createBrotliDecompress({ ...dictionaryOptions(base), chunkSize: CHUNK_BYTES })
    const limit = new OutputLimit(options.maxTargetBytes, () => counter.checkAllTaken(brotli))
    return options.framing === 'link' ? [counter, brotli, limit] : [new FrameReader(base), counter, brotli, limit]
  }, asDeltaFault)
}

/** Gives a target for the chunk that held all of its delta. Another chunk raises DELTA_MALFORMED. */
class ReadyTarget extends Transform {
  #made: Uint8Array | undefined

  constructor(made: Uint8Array) {
    super()
    this.#made = made
  }

  override _transform(_chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    const made = this.#made
    this.#made = undefined
    if (made === undefined) done(new Fault('DELTA_MALFORMED', 'bytes follow the end of the delta'))
    else done(null, made)
  }
}

/** Checks and takes off the 36 bytes of RFC 9842 §4. */
class FrameReader extends Transform {
  readonly #base: Uint8Array
  #header: Uint8Array = new Uint8Array(0)

  constructor(base: Uint8Array) {
    super()
    this.#base = base
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    const wanted = DCB_HEADER_BYTES - this.#header.length
    if (wanted === 0) return done(null, chunk)
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, wanted)])
    const fault = findHeaderFault(this.#header, this.#base)
    if (fault !== undefined) return done(fault)
    if (chunk.length > wanted) this.push(chunk.subarray(wanted))
    done()
  }

  override _flush(done: TransformCallback): void {
    const complete = this.#header.length === DCB_HEADER_BYTES
    done(complete ? null : new Fault('DELTA_TRUNCATED', 'the delta ends within its header'))
  }
}

/** What is wrong with as much of a header as is given. */
function findHeaderFault(header: Uint8Array, base: Uint8Array): Fault | undefined {
  for (let i = 0; i < Math.min(header.length, DCB_MAGIC.length); i++)
    if (header[i] !== DCB_MAGIC[i]) return new Fault('DELTA_MALFORMED', 'this is not a dcb delta')
  if (header.length < DCB_HEADER_BYTES) return undefined
  const digest = createHash('sha256').update(base).digest()
  if (digest.equals(header.subarray(DCB_MAGIC.length))) return undefined
  return new Fault('DELTA_BASE', 'the delta was made from another base: the SHA-256 differs')
}

/** Lets `maxBytes` bytes pass and raises DELTA_TOO_LARGE at the next; at the end asks `check`. */
class OutputLimit extends Transform {
  readonly #check: () => void
  #left: number

  constructor(maxBytes: number, check: () => void) {
    super()
    this.#left = maxBytes
    this.#check = check
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#left -= chunk.length
    if (this.#left < 0) done(new Fault('DELTA_TOO_LARGE', 'the delta makes more than is allowed'))
    else done(null, chunk)
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#check()
      done()
    } catch (error) {
      done(asFault(error, 'DELTA_MALFORMED'))
    }
  }
}
