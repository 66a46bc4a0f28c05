// Turns a target into add, copy and run by taking the longest match, unless the next place has a longer one.
// Knows: the match finder, the three verbs. Does not know: what verbs cost in bytes, formats.

import { type BaseIndex, SHORT_KEY_BYTES } from './base-index.ts'
import { MatchFinder, runBytes, type SearchDepth } from './match-finder.ts'
import type { Verbs } from './vcdiff-window.ts'

// What a copy must gain over its own cost: one instruction byte and an address of one byte when it goes on where the
// last copy was (aligned) or lies close before, of three bytes anywhere else.
const MIN_CLOSE_BYTES = 4
const MIN_FAR_BYTES = 6
const CLOSE_BYTES = 256

// A run is an instruction, a size and a byte of data; from here on it is never worse than adding the bytes.
const MIN_RUN_BYTES = 8

// In data that match nothing, one place more is skipped for every this many places in vain.
const SKIP_AFTER_BYTES = 128

export function parseLazily(index: BaseIndex, target: Uint8Array, depth: SearchDepth, verbs: Verbs): void {
  const finder = new MatchFinder(index, target, depth)
  const baseBytes = index.base.length
  let anchor = 0
  let alignment = 0
  let at = 0
  const isWorth = (place: number) => {
    if (finder.bytes >= MIN_FAR_BYTES) return true
    if (finder.bytes < MIN_CLOSE_BYTES) return false
    const close = finder.address >= baseBytes && place + baseBytes - finder.address < CLOSE_BYTES
    return close || finder.address === place + alignment
  }
  while (at + SHORT_KEY_BYTES <= target.length) {
    const run = runBytes(target, at)
    finder.find(at, at + alignment)
    if (run >= MIN_RUN_BYTES && run >= finder.bytes) {
      if (anchor < at) verbs.add(anchor, at - anchor)
      verbs.run(target[at]!, run)
      finder.insert(at)
      at += run
      anchor = at
      continue
    }
    if (!isWorth(at)) {
      finder.insert(at)
      at += 1 + Math.floor((at - anchor) / SKIP_AFTER_BYTES)
      continue
    }
    let { bytes, address } = finder
    while (bytes < depth.niceBytes && at + 1 + SHORT_KEY_BYTES <= target.length) {
      finder.insert(at)
      finder.find(at + 1, at + 1 + alignment)
      if (finder.bytes <= bytes + 1 || !isWorth(at + 1)) break
      at++
      bytes = finder.bytes
      address = finder.address
    }
    const back = backBytes(index.base, target, at, address, anchor)
    at -= back
    bytes += back
    address -= back
    if (anchor < at) verbs.add(anchor, at - anchor)
    verbs.copy(address, bytes)
    if (address < baseBytes) alignment = address - at
    at += bytes
    anchor = at
  }
  if (anchor < target.length) verbs.add(anchor, target.length - anchor)
}

/** How far a match can be grown backwards over bytes that are not written yet. */
function backBytes(base: Uint8Array, target: Uint8Array, at: number, address: number, anchor: number): number {
  let back = 0
  if (address < base.length) {
    while (at - back > anchor && address - back > 0 && base[address - back - 1] === target[at - back - 1]) back++
    return back
  }
  const from = address - base.length
  while (at - back > anchor && from - back > 0 && target[from - back - 1] === target[at - back - 1]) back++
  return back
}
