// Brotli's commands (RFC 7932 §4, §5): insert and copy lengths, distances and the ring of the last four.
// Knows: numbers and codes. Does not know: bits, where copies come from.

const INSERT_BASE = [
  0, 1, 2, 3, 4, 5, 6, 8, 10, 14, 18, 26, 34, 50, 66, 98, 130, 194, 322, 578, 1090, 2114, 6210, 22594,
]
const INSERT_EXTRA = [0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 12, 14, 24]
const COPY_BASE = [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 18, 22, 30, 38, 54, 70, 102, 134, 198, 326, 582, 1094, 2118]
const COPY_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 24]

export const COMMAND_SYMBOLS = 704
/** With no direct codes and no postfix: 16 short codes, two for each number of extra bits from 1 to 24. */
export const DISTANCE_SYMBOLS = 64
export const MIN_COPY_BYTES = 2

/** RFC 7932 §4: the ring as a stream begins, the latest first. */
export const FIRST_RING: readonly number[] = [4, 11, 15, 16]

export interface LengthCode {
  readonly code: number
  readonly extra: number
  readonly extraBits: number
}

function lengthCode(length: number, bases: readonly number[], extras: readonly number[]): LengthCode {
  let code = bases.length - 1
  while (bases[code]! > length) code--
  return { code, extra: length - bases[code]!, extraBits: extras[code]! }
}

const QUICK = 2200
const insertCodes = Array.from({ length: QUICK }, (_, length) => lengthCode(length, INSERT_BASE, INSERT_EXTRA))
const copyCodes = Array.from({ length: QUICK }, (_, length) => lengthCode(Math.max(2, length), COPY_BASE, COPY_EXTRA))

export function insertCode(length: number): LengthCode {
  return insertCodes[length] ?? lengthCode(length, INSERT_BASE, INSERT_EXTRA)
}

export function copyCode(length: number): LengthCode {
  return copyCodes[length] ?? lengthCode(length, COPY_BASE, COPY_EXTRA)
}

/** The longest length that has the same code as `length`. */
export function lastOfCopyCode({ code, extraBits }: LengthCode): number {
  return COPY_BASE[code]! + (1 << extraBits) - 1
}

/** The symbol for both lengths; the first 128 also say that the distance is the last one (RFC 7932 §5). */
export function commandSymbol(insert: number, copy: number, isLastDistance: boolean): number {
  const low = (copy & 7) | ((insert & 7) << 3)
  if (isLastDistance && insert < 8 && copy < 16) return copy < 8 ? low : low | 64
  const cell = 2 * ((copy >> 3) + 3 * (insert >> 3))
  // The rows of the table in RFC 7932 §5 begin at 128, 192, 384, 256, 320, 512, 448, 576, 640.
  return (CELL_START[cell >> 1]! | low) >>> 0
}

const CELL_START = [128, 192, 384, 256, 320, 512, 448, 576, 640]

/** Whether a command symbol is followed by a distance symbol. */
export function hasDistance(symbol: number): boolean {
  return symbol >= 128
}

/** The short code for a distance, or −1. */
export function shortDistance(distance: number, ring: ArrayLike<number>): number {
  for (let k = 0; k < 4; k++) if (ring[k] === distance) return k
  for (let k = 0; k < 2; k++) {
    // RFC 7932 §4: codes 4 to 15 add −1, 1, −2, 2, −3 or 3 to the last distance, or to the one before.
    const offset = distance - ring[k]!
    if (offset >= -3 && offset <= 3) return 2 + 6 * k + (offset < 0 ? -2 * offset : 2 * offset + 1)
  }
  return -1
}

/** The code for any distance (RFC 7932 §4, NPOSTFIX and NDIRECT zero). */
export function longDistance(distance: number): LengthCode {
  const value = distance + 3
  const extraBits = 31 - Math.clz32(value) - 1
  const prefix = (value >> extraBits) & 1
  return { code: 16 + 2 * (extraBits - 1) + prefix, extra: value - ((2 + prefix) << extraBits), extraBits }
}
