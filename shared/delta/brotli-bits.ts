// Bits, the least significant first, as Brotli packs them (RFC 7932 §1.5.1).
// Knows: bits. Does not know: what they mean.

export class BitSink {
  #bytes = new Uint8Array(4096)
  #length = 0
  #held = 0
  #heldBits = 0

  /** Writes the lowest `count` bits of `value`, at most 24. */
  bits(value: number, count: number): void {
    this.#held |= (value & ((1 << count) - 1)) << this.#heldBits
    this.#heldBits += count
    while (this.#heldBits >= 8) {
      this.#byte(this.#held & 0xff)
      this.#held >>>= 8
      this.#heldBits -= 8
    }
  }

  /** All that was written, filled up with zero bits to whole bytes. */
  finish(): Uint8Array {
    if (this.#heldBits > 0) this.#byte(this.#held & 0xff)
    this.#heldBits = 0
    return this.#bytes.subarray(0, this.#length)
  }

  #byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(this.#length * 2)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes[this.#length++] = value
  }
}
