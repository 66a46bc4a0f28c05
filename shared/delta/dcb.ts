// Dictionary-compressed Brotli (RFC 9842), the base as its raw dictionary: the frame and Brotli's parameters.
// Knows: the 36 bytes before the content, windows, node:zlib's names. Does not know: streams, when to use it.
// On the link the frame is left out: the part that carries the delta already names its base.

import { createHash } from 'node:crypto'
import { type BrotliOptions, constants } from 'node:zlib'
import type { DcbSettings } from './effort.ts'

/** RFC 9842 §4.1: four bytes of magic, then the SHA-256 of the dictionary. */
export const DCB_MAGIC = Uint8Array.of(0xff, 0x44, 0x43, 0x42)
export const DCB_HEADER_BYTES = 36

// A dictionary must lie in memory, and Brotli keeps an index about as large beside it.
export const MAX_DCB_BASE_BYTES = 64 * 1024 * 1024

// RFC 7932 §9.1: windows of 2^10 to 2^24 bytes. The dictionary is reached beyond the window, whatever its size.
const MIN_LGWIN = 10
const MAX_LGWIN = 24

export function encodeDcbHeader(base: Uint8Array): Uint8Array {
  return Buffer.concat([DCB_MAGIC, createHash('sha256').update(base).digest()])
}

/** Options of node:zlib for a dictionary; its types do not have it yet. */
export function dictionaryOptions(base: Uint8Array, params?: Record<number, number>): BrotliOptions {
  // An empty dictionary is no dictionary, and node:zlib refuses one.
  const options: BrotliOptions & { dictionary?: Uint8Array } = base.length === 0 ? {} : { dictionary: base }
  if (params !== undefined) options.params = params
  return options
}

/** Brotli's parameters: a window that holds base and target, since a smaller one also limits what its search looks at. */
export function dcbParameters(settings: DcbSettings, baseBytes: number, targetBytes?: number): Record<number, number> {
  let lgwin = MIN_LGWIN
  const wanted = targetBytes === undefined ? 1 << MAX_LGWIN : baseBytes + targetBytes + 16
  while (lgwin < MAX_LGWIN && 1 << lgwin < wanted) lgwin++
  const params: Record<number, number> = {
    [constants.BROTLI_PARAM_QUALITY]: settings.quality,
    [constants.BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING]: settings.contexts ? 0 : 1,
    [constants.BROTLI_PARAM_LGWIN]: lgwin,
  }
  if (targetBytes !== undefined) params[constants.BROTLI_PARAM_SIZE_HINT] = targetBytes
  return params
}
