// The fixed bits of a VCDIFF file: magic and indicator bytes (RFC 3284 §4), and the extension that is a custom.
// Knows: numbers. Does not know: how they are read or written.

/** 'V', 'C', 'D' with their top bits set, then version 0 (RFC 3284 §4.1). */
export const MAGIC = Uint8Array.of(0xd6, 0xc3, 0xc4, 0x00)

// Hdr_Indicator.
export const HEADER_SECONDARY = 0x01
export const HEADER_CODE_TABLE = 0x02
// Not in the RFC: an application header, written by xdelta3 and open-vcdiff.
export const HEADER_APPLICATION = 0x04

/** The header of a delta that needs nothing of its own; the link leaves it out. */
export const PLAIN_HEADER = Uint8Array.of(...MAGIC, 0)

// On the link a delta comes under Brotli or plain, whichever is smaller; its first byte tells. Brotli's window is always
// 2^22 bytes there, so its stream begins with the bits 1011 (RFC 7932 §9.1); a window's indicator is 7 at most.
export const LINK_LGWIN = 22

export function isBrotli(firstByte: number): boolean {
  return (firstByte & 0x0f) === 0x0b
}

// Win_Indicator.
export const WINDOW_SOURCE = 0x01
export const WINDOW_TARGET = 0x02
// Not in the RFC: the Adler-32 of the target window follows the lengths, big-endian, as xdelta3 and open-vcdiff write it.
export const WINDOW_ADLER32 = 0x04

// Source segment and target window share one address space, kept below 2^31 so that addresses are small integers.
export const MAX_ADDRESS = 0x7fffffff
