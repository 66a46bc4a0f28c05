// The integers of VCDIFF (RFC 3284 §2): base 128, most significant digit first, the top bit says that more follow.
// Knows: bytes. Does not know: what an integer means, or who asks.

import { Fault } from '../fault.ts'

/** The largest integer that is written or read: positions in files, so 2^53 − 1 (eight digits). */
export const MAX_INTEGER = Number.MAX_SAFE_INTEGER

// 8 × 7 = 56 bits hold 2^53 − 1; a longer integer is padding or an overflow, and is refused.
export const MAX_INTEGER_BYTES = 8

/** How many bytes `value` takes: 1 to 8. */
export function integerBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

/** Writes `value` into `into` at `at` and gives the offset after it. */
export function writeInteger(into: Uint8Array, at: number, value: number): number {
  const bytes = integerBytes(value)
  let rest = value
  for (let i = bytes - 1; i >= 0; i--) {
    into[at + i] = (rest % 128) | (i === bytes - 1 ? 0 : 0x80)
    rest = Math.floor(rest / 128)
  }
  return at + bytes
}

/** Reads integers and bytes one after the other from one piece of memory, and never outside it. */
export class IntegerReader {
  readonly bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  /** The next byte, or −1 where the bytes end. */
  tryByte(): number {
    return this.at < this.bytes.length ? this.bytes[this.at++]! : -1
  }

  /** The next integer, or −1 where the bytes end within it. Raises DELTA_MALFORMED beyond 2^53 − 1. */
  tryInteger(): number {
    let value = 0
    for (let digits = 0; ; digits++) {
      if (this.at >= this.bytes.length) return -1
      if (digits === MAX_INTEGER_BYTES) throw new Fault('DELTA_MALFORMED', 'an integer has more than eight digits')
      const byte = this.bytes[this.at++]!
      value = value * 128 + (byte & 0x7f)
      if (value > MAX_INTEGER) throw new Fault('DELTA_MALFORMED', 'an integer is larger than 2^53 - 1')
      if (byte < 128) return value
    }
  }

  /** The next byte of a section that must still hold one. `what` names the section in the fault. */
  byte(what: string): number {
    if (this.at >= this.bytes.length) throw new Fault('DELTA_MALFORMED', `${what} end too early`)
    return this.bytes[this.at++]!
  }

  /** The next integer of a section that must still hold one. */
  integer(what: string): number {
    const first = this.at < this.bytes.length ? this.bytes[this.at]! : 128
    if (first < 128) {
      this.at++
      return first
    }
    const value = this.tryInteger()
    if (value < 0) throw new Fault('DELTA_MALFORMED', `${what} end too early`)
    return value
  }
}
