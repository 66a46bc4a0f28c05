// The address caches of VCDIFF (RFC 3284 §5.1 to §5.3): the last few addresses, and the addresses by low bits.
// Knows: addresses within source segment + target window. Does not know: instructions, bytes, files.
// The RFC's "near" cache is called `recent` here: `near` is a proxy everywhere else.
// Invariant 1: encoder and decoder call `remember` once for each COPY, in the same order, from a fresh cache per window.

import { RECENT_SLOTS, SAME_SLOTS } from './vcdiff-table.ts'

/** Modes 0 and 1 (RFC 3284 §5.3); then one mode for each recent slot, then one for each 256 same slots. */
export const SELF = 0
export const HERE = 1
export const FIRST_CACHED_MODE = 2

export class AddressCache {
  readonly recent: Int32Array
  readonly same: Int32Array
  #next = 0

  constructor(recentSlots = RECENT_SLOTS, sameSlots = SAME_SLOTS) {
    this.recent = new Int32Array(recentSlots)
    this.same = new Int32Array(sameSlots * 256)
  }

  /** Forgets everything, as each window demands. */
  reset(): void {
    this.recent.fill(0)
    this.same.fill(0)
    this.#next = 0
  }

  remember(address: number): void {
    if (this.recent.length > 0) {
      this.recent[this.#next] = address
      this.#next = this.#next + 1 === this.recent.length ? 0 : this.#next + 1
    }
    if (this.same.length > 0) this.same[address % this.same.length] = address
  }
}
