// Brotli content that is complete and short, decompressed by one call in this thread. A stream goes to a thread of
// libuv and back for every chunk, which takes several times as long as decompressing a page.
// Knows: node:zlib. Does not know: faults; what it gives up on, a stream decompresses, and says what is wrong.

import { type BrotliOptions, brotliDecompressSync } from 'node:zlib'

// Longer content is left to a stream: this thread is held up for some two milliseconds at most.
export const SHORT_BYTES = 2 * 1024 * 1024

// What node:zlib allocates at a time: most pages fit.
const CHUNK_BYTES = 256 * 1024

/** The content; undefined when it is cut, broken, followed by something, or longer than `maxBytes` or SHORT_BYTES. */
export function decompressShort(coded: Uint8Array, maxBytes: number, options: BrotliOptions): Uint8Array | undefined {
  const limit = Math.max(1, Math.min(maxBytes, SHORT_BYTES))
  try {
    const { buffer, engine } = brotliDecompressSync(coded, {
      ...options,
      chunkSize: Math.max(64, Math.min(limit, CHUNK_BYTES)),
      maxOutputLength: limit,
      info: true,
    }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }
    return engine.bytesWritten === coded.length && buffer.length <= maxBytes ? buffer : undefined
  } catch {
    return undefined
  }
}
