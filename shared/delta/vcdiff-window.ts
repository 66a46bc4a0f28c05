// Writes one VCDIFF window (RFC 3284 §4.3) from add, copy and run.
// Knows: the default code table, address modes, double instructions. Does not know: how matches are found.
// Invariant 1: the address cache sees every copy in order, as the decoder's does.

import { adler32 } from './adler32.ts'
import { ByteSink } from './byte-sink.ts'
import { AddressCache, FIRST_CACHED_MODE, HERE, SELF } from './vcdiff-address.ts'
import { integerBytes } from './vcdiff-integer.ts'
import { WINDOW_ADLER32, WINDOW_SOURCE } from './vcdiff-layout.ts'
import { ADD, COPY, defaultTable, RECENT_SLOTS, RUN } from './vcdiff-table.ts'

/** The three verbs at which a parse and a writer meet: called in the order of the target, they make exactly the target. */
export interface Verbs {
  /** The next `bytes` bytes are those of the target itself, at `at`. */
  add(at: number, bytes: number): void
  /** The next `bytes` bytes are at `address`: in the base, or, from the base's length on, in the target window. */
  copy(address: number, bytes: number): void
  /** The next `bytes` bytes all are `byte`. */
  run(byte: number, bytes: number): void
}

/** Where in the base the copies of a window come from. Address 0 is byte `at` of the base. */
export interface Segment {
  readonly at: number
  readonly bytes: number
}

export class WindowWriter implements Verbs {
  readonly #segment: Segment
  readonly #target: Uint8Array
  readonly #data = new ByteSink()
  readonly #instructions = new ByteSink()
  readonly #addresses = new ByteSink()
  readonly #cache = new AddressCache()
  #made = 0
  /** The opcode that was written last, when the next instruction may join it, or −1. */
  #lastCode = -1

  /** `segment` has no bytes when the window copies only from itself. */
  constructor(segment: Segment, target: Uint8Array) {
    this.#segment = segment
    this.#target = target
  }

  add(at: number, bytes: number): void {
    this.#data.bytes(this.#target.subarray(at, at + bytes))
    this.#write(ADD, bytes, 0)
  }

  run(byte: number, bytes: number): void {
    this.#data.byte(byte)
    this.#write(RUN, bytes, 0)
  }

  copy(address: number, bytes: number): void {
    this.#write(COPY, bytes, this.#writeAddress(address))
  }

  /** The whole window, with its Adler-32 when `checksum` is set. */
  finish(checksum: boolean): Uint8Array {
    const withSegment = this.#segment.bytes > 0
    const lengths = new ByteSink(64)
    lengths.integer(this.#target.length)
    lengths.byte(0)
    lengths.integer(this.#data.length)
    lengths.integer(this.#instructions.length)
    lengths.integer(this.#addresses.length)
    if (checksum) lengths.uint32(adler32(this.#target))
    const sections = this.#data.length + this.#instructions.length + this.#addresses.length
    const window = new ByteSink(sections + 64)
    window.byte((withSegment ? WINDOW_SOURCE : 0) | (checksum ? WINDOW_ADLER32 : 0))
    if (withSegment) {
      window.integer(this.#segment.bytes)
      window.integer(this.#segment.at)
    }
    window.integer(lengths.length + sections)
    for (const part of [lengths, this.#data, this.#instructions, this.#addresses]) window.bytes(part.taken())
    return window.taken()
  }

  /** Writes the shortest form of an address, and gives its mode. Ties go to the lower mode. */
  #writeAddress(address: number): number {
    const { recent, same } = this.#cache
    let mode = SELF
    let value = address
    let cost = integerBytes(address)
    const distance = this.#segment.bytes + this.#made - address
    if (integerBytes(distance) < cost) {
      mode = HERE
      value = distance
      cost = integerBytes(distance)
    }
    for (let slot = 0; slot < RECENT_SLOTS && cost > 1; slot++) {
      const ahead = address - recent[slot]!
      if (ahead < 0 || integerBytes(ahead) >= cost) continue
      mode = FIRST_CACHED_MODE + slot
      value = ahead
      cost = integerBytes(ahead)
    }
    const bucket = address % same.length
    if (cost > 1 && same[bucket] === address) {
      this.#addresses.byte(bucket % 256)
      mode = FIRST_CACHED_MODE + RECENT_SLOTS + Math.floor(bucket / 256)
    } else {
      this.#addresses.integer(value)
    }
    this.#cache.remember(address)
    return mode
  }

  #write(kind: number, bytes: number, mode: number): void {
    this.#made += bytes
    const fixed = bytes <= MAX_FIXED_BYTES ? singleCodes[(kind * 16 + mode) * (MAX_FIXED_BYTES + 1) + bytes]! : 0
    if (fixed === 0) {
      this.#instructions.byte(openCodes[kind * 16 + mode]!)
      this.#instructions.integer(bytes)
      this.#lastCode = -1
      return
    }
    const double = this.#lastCode < 0 ? 0 : doubleCodes[this.#lastCode * 256 + fixed]!
    if (double !== 0) {
      this.#instructions.replaceLast(double)
      this.#lastCode = -1
      return
    }
    this.#instructions.byte(fixed)
    this.#lastCode = fixed
  }
}

// The default table turned around. 0 is RUN, which never has a size of its own, so 0 can mean "none" here.
const MAX_FIXED_BYTES = 18
const singleCodes = new Uint8Array(4 * 16 * (MAX_FIXED_BYTES + 1))
const openCodes = new Uint8Array(4 * 16)
const doubleCodes = new Uint8Array(256 * 256)

for (let code = 0; code < 256; code++) {
  const { kind1, size1, mode1, kind2, size2, mode2 } = defaultTable
  const slot = kind1[code]! * 16 + mode1[code]!
  if (kind2[code] !== 0) {
    const first = singleCodes[slot * (MAX_FIXED_BYTES + 1) + size1[code]!]!
    const second = singleCodes[(kind2[code]! * 16 + mode2[code]!) * (MAX_FIXED_BYTES + 1) + size2[code]!]!
    doubleCodes[first * 256 + second] = code
  } else if (size1[code] === 0) {
    openCodes[slot] = code
  } else {
    singleCodes[slot * (MAX_FIXED_BYTES + 1) + size1[code]!] = code
  }
}
