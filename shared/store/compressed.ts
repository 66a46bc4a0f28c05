// The compressed form of a content: one Brotli stream. A speculation is sent in it, and stopped wherever the origin
// answers; versions are kept on disks in it, so that what was kept needs no work to be sent.
// Knows: Brotli, lengths. Does not know: links, disks.
//
// Invariant: what can be decoded of the beginning of a stream depends on how many bytes of it there are, and not on how
// they were cut: a decoder gives all that its input determines (BrotliDecoderDecompressStream pushes it). So far knows what
// near can decode without any flush, each of which would cost new tables of codes.
import { promisify } from 'node:util'
import { type BrotliOptions, brotliCompress, brotliCompressSync, brotliDecompress, constants } from 'node:zlib'

// What is made while somebody waits for it; in idle time whoever prepares it may do better.
const QUALITY = 7

// By the content itself: a version whose fields were confirmed anew is another object with the same content.
const known = new WeakMap<Uint8Array, Promise<Uint8Array>>()

/** The compressed form of a content, made once and remembered as long as the content is. `quality`: how, if not yet. */
export function compressedOf(content: Uint8Array, quality = QUALITY): Promise<Uint8Array> {
  const before = known.get(content)
  if (before) return before
  const compressed = compress(content, quality)
  known.set(content, compressed)
  return compressed
}

/** Has `compressedOf` give this: it came with the content from where it was kept. */
export function rememberCompressed(content: Uint8Array, compressed: Uint8Array): void {
  known.set(content, Promise.resolve(compressed))
}

export function compress(content: Uint8Array, quality = QUALITY): Promise<Uint8Array> {
  return promisify(brotliCompress)(content, optionsFor(content, quality))
}

/** The same in this thread, for what takes less than to hand it to another. */
export function compressHere(content: Uint8Array, quality: number): Uint8Array {
  return brotliCompressSync(content, optionsFor(content, quality))
}

function optionsFor({ length }: Uint8Array, quality: number): BrotliOptions {
  return { params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: length } }
}

/** The content; raises what zlib says of a damaged stream, and when there is more than that. */
export async function decompress(compressed: Uint8Array, contentLength: number): Promise<Uint8Array> {
  if (contentLength === 0) return new Uint8Array(0)
  return promisify(brotliDecompress)(compressed, { maxOutputLength: contentLength })
}

/** How much of the content can be decoded from the beginning of its compressed form. */
export async function decodableLength(beginning: Uint8Array): Promise<number> {
  if (beginning.length === 0) return 0
  // To finish with a flush is to be content with what there is.
  return (await promisify(brotliDecompress)(beginning, { finishFlush: constants.BROTLI_OPERATION_FLUSH })).length
}
