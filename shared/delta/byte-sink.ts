// Memory that grows as bytes are written to its end.
// Knows: bytes, VCDIFF integers. Does not know: what they mean.

import { integerBytes, writeInteger } from './vcdiff-integer.ts'

export class ByteSink {
  #memory: Uint8Array
  #length = 0

  constructor(expectedBytes = 1024) {
    this.#memory = new Uint8Array(expectedBytes)
  }

  get length(): number {
    return this.#length
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#memory[this.#length++] = value
  }

  replaceLast(value: number): void {
    this.#memory[this.#length - 1] = value
  }

  /** RFC 3284 §2. */
  integer(value: number): void {
    this.#reserve(integerBytes(value))
    this.#length = writeInteger(this.#memory, this.#length, value)
  }

  /** Four bytes, the most significant first. */
  uint32(value: number): void {
    for (let shift = 24; shift >= 0; shift -= 8) this.byte((value >>> shift) & 0xff)
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#memory.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** What was written. It is not copied: nothing may be written afterwards. */
  taken(): Uint8Array {
    return this.#memory.subarray(0, this.#length)
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#memory.length) return
    const grown = new Uint8Array(Math.max(this.#memory.length * 2, this.#length + bytes))
    grown.set(this.#memory.subarray(0, this.#length))
    this.#memory = grown
  }
}
