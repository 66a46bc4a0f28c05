// dcb encoding (RFC 9842) by node:zlib, as a stream and in one shot.
// Knows: framings, flushes. Does not know: decoding, VCDIFF.

import { promisify } from 'node:util'
import { brotliCompress, constants, createBrotliCompress } from 'node:zlib'
import { dcbParameters, dictionaryOptions, encodeDcbHeader } from './dcb.ts'
import { type DcbSettings, type Effort, efforts } from './effort.ts'
import { type DeltaEncoder, settleFlushes } from './vcdiff-stream.ts'

const compress = promisify(brotliCompress)

/** A stream that makes a dcb delta. `targetBytes` is how much will be written, when that is known. */
export function createDcbEncoder(
  base: Uint8Array,
  options: { effort: Effort; framing: 'file' | 'link'; targetBytes?: number },
): DeltaEncoder {
  const params = dcbParameters(efforts[options.effort].dcb[0], base.length, options.targetBytes)
  const brotli = createBrotliCompress(dictionaryOptions(base, params))
  if (options.framing === 'file') brotli.push(encodeDcbHeader(base))
  const flush = (done: () => void) => brotli.flush(constants.BROTLI_OPERATION_FLUSH, done)
  return Object.assign(brotli, { flushWindow: settleFlushes(brotli, flush) })
}

/** A whole dcb delta. The work is done on libuv's thread pool. */
export async function encodeDcb(
  base: Uint8Array,
  target: Uint8Array,
  options: { effort: Effort; framing: 'file' | 'link' },
): Promise<Uint8Array> {
  const settings: readonly DcbSettings[] = efforts[options.effort].dcb
  const contents = await Promise.all(
    settings.map(each => compress(target, dictionaryOptions(base, dcbParameters(each, base.length, target.length)))),
  )
  const content = contents.reduce((best, next) => (next.length < best.length ? next : best))
  return options.framing === 'file' ? Buffer.concat([encodeDcbHeader(base), content]) : content
}
