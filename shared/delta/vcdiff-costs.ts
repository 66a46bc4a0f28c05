// What VCDIFF's instructions and addresses cost, for a parse that looks for the cheapest.
// Knows: opcodes, sizes, address modes, and what Brotli makes of them. Costs are in sixteenths of a bit.

export interface VcdiffCosts {
  /** One byte of data. */
  readonly literal: number
  /** An address by its length in bytes. */
  readonly address: readonly number[]
  /** A RUN with its size and byte. */
  readonly run: number
  /** The instruction of a COPY of `bytes`; after a short ADD they may share an opcode. */
  copy(bytes: number, afterShortAdd: boolean): number
  /** What the instruction of an ADD grows by with one byte more than `added`. */
  addStep(added: number): number
}

const BIT = 16

/** Plain VCDIFF: bytes are bytes. */
export const plainCosts: VcdiffCosts = makeCosts({
  literal: 8,
  opcode: 8,
  pair: 0,
  size: 8,
  address: [0, 8, 16, 24, 32, 40],
})

/** VCDIFF under Brotli, found by trying on real pages: text takes fewer bits, opcodes too, addresses hardly. */
export const linkCosts: VcdiffCosts = makeCosts({
  literal: 4.5,
  opcode: 5.5,
  pair: 2,
  size: 7.5,
  address: [0, 8, 16, 23, 31, 39],
})

function makeCosts(bits: {
  readonly literal: number
  readonly opcode: number
  /** What an opcode for two instructions costs more than one for the first alone. */
  readonly pair: number
  readonly size: number
  readonly address: readonly number[]
}): VcdiffCosts {
  const opcode = bits.opcode * BIT
  const size = bits.size * BIT
  const pair = bits.pair * BIT
  return {
    literal: bits.literal * BIT,
    address: bits.address.map(cost => cost * BIT),
    run: opcode + size + bits.literal * BIT,
    copy(bytes, afterShortAdd) {
      // Sizes of 4 to 18 have opcodes of their own, 4 to 6 share one with an ADD of 1 to 4 (RFC 3284 §5.6).
      if (bytes <= 6 && afterShortAdd) return pair
      if (bytes <= 18) return opcode
      return opcode + (bytes < 128 ? size : 2 * size)
    },
    addStep(added) {
      if (added === 0) return opcode
      return added === 17 || added === 127 ? size : 0
    },
  }
}

/** The length of the shortest form of an address, given the addresses of the copies before (RFC 3284 §5.3). */
export function addressBytes(address: number, here: number, recent: Int32Array): number {
  let least = address < here - address ? address : here - address
  for (let k = 0; k < recent.length; k++) {
    const ahead = address - recent[k]!
    if (ahead >= 0 && ahead < least) least = ahead
  }
  if (least < 128) return 1
  if (least < 16384) return 2
  if (least < 2097152) return 3
  return least < 268435456 ? 4 : 5
}
