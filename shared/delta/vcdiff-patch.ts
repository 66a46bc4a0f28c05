// Follows a VCDIFF delta (RFC 3284) from a base to its target, window by window, as the delta arrives.
// Knows: base, limits, custom code tables, the target made so far. Does not know: streams, compression, digests.
// Invariant 1: no window is given out before its checksum, when it carries one, has matched.
// Invariant 2: all windows together make at most `maxTargetBytes`.

import { Fault } from '../fault.ts'
import { type Base, type BaseReader, readerOf } from './base-reader.ts'
import { AddressCache, FIRST_CACHED_MODE } from './vcdiff-address.ts'
import { applyWindow, type InstructionSet } from './vcdiff-apply.ts'
import { MAX_ADDRESS } from './vcdiff-layout.ts'
import { type CustomCodeTable, VcdiffReader, type VcdiffWindow } from './vcdiff-reader.ts'
import { COPY, defaultTable, readTable, TABLE_BYTES, writeTable } from './vcdiff-table.ts'

export interface PatchLimits {
  /** More than this is refused with DELTA_TOO_LARGE, before it is made. */
  readonly maxTargetBytes: number
  /** How much of the latest target is kept for windows that copy from it (VCD_TARGET). */
  readonly historyBytes?: number
}

// Windows that copy from the target are rare (xdelta3 and Hunch write none), so what is kept for them is bounded.
const DEFAULT_HISTORY_BYTES = 64 * 1024 * 1024

export class VcdiffPatch {
  readonly #reader: VcdiffReader
  readonly #base: BaseReader
  readonly #history: TargetHistory
  #left: number
  #set: InstructionSet = { table: defaultTable, cache: new AddressCache() }

  constructor(base: Base, limits: PatchLimits) {
    this.#base = readerOf(base)
    this.#left = limits.maxTargetBytes
    this.#reader = new VcdiffReader(Math.min(limits.maxTargetBytes, MAX_ADDRESS))
    this.#history = new TargetHistory(limits.historyBytes ?? DEFAULT_HISTORY_BYTES)
  }

  push(delta: Uint8Array): void {
    this.#reader.push(delta)
  }

  /** The next target window, or nothing until more of the delta is pushed. Raises every DELTA_ fault. */
  next(): Uint8Array | undefined {
    for (;;) {
      const item = this.#reader.next()
      if (item === undefined) return undefined
      if (item.kind === 'window') return this.#make(item)
      if (item.codeTable !== undefined) this.#set = readInstructionSet(item.codeTable)
    }
  }

  /** Says that the delta has ended. Raises DELTA_TRUNCATED when it has not. */
  end(): void {
    this.#reader.end()
  }

  #make(window: VcdiffWindow): Uint8Array {
    if (window.targetBytes > this.#left)
      throw new Fault('DELTA_TOO_LARGE', `the delta makes more than the ${this.#left} bytes that are still allowed`)
    const target = applyWindow(window, this.#segment(window), this.#set)
    this.#left -= target.length
    this.#history.push(target)
    return target
  }

  #segment({ segment, segmentAt, segmentBytes }: VcdiffWindow): Uint8Array {
    if (segment === 'none') return new Uint8Array(0)
    if (segment === 'target') return this.#history.read(segmentAt, segmentBytes)
    if (segmentAt + segmentBytes > this.#base.length)
      throw new Fault(
        'DELTA_BASE',
        `the delta copies up to byte ${segmentAt + segmentBytes} of its base, which has ${this.#base.length}`,
      )
    return this.#base.read(segmentAt, segmentBytes)
  }
}

/** The whole target of a whole delta. */
export function applyVcdiff(base: Base, delta: Uint8Array, limits: PatchLimits): Uint8Array {
  const patch = new VcdiffPatch(base, limits)
  patch.push(delta)
  const windows: Uint8Array[] = []
  for (let window = patch.next(); window !== undefined; window = patch.next()) windows.push(window)
  patch.end()
  return windows.length === 1 ? windows[0]! : Buffer.concat(windows)
}

/** RFC 3284 §7: a custom table is itself a delta, against the default table, with the default table's codes. */
export function readInstructionSet({ recentSlots, sameSlots, delta }: CustomCodeTable): InstructionSet {
  if (delta[4] !== undefined && (delta[4] & 2) !== 0)
    throw new Fault('DELTA_MALFORMED', 'the delta of a code table has a code table of its own')
  const serial = applyVcdiff(writeTable(defaultTable), delta, { maxTargetBytes: TABLE_BYTES })
  if (serial.length !== TABLE_BYTES) throw new Fault('DELTA_MALFORMED', 'the code table is not 1536 bytes long')
  const table = readTable(serial)
  const modes = FIRST_CACHED_MODE + recentSlots + sameSlots
  for (let code = 0; code < 256; code++) {
    if (table.kind1[code]! > COPY || table.kind2[code]! > COPY)
      throw new Fault('DELTA_MALFORMED', `the code table has an unknown instruction for code ${code}`)
    const mode1 = table.kind1[code] === COPY ? table.mode1[code]! : 0
    const mode2 = table.kind2[code] === COPY ? table.mode2[code]! : 0
    if (mode1 >= modes || mode2 >= modes)
      throw new Fault('DELTA_MALFORMED', `the code table has an unknown address mode for code ${code}`)
  }
  return { table, cache: new AddressCache(recentSlots, sameSlots) }
}

/** The latest target windows, read by their position in the whole target. */
class TargetHistory {
  readonly #maxBytes: number
  readonly #windows: Uint8Array[] = []
  #start = 0
  #end = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(window: Uint8Array): void {
    this.#windows.push(window)
    this.#end += window.length
    while (this.#end - this.#start > this.#maxBytes) this.#start += this.#windows.shift()!.length
  }

  read(at: number, bytes: number): Uint8Array {
    if (at + bytes > this.#end) throw new Fault('DELTA_MALFORMED', 'a window copies from target that is not made yet')
    if (at < this.#start && bytes > 0)
      throw new Fault('DELTA_UNSUPPORTED', `a window copies from further back than the ${this.#maxBytes} bytes kept`)
    const segment = new Uint8Array(bytes)
    let windowAt = this.#start
    for (const window of this.#windows) {
      const from = Math.max(at - windowAt, 0)
      const to = Math.min(at + bytes - windowAt, window.length)
      if (from < to) segment.set(window.subarray(from, to), windowAt + from - at)
      windowAt += window.length
    }
    return segment
  }
}
