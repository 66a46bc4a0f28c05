// Adler-32 (RFC 1950 §8.2), the checksum that xdelta3 and open-vcdiff write for each window.
// Knows: bytes. It finds accidents, not attacks.

const MODULUS = 65521

// The most bytes that can be summed before the second sum may pass 2^32 − 1 (zlib's NMAX); below 2^53 it is exact anyway,
// but small integers are faster.
const STRIDE = 2048

/** The Adler-32 of `bytes`, an unsigned 32-bit number. */
export function adler32(bytes: Uint8Array): number {
  let a = 1
  let b = 0
  let at = 0
  const length = bytes.length
  while (at < length) {
    const end = Math.min(at + STRIDE, length)
    const end8 = at + ((end - at) & ~7)
    for (; at < end8; at += 8) {
      const b0 = bytes[at]!
      const b1 = bytes[at + 1]!
      const b2 = bytes[at + 2]!
      const b3 = bytes[at + 3]!
      const b4 = bytes[at + 4]!
      const b5 = bytes[at + 5]!
      const b6 = bytes[at + 6]!
      const b7 = bytes[at + 7]!
      b = (b + 8 * a + 8 * b0 + 7 * b1 + 6 * b2 + 5 * b3 + 4 * b4 + 3 * b5 + 2 * b6 + b7) | 0
      a = (a + b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7) | 0
    }
    for (; at < end; at++) {
      a = (a + bytes[at]!) | 0
      b = (b + a) | 0
    }
    a %= MODULUS
    b %= MODULUS
  }
  return ((b << 16) | a) >>> 0
}
