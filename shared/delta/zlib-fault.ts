// Reading Brotli from someone else: errors become faults, and nothing may follow the content.
// Knows: node:zlib's codes and counters. Does not know: formats.

import { Transform, type TransformCallback } from 'node:stream'
import type { BrotliDecompress } from 'node:zlib'
import { Fault } from '../fault.ts'

/** Turns an error of node:zlib into a DELTA_ fault, and leaves others alone. */
export function asDeltaFault(error: Error): Error {
  if (error instanceof Fault) return error
  const code = 'code' in error ? error.code : undefined
  if (code === 'Z_BUF_ERROR') return new Fault('DELTA_TRUNCATED', 'the delta ends too early', { cause: error })
  if (typeof code === 'string' && (code.startsWith('ERR_BROTLI') || code.startsWith('ERR__ERROR')))
    return new Fault('DELTA_MALFORMED', 'the delta is not what Brotli makes', { cause: error })
  return error
}

/** Passes bytes on and counts them. */
export class ByteCounter extends Transform {
  seenBytes = 0

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    this.seenBytes += chunk.length
    done(null, chunk)
  }

  /** node:zlib ignores what follows the end of Brotli's content. Raises DELTA_MALFORMED when something did. */
  checkAllTaken(brotli: BrotliDecompress): void {
    if (brotli.bytesWritten < this.seenBytes) throw new Fault('DELTA_MALFORMED', 'bytes follow the end of the delta')
  }
}
