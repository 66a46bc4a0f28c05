// The delta formats behind one interface: a base and a target make a delta, a base and a delta make the target.
// Knows: which format is who. Does not know: versions, digests of targets, the link, which format pays (`choose.ts`).
// In every format a wrong base can give wrong bytes silently: whoever carries a delta also carries which base it is for.

import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'
import { BaseIndex } from './base-index.ts'
import { type Base, readerOf, wholeBase } from './base-reader.ts'
import { MAX_DCB_BASE_BYTES } from './dcb.ts'
import { createDcbDecoder, decodeShortDcb } from './dcb-decode.ts'
import { createDcbEncoder, encodeDcb } from './dcb-encode.ts'
import { DEFAULT_EFFORT, type Effort } from './effort.ts'
import { LongBase, WHOLE_BASE_BYTES } from './long-base.ts'
import { type SegmentSource, wholeSegment } from './vcdiff-encode.ts'
import { createVcdiffDecoder } from './vcdiff-decode.ts'
import { type DeltaEncoder, encodeVcdiff, VcdiffEncoderStream } from './vcdiff-stream.ts'

export type DeltaFormat = 'vcdiff' | 'dcb'

export const deltaFormats = ['vcdiff', 'dcb'] as const satisfies readonly DeltaFormat[]

/**
 * 'file': as the RFC writes it: plain VCDIFF; dcb with its 36 bytes. 'link': without these 36, or VCDIFF's 5, bytes of
 * header, as the part that carries the delta names format and base; and VCDIFF is
 * compressed as a whole by Brotli where that makes it smaller.
 */
export type DeltaFraming = 'file' | 'link'

export type { Base, DeltaEncoder, Effort }
export { BaseIndex }

export interface EncodeOptions {
  readonly framing: DeltaFraming
  readonly effort?: Effort
  /** VCDIFF only: an Adler-32 for each window, which a decoder checks before it gives the window out. On by default. */
  readonly checksum?: boolean
  /** dcb only: how many bytes will be written, when that is known. */
  readonly targetBytes?: number
}

export interface DecodeOptions {
  readonly framing: DeltaFraming
  /** More than this raises DELTA_TOO_LARGE. */
  readonly maxTargetBytes: number
}

/**
 * A stream: write the target, read its delta. An index that is given instead of a base saves building it anew.
 * VCDIFF takes a base of any length, and holds at most 64 MiB of it; dcb raises DELTA_UNSUPPORTED beyond 64 MiB.
 */
export function createDeltaEncoder(format: DeltaFormat, base: Base | BaseIndex, options: EncodeOptions): DeltaEncoder {
  const { framing, effort = DEFAULT_EFFORT, checksum = true, targetBytes } = options
  if (format === 'vcdiff') return new VcdiffEncoderStream(segmentsOf(base), { effort, checksum, framing })
  const bytes = wholeBase(base instanceof BaseIndex ? base.base : base, MAX_DCB_BASE_BYTES)
  return createDcbEncoder(bytes, targetBytes === undefined ? { effort, framing } : { effort, framing, targetBytes })
}

function segmentsOf(base: Base | BaseIndex): SegmentSource {
  if (base instanceof BaseIndex) return wholeSegment(base)
  if (base.length > WHOLE_BASE_BYTES) return new LongBase(readerOf(base))
  return wholeSegment(new BaseIndex(wholeBase(base, WHOLE_BASE_BYTES)))
}

/**
 * A stream: write a delta, read its target as soon as it is known. Raises DELTA_MALFORMED, DELTA_TRUNCATED, DELTA_BASE,
 * DELTA_CHECKSUM, DELTA_TOO_LARGE, DELTA_UNSUPPORTED. VCDIFF also reads a base that is not in memory.
 */
export function createDeltaDecoder(format: DeltaFormat, base: Base, options: DecodeOptions): Duplex {
  if (format === 'dcb') return createDcbDecoder(wholeBase(base, MAX_DCB_BASE_BYTES), options)
  return createVcdiffDecoder(base, options)
}

/** A whole delta at once. VCDIFF is made in this thread, dcb on libuv's thread pool, at effort 5 in both. */
export async function encodeDelta(
  format: DeltaFormat,
  base: Uint8Array | BaseIndex,
  target: Uint8Array,
  options: EncodeOptions,
): Promise<Uint8Array> {
  const { framing, effort = DEFAULT_EFFORT, checksum = true } = options
  if (format === 'dcb') return encodeDcb(base, target, { framing, effort })
  return encodeVcdiff(segmentsOf(base), target, { effort, checksum, framing })
}

/** A whole target at once. Raises what `createDeltaDecoder` raises. */
export async function decodeDelta(
  format: DeltaFormat,
  base: Base,
  delta: Uint8Array,
  options: DecodeOptions,
): Promise<Uint8Array> {
  const made = format === 'dcb' ? decodeShortDcb(wholeBase(base, MAX_DCB_BASE_BYTES), delta, options) : undefined
  if (made !== undefined) return made
  const decoder = createDeltaDecoder(format, base, options)
  decoder.end(delta)
  return collect(decoder)
}

async function collect(stream: Duplex): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  stream.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  await finished(stream)
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}
