// How much of the time in which an origin thinks the link carries a speculation.
// Knows: counts of an emulated link. Does not know: who sends what.
import { setTimeout } from 'node:timers/promises'

// What a packet carries of a stream, and what it is on the link.
const ON_LINK = 1500 / 1448

/** Counts what leaves far for the link meanwhile: what has arrived half a round trip later. */
export class IdleMeter {
  readonly #delayMs: number
  /** What the link has delivered so far; undefined: nobody counts. */
  counter: () => number | undefined = () => undefined
  #before: Promise<number | undefined> = Promise.resolve(undefined)
  #after: Promise<number | undefined> = Promise.resolve(undefined)

  constructor(roundTripMs: number) {
    this.#delayMs = roundTripMs / 2
  }

  hear(state: 'begins' | 'ends'): void {
    const { counter } = this
    const count = setTimeout(this.#delayMs).then(counter)
    if (state === 'begins') this.#before = count
    else this.#after = count
  }

  /** The share that was used of what could have been; NaN where there was nothing to use, or nobody counted. */
  async share(facts: {
    readonly speculationBytes: number
    readonly sentBytes: number
    readonly waitMs: number
    readonly downBitsPerSecond: number
  }): Promise<number> {
    const { speculationBytes, sentBytes, waitMs, downBitsPerSecond } = facts
    const [before, after] = await Promise.all([this.#before, this.#after])
    const usableBytes = Math.min(speculationBytes * ON_LINK, (waitMs * downBitsPerSecond) / 8000)
    if (usableBytes === 0 || before === undefined || after === undefined) return Number.NaN
    return sentBytes >= speculationBytes ? 1 : Math.min(1, ((after - before) * ON_LINK) / usableBytes)
  }
}
