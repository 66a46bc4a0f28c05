// VCDIFF decoding as a stream: plain in files, out of Brotli and without the header on the link.
// Knows: framings. Does not know: dcb, encoding.

import type { Duplex } from 'node:stream'
import { createBrotliDecompress } from 'node:zlib'
import type { Base } from './base-reader.ts'
import { Chain } from './chain.ts'
import { PLAIN_HEADER } from './vcdiff-layout.ts'
import { PieceStream } from './piece-stream.ts'
import { VcdiffPatch } from './vcdiff-patch.ts'
import { asDeltaFault, ByteCounter } from './zlib-fault.ts'

/** A stream that reads a VCDIFF delta and gives each target window as soon as it is whole and checked. */
export function createVcdiffDecoder(base: Base, options: { framing: 'file' | 'link'; maxTargetBytes: number }): Duplex {
  const patch = new VcdiffPatch(base, { maxTargetBytes: options.maxTargetBytes })
  if (options.framing === 'file') return new PieceStream(patch, () => patch.end())
  // The header that the link leaves out; nothing comes of it, but an empty target has no other part.
  patch.push(PLAIN_HEADER)
  patch.next()
  const counter = new ByteCounter()
  const brotli = createBrotliDecompress()
  const windows = new PieceStream(patch, () => {
    patch.end()
    counter.checkAllTaken(brotli)
  })
  return new Chain([counter, brotli, windows], asDeltaFault)
}
