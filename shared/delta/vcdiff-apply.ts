// Makes one target window from its source segment and its instructions (RFC 3284 §5).
// Knows: the code table, the address cache. Does not know: files, streams, where the segment came from.
// Invariant 1: never reads outside segment + what is made, never writes outside the window.
// Invariant 2: instructions make exactly the window, and use up exactly their sections.

import { Fault } from '../fault.ts'
import { adler32 } from './adler32.ts'
import { type AddressCache, FIRST_CACHED_MODE, HERE, SELF } from './vcdiff-address.ts'
import { IntegerReader } from './vcdiff-integer.ts'
import type { VcdiffWindow } from './vcdiff-reader.ts'
import { ADD, type CodeTable, COPY, NOOP } from './vcdiff-table.ts'

// Below this many bytes a loop beats the call of a native copy.
const LOOP_BYTES = 24

export interface InstructionSet {
  readonly table: CodeTable
  readonly cache: AddressCache
}

/** The instructions of a window, one after the other; `show` lists them, `applyWindow` follows them. */
export interface InstructionVisitor {
  add(from: number, bytes: number): void
  run(byte: number, bytes: number): void
  copy(address: number, bytes: number, mode: number): void
}

/** Walks the instructions of a window. Raises DELTA_MALFORMED as soon as one would leave its bounds. */
export function walkInstructions(window: VcdiffWindow, { table, cache }: InstructionSet, visitor: InstructionVisitor) {
  const codes = window.instructions
  const reader = new IntegerReader(codes)
  const addresses = new IntegerReader(window.addresses)
  const { segmentBytes, targetBytes, data } = window
  let made = 0
  let dataAt = 0
  cache.reset()

  const step = (kind: number, fixedSize: number, mode: number) => {
    const bytes = fixedSize === 0 ? reader.integer('the instructions') : fixedSize
    if (bytes > targetBytes - made) throw new Fault('DELTA_MALFORMED', 'instructions make more than their window')
    if (kind === COPY) {
      const here = segmentBytes + made
      const address = readAddress(addresses, cache, mode, here)
      visitor.copy(address, bytes, mode)
    } else if (kind === ADD) {
      if (bytes > data.length - dataAt) throw new Fault('DELTA_MALFORMED', 'the data end too early')
      visitor.add(dataAt, bytes)
      dataAt += bytes
    } else {
      if (dataAt >= data.length) throw new Fault('DELTA_MALFORMED', 'the data end too early')
      visitor.run(data[dataAt++]!, bytes)
    }
    made += bytes
  }

  while (reader.at < codes.length) {
    const code = codes[reader.at++]!
    if (table.kind1[code] !== NOOP) step(table.kind1[code]!, table.size1[code]!, table.mode1[code]!)
    if (table.kind2[code] !== NOOP) step(table.kind2[code]!, table.size2[code]!, table.mode2[code]!)
  }
  if (made !== targetBytes) throw new Fault('DELTA_MALFORMED', 'instructions make less than their window')
  if (dataAt !== data.length || addresses.left > 0) throw new Fault('DELTA_MALFORMED', 'a section is not used up')
}

/**
 * Makes the target window. `segment` must be as long as the window says.
 * Raises DELTA_MALFORMED, and DELTA_CHECKSUM when the window carries an Adler-32 that does not match.
 */
export function applyWindow(window: VcdiffWindow, segment: Uint8Array, set: InstructionSet): Uint8Array {
  const target = new Uint8Array(window.targetBytes)
  const segmentBytes = segment.length
  let at = 0
  walkInstructions(window, set, {
    add(from, bytes) {
      const { data } = window
      if (bytes > LOOP_BYTES) target.set(data.subarray(from, from + bytes), at)
      else for (let i = 0; i < bytes; i++) target[at + i] = data[from + i]!
      at += bytes
    },
    run(byte, bytes) {
      target.fill(byte, at, at + bytes)
      at += bytes
    },
    copy(address, bytes) {
      let from = address
      let left = bytes
      if (from < segmentBytes) {
        const part = Math.min(left, segmentBytes - from)
        if (part > LOOP_BYTES) target.set(segment.subarray(from, from + part), at)
        else for (let i = 0; i < part; i++) target[at + i] = segment[from + i]!
        at += part
        from += part
        left -= part
      }
      if (left > 0) copyWithin(target, at, from - segmentBytes, left)
      at += left
    },
  })
  if (window.checksum !== undefined && adler32(target) !== window.checksum)
    throw new Fault('DELTA_CHECKSUM', 'a target window does not match its Adler-32')
  return target
}

function readAddress(addresses: IntegerReader, cache: AddressCache, mode: number, here: number): number {
  const address = decodeAddress(addresses, cache, mode, here)
  // RFC 3284 §5.3: an address lies before the byte that is being made.
  if (address < 0 || address >= here) throw new Fault('DELTA_MALFORMED', 'a copy starts outside of what is known')
  cache.remember(address)
  return address
}

function decodeAddress(addresses: IntegerReader, cache: AddressCache, mode: number, here: number): number {
  if (mode === SELF) return addresses.integer('the addresses')
  if (mode === HERE) return here - addresses.integer('the addresses')
  const slot = mode - FIRST_CACHED_MODE
  if (slot < cache.recent.length) return cache.recent[slot]! + addresses.integer('the addresses')
  return cache.same[(slot - cache.recent.length) * 256 + addresses.byte('the addresses')]!
}

/** Copies within the target; source and destination may overlap, which repeats what lies between (RFC 3284 §3). */
function copyWithin(target: Uint8Array, at: number, from: number, bytes: number): void {
  const distance = at - from
  if (bytes <= LOOP_BYTES) {
    for (let i = 0; i < bytes; i++) target[at + i] = target[from + i]!
    return
  }
  if (distance === 1) {
    target.fill(target[from]!, at, at + bytes)
    return
  }
  // Each pass doubles what can be copied at once: the stretch from `from` is periodic in `distance`.
  for (let done = 0; done < bytes; ) {
    const part = Math.min(bytes - done, distance + done)
    target.copyWithin(at + done, from, from + part)
    done += part
  }
}
