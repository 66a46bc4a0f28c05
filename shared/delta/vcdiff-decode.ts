// VCDIFF decoding as a stream: plain in files, without the header and most often under Brotli on the link.
// Knows: framings. Does not know: dcb, encoding.

import type { Duplex } from 'node:stream'
import { createBrotliDecompress } from 'node:zlib'
import type { Base } from './base-reader.ts'
import { Chain } from './chain.ts'
import { isBrotli, PLAIN_HEADER } from './vcdiff-layout.ts'
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
  return new Chain(first => openLink(patch, first), asDeltaFault)
}

function openLink(patch: VcdiffPatch, first: Uint8Array): [Duplex, ...Duplex[]] {
  if (first.length > 0 && !isBrotli(first[0]!)) return [new PieceStream(patch, () => patch.end())]
  const counter = new ByteCounter()
  const brotli = createBrotliDecompress()
  const windows = new PieceStream(patch, () => {
    patch.end()
    counter.checkAllTaken(brotli)
  })
  return [counter, brotli, windows]
}
