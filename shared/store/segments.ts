// The compressed form of a content: pieces that are each ended by a flush. A speculation is sent in it, and stopped
// between any two; versions are kept on disks in it, so that what was kept needs no work to be sent.
// Knows: Brotli, lengths. Does not know: links, disks.
//
// Invariant: `contentEnd` of the last segment is the length of the content; every segment before covers a full step.
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliDecompress, constants, createBrotliCompress } from 'node:zlib'

export interface Segment {
  readonly bytes: Uint8Array
  /** How much of the content can be decoded with this segment and those before. */
  readonly contentEnd: number
}

// A flush costs a new set of Huffman codes: at 8 KiB of text about 4 % of its 2 kB compressed, and it is what a
// verdict may have to wait for: half a second at 28.8 kbit/s.
const SEGMENT_CONTENT_BYTES = 8 * 1024
const QUALITY = 7
const CHECKSUM_BYTES = 8

// By the content itself: a version whose fields were confirmed anew is another object with the same content.
const known = new WeakMap<Uint8Array, Promise<readonly Segment[]>>()

/** The segments of a content, made once and remembered as long as the content is. */
export function segmentsOf(content: Uint8Array): Promise<readonly Segment[]> {
  const before = known.get(content)
  if (before) return before
  const segments = compressInSegments(content)
  known.set(content, segments)
  return segments
}

/** Has `segmentsOf` give these: they came with the content from where it was kept. */
export function rememberSegments(content: Uint8Array, segments: readonly Segment[]): void {
  known.set(content, Promise.resolve(segments))
}

/** Compresses `content`; an empty one has no segments. */
export async function compressInSegments(content: Uint8Array): Promise<readonly Segment[]> {
  const brotli = createBrotliCompress({
    params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    flush: constants.BROTLI_OPERATION_PROCESS,
  })
  const segments: Segment[] = []
  for (let start = 0; start < content.length; start += SEGMENT_CONTENT_BYTES) {
    const contentEnd = Math.min(start + SEGMENT_CONTENT_BYTES, content.length)
    brotli.write(content.subarray(start, contentEnd))
    await new Promise<void>(resolve => brotli.flush(resolve))
    const pieces: Uint8Array[] = []
    for (let piece = brotli.read(); piece !== null; piece = brotli.read()) pieces.push(piece as Uint8Array)
    segments.push({ bytes: Buffer.concat(pieces), contentEnd })
  }
  brotli.destroy()
  return segments
}

/**
 * The lengths of segments, four bytes each, and a checksum: what is needed to part them again once they are joined. The
 * digest of the content does not cover where they are parted.
 */
export function lengthsOf(segments: readonly Segment[]): Uint8Array {
  const lengths = Buffer.alloc(4 * segments.length)
  for (const [at, { bytes }] of segments.entries()) lengths.writeUInt32LE(bytes.length, 4 * at)
  return Buffer.concat([lengths, checksumOf(lengths)])
}

/** Parts joined segments; undefined when what `lengthsOf` gave is damaged or does not fit. */
export function partSegments(
  joined: Uint8Array,
  written: Uint8Array,
  contentLength: number,
): readonly Segment[] | undefined {
  const lengths = written.subarray(0, -CHECKSUM_BYTES)
  if (!checksumOf(lengths).equals(written.subarray(-CHECKSUM_BYTES))) return undefined
  if (lengths.length !== 4 * Math.ceil(contentLength / SEGMENT_CONTENT_BYTES)) return undefined
  const view = new DataView(lengths.buffer, lengths.byteOffset, lengths.length)
  const segments: Segment[] = []
  let start = 0
  for (let at = 0; at < lengths.length; at += 4) {
    const end = start + view.getUint32(at, true)
    const contentEnd = Math.min((at / 4 + 1) * SEGMENT_CONTENT_BYTES, contentLength)
    segments.push({ bytes: joined.subarray(start, end), contentEnd })
    start = end
  }
  return start === joined.length ? segments : undefined
}

/** The content of joined segments; raises what zlib says of damaged ones, and when there is more than that. */
export async function decompressSegments(joined: Uint8Array, contentLength: number): Promise<Uint8Array> {
  if (contentLength === 0) return new Uint8Array(0)
  // The last segment ends with a flush as all do: the stream has no end of its own.
  const finishFlush = constants.BROTLI_OPERATION_FLUSH
  return promisify(brotliDecompress)(joined, { finishFlush, maxOutputLength: contentLength })
}

function checksumOf(lengths: Uint8Array): Buffer {
  return createHash('sha256').update(lengths).digest().subarray(0, CHECKSUM_BYTES)
}
