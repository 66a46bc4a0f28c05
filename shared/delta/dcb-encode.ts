// dcb encoding (RFC 9842) by node:zlib, and in one shot, for small deltas, also by our own encoder.
// Knows: framings, flushes. Does not know: decoding, VCDIFF.

import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants, createBrotliCompress } from 'node:zlib'
import { BaseIndex } from './base-index.ts'
import { encodeBrotli } from './brotli-encode.ts'
import { dcbParameters, dictionaryOptions, encodeDcbHeader } from './dcb.ts'
import { type DcbEffort, type DcbSettings, type Effort, efforts } from './effort.ts'
import { type DeltaEncoder, settleFlushes } from './vcdiff-stream.ts'

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

// Long strings must be looked for well, as pages repeat their templates; short ones gain little.
const OWN_DEPTH = { long: 128, short: 32, target: 32, niceBytes: 256 }

// Our parse takes 20 bytes of memory for each byte of its target, and milliseconds for each KiB that changed.
const OWN_UP_TO_TARGET_BYTES = 2 * 1024 * 1024

/** A stream that makes a dcb delta. `targetBytes` is how much will be written, when that is known. */
export function createDcbEncoder(
  base: Uint8Array,
  options: { effort: Effort; framing: 'file' | 'link'; targetBytes?: number },
): DeltaEncoder {
  const { first, again }: DcbEffort = efforts[options.effort].dcb
  const params = dcbParameters(again ?? first[0], base.length, options.targetBytes)
  const brotli = createBrotliCompress(dictionaryOptions(base, params))
  if (options.framing === 'file') brotli.push(encodeDcbHeader(base))
  const flush = (done: () => void) => brotli.flush(constants.BROTLI_OPERATION_FLUSH, done)
  return Object.assign(brotli, { flushWindow: settleFlushes(brotli, flush) })
}

/** A whole dcb delta. node:zlib works on libuv's thread pool; from effort 3 on this thread works as well. */
export async function encodeDcb(
  base: Uint8Array | BaseIndex,
  target: Uint8Array,
  options: { effort: Effort; framing: 'file' | 'link' },
): Promise<Uint8Array> {
  const { first, ownUpToBytes, again }: DcbEffort = efforts[options.effort].dcb
  const bytes = base instanceof BaseIndex ? base.base : base
  const make = (settings: DcbSettings): Promise<Uint8Array> =>
    compress(target, dictionaryOptions(bytes, dcbParameters(settings, bytes.length, target.length)))
  let content = smallest(await Promise.all(first.map(make)))
  if (target.length > 0 && target.length <= OWN_UP_TO_TARGET_BYTES && content.length <= ownUpToBytes) {
    const own = encodeBrotli(base instanceof BaseIndex ? base : new BaseIndex(base), target, OWN_DEPTH)
    if (own.length < content.length && (await makes(own, bytes, target))) content = own
  } else if (again !== undefined) {
    content = smallest([content, await make(again)])
  }
  return options.framing === 'file' ? Buffer.concat([encodeDcbHeader(bytes), content]) : content
}

function smallest(contents: readonly Uint8Array[]): Uint8Array {
  return contents.reduce((best, next) => (next.length < best.length ? next : best))
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
