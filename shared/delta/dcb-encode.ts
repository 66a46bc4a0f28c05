// dcb encoding (RFC 9842) by node:zlib, and in one shot at the highest effort also by our own encoder.
// Knows: framings, flushes. Does not know: decoding, VCDIFF.

import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants, createBrotliCompress } from 'node:zlib'
import { BaseIndex } from './base-index.ts'
import { encodeBrotli } from './brotli-encode.ts'
import { dcbParameters, dictionaryOptions, encodeDcbHeader } from './dcb.ts'
import { type Effort, type EffortRow, efforts } from './effort.ts'
import { type DeltaEncoder, settleFlushes } from './vcdiff-stream.ts'

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

// Long strings must be looked for well, as pages repeat their templates; short ones gain little.
const OWN_DEPTH = { long: 256, short: 32, target: 32, niceBytes: 256 }

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

// A larger delta has a page of new content in it, which takes our parse seconds and which libbrotli codes better.
const OWN_UP_TO_DELTA_BYTES = 8192

/** A whole dcb delta. node:zlib works on libuv's thread pool; at effort 5 this thread works as well. */
export async function encodeDcb(
  base: Uint8Array | BaseIndex,
  target: Uint8Array,
  options: { effort: Effort; framing: 'file' | 'link' },
): Promise<Uint8Array> {
  const { dcb, ownUpToBytes }: EffortRow = efforts[options.effort]
  const bytes = base instanceof BaseIndex ? base.base : base
  const contents = await Promise.all(
    dcb.map(each => compress(target, dictionaryOptions(bytes, dcbParameters(each, bytes.length, target.length)))),
  )
  let content: Uint8Array = contents.reduce((best, next) => (next.length < best.length ? next : best))
  if (target.length > 0 && target.length <= ownUpToBytes && content.length <= OWN_UP_TO_DELTA_BYTES) {
    const own = encodeBrotli(base instanceof BaseIndex ? base : new BaseIndex(base), target, OWN_DEPTH)
    if (own.length < content.length && (await makes(own, bytes, target))) content = own
  }
  return options.framing === 'file' ? Buffer.concat([encodeDcbHeader(bytes), content]) : content
}

/** Whether node:zlib makes `target` of our stream: a fault in our encoder must cost bytes, never be sent. */
async function makes(stream: Uint8Array, base: Uint8Array, target: Uint8Array): Promise<boolean> {
  try {
    const made = await decompress(stream, { ...dictionaryOptions(base), maxOutputLength: target.length + 1 })
    return made.equals(target)
  } catch {
    return false
  }
}
