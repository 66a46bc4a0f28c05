// Bases too long for one index: for each target window, the stretch of the base that it most resembles is indexed.
// Knows: sampled strings of the whole base, stretches. Does not know: files (a BaseReader reads), instructions.
// Memory: the map (at most 24 MiB), one stretch of 16 MiB, its index (16 MiB), whatever the base's length.

import { BaseIndex, hashLong, wordAt } from './base-index.ts'
import type { BaseReader } from './base-reader.ts'
import type { IndexedSegment, SegmentSource } from './vcdiff-encode.ts'

/** A base up to this length is held and indexed as a whole. */
export const WHOLE_BASE_BYTES = 64 * 1024 * 1024

// Twice a window: content may have moved by half a window to either side and is still within.
const STRETCH_BYTES = 16 * 1024 * 1024
const BUCKET_BYTES = 1024 * 1024

// One in 1024 places of a base of 1 GiB; a window of 8 MiB then has some 8 000 samples to vote with.
const MAX_SAMPLES = 1024 * 1024
const MIN_SAMPLE_BITS = 6

// The rolling hash forgets a byte after 32 steps, so a sample stands for the 32 bytes before it.
const SAMPLE_BYTES = 32
const READ_BYTES = 4 * 1024 * 1024

export class LongBase implements SegmentSource {
  readonly #base: BaseReader
  readonly #map: SampleMap
  #last: IndexedSegment

  /** Reads the whole base once. */
  constructor(base: BaseReader) {
    this.#base = base
    this.#map = new SampleMap(base)
    this.#last = this.#read(0)
  }

  /** The stretch that has most in common with a target window; the last one when none has anything. */
  segmentFor(target: Uint8Array): IndexedSegment {
    const at = this.#map.findStretch(target, this.#last.at)
    if (at !== this.#last.at) this.#last = this.#read(at)
    return this.#last
  }

  #read(at: number): IndexedSegment {
    const bytes = Math.min(STRETCH_BYTES, this.#base.length - at)
    return { at, index: new BaseIndex(this.#base.read(at, bytes)) }
  }
}

/** Where sampled strings of the base are. Content decides which places are samples, so equal content has equal ones. */
class SampleMap {
  readonly #bits: number
  readonly #slots: number
  readonly #keys: Int32Array
  readonly #places: Float64Array
  readonly #baseBytes: number

  constructor(base: BaseReader) {
    this.#baseBytes = base.length
    let bits = MIN_SAMPLE_BITS
    while (base.length / 2 ** bits > MAX_SAMPLES) bits++
    this.#bits = bits
    this.#slots = 2 * MAX_SAMPLES - 1
    this.#keys = new Int32Array(this.#slots + 1)
    this.#places = new Float64Array(this.#slots + 1).fill(-1)
    for (let at = 0; at < base.length; at += READ_BYTES) {
      const piece = base.read(at, Math.min(READ_BYTES, base.length - at))
      this.#eachSample(piece, (place, key) => {
        const slot = key & this.#slots
        // The first place wins: repeated content is found where it begins.
        if (this.#places[slot]! >= 0) return
        this.#keys[slot] = key
        this.#places[slot] = at + place
      })
    }
  }

  /** The start of the stretch with the most samples of `target`; `otherwise` when there are none. */
  findStretch(target: Uint8Array, otherwise: number): number {
    const votes = new Int32Array(Math.ceil(this.#baseBytes / BUCKET_BYTES))
    this.#eachSample(target, (_, key) => {
      const slot = key & this.#slots
      const place = this.#places[slot]!
      if (place >= 0 && this.#keys[slot] === key) votes[Math.floor(place / BUCKET_BYTES)]! += 1
    })
    const width = STRETCH_BYTES / BUCKET_BYTES
    let sum = 0
    let most = 0
    let firstBest = -1
    let lastBest = -1
    for (let end = 0; end < votes.length + width; end++) {
      sum += (votes[end] ?? 0) - (votes[end - width] ?? 0)
      if (sum > most) {
        most = sum
        firstBest = end
      }
      if (sum === most) lastBest = end
    }
    if (most === 0) return otherwise
    // Where several stretches hold all of it, the middle one also holds what lies around it.
    const start = (Math.floor((firstBest + lastBest) / 2) - width + 1) * BUCKET_BYTES
    return Math.max(0, Math.min(start, Math.ceil((this.#baseBytes - STRETCH_BYTES) / BUCKET_BYTES) * BUCKET_BYTES))
  }

  #eachSample(bytes: Uint8Array, give: (place: number, key: number) => void): void {
    const shift = 32 - this.#bits
    let hash = 0
    for (let at = 0; at < bytes.length; at++) {
      hash = ((hash << 1) + gear[bytes[at]!]!) | 0
      if (hash >>> shift !== 0 || at < SAMPLE_BYTES) continue
      give(at, hashLong(wordAt(bytes, at - 3), wordAt(bytes, at - 7), 0) ^ hash)
    }
  }
}

// A number for each byte (splitmix32 from 1): any well mixed numbers will do, as they are not written anywhere.
const gear = Int32Array.from({ length: 256 }, (_, byte) => {
  let mixed = Math.imul(byte + 1, 0x9e3779b9)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
  return mixed ^ (mixed >>> 15)
})
