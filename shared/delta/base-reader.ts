// What the delta code needs of a base: its length, and bytes at a place. Memory is one; a file can be another.
// Knows: places. Does not know: files (the shell that opens one gives the function), formats.

import { Fault } from '../fault.ts'

export interface BaseReader {
  readonly length: number
  /** Exactly `bytes` bytes at `at`, which lie within the length. The result is only read, and only until the next call. */
  read(at: number, bytes: number): Uint8Array
}

export type Base = Uint8Array | BaseReader

export function readerOf(base: Base): BaseReader {
  if (!(base instanceof Uint8Array)) return base
  return { length: base.length, read: (at, bytes) => base.subarray(at, at + bytes) }
}

/** The whole base in memory. Raises DELTA_UNSUPPORTED when it is longer than `maxBytes`. */
export function wholeBase(base: Base, maxBytes: number): Uint8Array {
  if (base instanceof Uint8Array) return base
  if (base.length > maxBytes)
    throw new Fault(
      'DELTA_UNSUPPORTED',
      `a base of ${base.length} bytes is too long for this format (at most ${maxBytes}); use vcdiff`,
    )
  return base.read(0, base.length)
}
