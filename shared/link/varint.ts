// Whole numbers of variable length as QUIC and HTTP/3 write them (RFC 9000 §16): two bits of length, then the number.
// Knows: nothing else.

// Above this a JavaScript number is no longer exact; no length or count on the link comes near it.
export const MAX_VARINT = Number.MAX_SAFE_INTEGER

/** The bytes of `value`, a whole number from 0 to `MAX_VARINT`. */
export function encodeVarint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a whole number from 0 to 2^53 - 1: ${value}`)
  if (value < 0x40) return Uint8Array.of(value)
  if (value < 0x4000) return Uint8Array.of(0x40 | (value >> 8), value & 0xff)
  const bytes = new DataView(new ArrayBuffer(value < 0x4000_0000 ? 4 : 8))
  if (bytes.byteLength === 4) bytes.setUint32(0, (0x8000_0000 | value) >>> 0)
  else bytes.setBigUint64(0, 0xc000_0000_0000_0000n | BigInt(value))
  return new Uint8Array(bytes.buffer)
}

/**
 * Reads the number that starts at `offset`. Gives undefined when `bytes` ends before the number does; `value` is
 * infinite when it is above `MAX_VARINT`, so that any bound refuses it.
 */
export function decodeVarint(bytes: Uint8Array, offset: number): { value: number; end: number } | undefined {
  const first = bytes[offset]
  if (first === undefined) return undefined
  const end = offset + (1 << (first >> 6))
  if (end > bytes.length) return undefined
  let value = first & 0x3f
  for (let at = offset + 1; at < end; at++) value = value * 256 + (bytes[at] ?? 0)
  return { value: value <= MAX_VARINT ? value : Number.POSITIVE_INFINITY, end }
}
