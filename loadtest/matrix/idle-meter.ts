// How much of the time in which an origin thinks the link carries a speculation.
// Knows: what an emulated link has carried. Does not know: who sends what.

// What a packet carries of a stream, and what it is on the link.
const ON_LINK = 1500 / 1448

export class IdleMeter {
  /** Bytes that the link has carried so far; undefined: nobody counts. */
  counter: () => number | undefined = () => undefined
  #before: number | undefined
  #after: number | undefined

  hear(state: 'begins' | 'ends'): void {
    if (state === 'begins') this.#before = this.counter()
    else this.#after = this.counter()
  }

  /** What of the wait was used, and what could have been, in bytes; undefined where nobody counted. */
  used(facts: {
    readonly speculationBytes: number
    readonly sentBytes: number
    readonly waitMs: number
    readonly downBitsPerSecond: number
  }): { readonly usedBytes: number; readonly usableBytes: number } | undefined {
    const { speculationBytes, sentBytes, waitMs, downBitsPerSecond } = facts
    const usableBytes = Math.min(speculationBytes * ON_LINK, (waitMs * downBitsPerSecond) / 8000)
    if (usableBytes === 0 || this.#before === undefined || this.#after === undefined) return undefined
    const carriedBytes = sentBytes >= speculationBytes ? usableBytes : this.#after - this.#before
    return { usedBytes: Math.min(carriedBytes, usableBytes), usableBytes }
  }
}
