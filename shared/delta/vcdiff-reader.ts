// Takes a VCDIFF stream (RFC 3284 §4) apart: the header, then windows, each as soon as its last byte is there.
// Knows: the layout and its limits. Does not know: the base, what instructions do. `vcdiff-patch.ts` and `show` use it.
// Invariant 1: nothing is allocated by a length that a delta only claims: a window is held once its bytes have come.
// Invariant 2: a window's three sections fill it exactly.

import { Fault } from '../fault.ts'
import { ByteQueue } from './byte-queue.ts'
import { IntegerReader, MAX_INTEGER_BYTES } from './vcdiff-integer.ts'
import {
  HEADER_APPLICATION,
  HEADER_CODE_TABLE,
  HEADER_SECONDARY,
  MAGIC,
  MAX_ADDRESS,
  WINDOW_ADLER32,
  WINDOW_SOURCE,
  WINDOW_TARGET,
} from './vcdiff-layout.ts'

export interface VcdiffHeader {
  readonly kind: 'header'
  /** What an application noted (xdelta3: file names), if it did. */
  readonly application: Uint8Array | undefined
  /** An instruction code table of its own (RFC 3284 §7): a delta against the default one, and the sizes of the caches. */
  readonly codeTable: CustomCodeTable | undefined
}

export interface CustomCodeTable {
  readonly recentSlots: number
  readonly sameSlots: number
  readonly delta: Uint8Array
}

export interface VcdiffWindow {
  readonly kind: 'window'
  /** Where the source segment lies: in the base, in the target made so far, or nowhere. */
  readonly segment: 'base' | 'target' | 'none'
  readonly segmentAt: number
  readonly segmentBytes: number
  readonly targetBytes: number
  /** The Adler-32 of the target window, when the delta carries it. */
  readonly checksum: number | undefined
  readonly data: Uint8Array
  readonly instructions: Uint8Array
  readonly addresses: Uint8Array
  /** The length of the whole window in the delta. */
  readonly deltaBytes: number
}

export type VcdiffItem = VcdiffHeader | VcdiffWindow

// Win_Indicator, segment length and position, window length: 1 + 3 × 8 bytes at most.
const WINDOW_HEAD_BYTES = 25

// xdelta3 notes two file names and compressor names; anything near this is not a note.
const MAX_APPLICATION_BYTES = 65536

// A serial code table has 1 536 bytes; its delta is smaller or, at worst, a few bytes larger.
const MAX_CODE_TABLE_BYTES = 4096

/** The most bytes a window that makes `targetBytes` may take: an instruction, size and address for every byte. */
export function maxWindowBytes(targetBytes: number): number {
  return 12 * targetBytes + 1024
}

export class VcdiffReader {
  readonly #queue = new ByteQueue()
  readonly #maxTargetBytes: number
  #started = false

  /** No window may claim to make more than `maxTargetBytes` bytes. */
  constructor(maxTargetBytes: number) {
    this.#maxTargetBytes = maxTargetBytes
  }

  push(chunk: Uint8Array): void {
    this.#queue.push(chunk)
  }

  /** The next item, or nothing until more is pushed. Raises DELTA_MALFORMED, DELTA_TOO_LARGE, DELTA_UNSUPPORTED. */
  next(): VcdiffItem | undefined {
    if (this.#started) return this.#nextWindow()
    const header = this.#readHeader()
    if (header !== undefined) this.#started = true
    return header
  }

  /** Says that no more comes. Raises DELTA_TRUNCATED when an item is not complete. */
  end(): void {
    if (!this.#started) throw new Fault('DELTA_TRUNCATED', 'the delta ends within its header')
    if (this.#queue.length > 0) throw new Fault('DELTA_TRUNCATED', 'the delta ends within a window')
  }

  #readHeader(): VcdiffHeader | undefined {
    const bytes = this.#queue.peek(MAGIC.length + 1 + 16 + MAX_APPLICATION_BYTES + MAX_CODE_TABLE_BYTES)
    checkMagic(bytes)
    const reader = new IntegerReader(bytes, MAGIC.length)
    const indicator = reader.tryByte()
    if (indicator < 0) return undefined
    if ((indicator & ~(HEADER_SECONDARY | HEADER_CODE_TABLE | HEADER_APPLICATION)) !== 0)
      throw new Fault('DELTA_UNSUPPORTED', `the header has unknown indicator bits (${indicator})`)
    if ((indicator & HEADER_SECONDARY) !== 0)
      throw new Fault('DELTA_UNSUPPORTED', 'the delta has a secondary compressor; make it again with `-S none`')
    let codeTable: CustomCodeTable | undefined
    if ((indicator & HEADER_CODE_TABLE) !== 0) {
      const table = takeBlock(reader, MAX_CODE_TABLE_BYTES, 'code table')
      if (table === undefined) return undefined
      if (table.length < 2) throw new Fault('DELTA_MALFORMED', 'the code table is empty')
      codeTable = { recentSlots: table[0]!, sameSlots: table[1]!, delta: Uint8Array.from(table.subarray(2)) }
    }
    let application: Uint8Array | undefined
    if ((indicator & HEADER_APPLICATION) !== 0) {
      const block = takeBlock(reader, MAX_APPLICATION_BYTES, 'application header')
      if (block === undefined) return undefined
      application = Uint8Array.from(block)
    }
    this.#queue.drop(reader.at)
    return { kind: 'header', application, codeTable }
  }

  #nextWindow(): VcdiffWindow | undefined {
    if (this.#queue.length === 0) return undefined
    const reader = new IntegerReader(this.#queue.peek(WINDOW_HEAD_BYTES + 8))
    const indicator = reader.tryByte()
    if ((indicator & ~(WINDOW_SOURCE | WINDOW_TARGET | WINDOW_ADLER32)) !== 0)
      throw new Fault('DELTA_MALFORMED', `a window has unknown indicator bits (${indicator})`)
    if ((indicator & WINDOW_SOURCE) !== 0 && (indicator & WINDOW_TARGET) !== 0)
      throw new Fault('DELTA_MALFORMED', 'a window has a segment of the base and of the target at once')
    const segment = (indicator & WINDOW_SOURCE) !== 0 ? 'base' : (indicator & WINDOW_TARGET) !== 0 ? 'target' : 'none'
    const segmentBytes = segment === 'none' ? 0 : reader.tryInteger()
    const segmentAt = segment === 'none' ? 0 : reader.tryInteger()
    const bodyBytes = reader.tryInteger()
    if (segmentBytes < 0 || segmentAt < 0 || bodyBytes < 0) return undefined
    const headBytes = reader.at
    // The body begins with the length of the target; what lies beyond the body is the next window's.
    const start = new IntegerReader(reader.bytes.subarray(0, headBytes + bodyBytes), headBytes)
    const targetBytes = start.tryInteger()
    if (targetBytes >= 0) this.#checkSizes(segmentBytes, targetBytes, bodyBytes)
    const known = targetBytes >= 0 || bodyBytes < MAX_INTEGER_BYTES
    if (!known || this.#queue.length < headBytes + bodyBytes) return undefined
    this.#queue.drop(headBytes)
    const body = readBody(this.#queue.take(bodyBytes), (indicator & WINDOW_ADLER32) !== 0)
    return { kind: 'window', segment, segmentAt, segmentBytes, ...body, deltaBytes: headBytes + bodyBytes }
  }

  #checkSizes(segmentBytes: number, targetBytes: number, bodyBytes: number): void {
    if (targetBytes > this.#maxTargetBytes)
      throw new Fault('DELTA_TOO_LARGE', `a window makes ${targetBytes} bytes; ${this.#maxTargetBytes} are allowed`)
    if (segmentBytes + targetBytes > MAX_ADDRESS)
      throw new Fault('DELTA_TOO_LARGE', 'a window and its segment are 2 GiB or more')
    if (bodyBytes > maxWindowBytes(targetBytes))
      throw new Fault('DELTA_MALFORMED', `a window of ${targetBytes} bytes claims to take ${bodyBytes}`)
  }
}

function checkMagic(bytes: Uint8Array): void {
  for (let i = 0; i < Math.min(MAGIC.length, bytes.length); i++) {
    if (bytes[i] === MAGIC[i]) continue
    if (i === 3 && bytes[i] === 0x53)
      throw new Fault('DELTA_UNSUPPORTED', 'this is the SDCH dialect of VCDIFF (version S), not RFC 3284')
    throw new Fault('DELTA_MALFORMED', 'this is not a VCDIFF delta')
  }
}

function takeBlock(reader: IntegerReader, maxBytes: number, what: string): Uint8Array | undefined {
  const length = reader.tryInteger()
  if (length > maxBytes) throw new Fault('DELTA_TOO_LARGE', `the ${what} has ${length} bytes; ${maxBytes} are allowed`)
  if (length < 0 || reader.left < length) return undefined
  reader.at += length
  return reader.bytes.subarray(reader.at - length, reader.at)
}

function readBody(bytes: Uint8Array, summed: boolean) {
  const reader = new IntegerReader(bytes)
  const targetBytes = reader.integer('the lengths of a window')
  const indicator = reader.byte('the lengths of a window')
  if (indicator !== 0) throw new Fault('DELTA_UNSUPPORTED', 'a window has compressed sections')
  const dataBytes = reader.integer('the lengths of a window')
  const instructionBytes = reader.integer('the lengths of a window')
  const addressBytes = reader.integer('the lengths of a window')
  let checksum: number | undefined
  if (summed) {
    checksum = 0
    for (let i = 0; i < 4; i++) checksum = checksum * 256 + reader.byte('the checksum bytes of a window')
  }
  if (dataBytes + instructionBytes + addressBytes !== reader.left)
    throw new Fault('DELTA_MALFORMED', 'the sections of a window do not fill it')
  const take = (length: number) => bytes.subarray(reader.at, (reader.at += length))
  const data = take(dataBytes)
  const instructions = take(instructionBytes)
  return { targetBytes, checksum, data, instructions, addresses: take(addressBytes) }
}
