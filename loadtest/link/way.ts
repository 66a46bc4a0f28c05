// One direction of the link, shared by all connections: a queue, a rate, a delay, and loss.
// Knows: packet sizes and when the wire is free. Does not know: what a packet carries or whose it is.
// 1. Packets leave in the order in which they came.  2. No more than `queueBytes` wait; what comes then is dropped.
// 3. A lost packet has taken its room on the wire.

import type { Chance } from './chance.ts'

export interface WayFigures {
  readonly bitsPerSecond: number
  readonly delayMs: number
  readonly queueBytes: number
  readonly loss: number
}

/** What has happened to the packets of one direction. `bytes` are those on the wire, headers included. */
export interface WayCounts {
  readonly packets: number
  readonly bytes: number
  readonly droppedByQueue: number
  readonly lost: number
}

export class Way {
  readonly bytesPerMs: number
  readonly #figures: WayFigures
  readonly #chance: Chance
  /** A silent way swallows whatever it is given. */
  isSilent = false
  #freeAt = 0
  #packets = 0
  #bytes = 0
  #droppedByQueue = 0
  #lost = 0

  constructor(figures: WayFigures, chance: Chance) {
    this.bytesPerMs = figures.bitsPerSecond / 8000
    this.#figures = figures
    this.#chance = chance
  }

  /** Puts a packet in the queue at `now`: when it will arrive, or `undefined` when it never will. */
  takePacket(bytes: number, now: number): number | undefined {
    if (this.isSilent) return undefined
    const startsAt = Math.max(now, this.#freeAt)
    if ((startsAt - now) * this.bytesPerMs > this.#figures.queueBytes) {
      this.#droppedByQueue++
      return undefined
    }
    this.#freeAt = startsAt + bytes / this.bytesPerMs
    this.#packets++
    this.#bytes += bytes
    if (this.#figures.loss > 0 && this.#chance() < this.#figures.loss) {
      this.#lost++
      return undefined
    }
    return this.#freeAt + this.#figures.delayMs
  }

  /** Puts a packet in the queue that neither queue nor loss may drop: when it will arrive, unless the way is silent. */
  takeSurely(bytes: number, now: number): number | undefined {
    if (this.isSilent) return undefined
    this.#freeAt = Math.max(now, this.#freeAt) + bytes / this.bytesPerMs
    this.#packets++
    this.#bytes += bytes
    return this.#freeAt + this.#figures.delayMs
  }

  /** Bytes that have gone over the wire by `now`: of a packet that is being sent, its part. */
  carriedBytes(now: number): number {
    return this.#bytes - Math.max(0, this.#freeAt - now) * this.bytesPerMs
  }

  counts(): WayCounts {
    return { packets: this.#packets, bytes: this.#bytes, droppedByQueue: this.#droppedByQueue, lost: this.#lost }
  }
}
