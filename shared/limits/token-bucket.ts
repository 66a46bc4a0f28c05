// A token bucket: so much a second on average, so much at once after a rest.
// Knows: a rate, a burst. Does not know: what a token is worth, the clock (`now`, in milliseconds, is an argument).

export interface Rate {
  /** Infinity: no limit. */
  readonly perSecond: number
  /** What a bucket holds after a rest. */
  readonly burst: number
}

// A tenth of a token ten times is not quite a whole one.
const ROUNDING = 1e-6

export class TokenBucket {
  readonly #rate: Rate
  #tokens: number
  #at: number

  /** Begins full. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#tokens = rate.burst
    this.#at = now
  }

  /** Takes `count` tokens and gives 0, or takes none and gives the milliseconds until they are there. */
  take(count: number, now: number): number {
    const waitMs = this.waitMs(count, now)
    if (waitMs === 0) this.spend(count, now)
    return waitMs
  }

  /** Takes what has been used already, whose cost was not known before; the bucket may owe for it. */
  spend(count: number, now: number): void {
    this.#fill(now)
    if (this.#rate.perSecond !== Infinity) this.#tokens -= count
  }

  /** How long until `count` tokens are there; those beyond the burst never are, and wait for a full bucket; Infinity without any rate. */
  waitMs(count: number, now: number): number {
    this.#fill(now)
    if (this.#rate.perSecond === Infinity) return 0
    if (this.#rate.burst <= 0) return Infinity
    const missing = Math.min(count, this.#rate.burst) - this.#tokens
    return missing <= ROUNDING ? 0 : Math.ceil(((missing - ROUNDING) / this.#rate.perSecond) * 1000)
  }

  /** Whether forgetting it changes nothing. */
  isFull(now: number): boolean {
    this.#fill(now)
    return this.#rate.perSecond === Infinity || this.#tokens >= this.#rate.burst - ROUNDING
  }

  #fill(now: number): void {
    // A clock that was set back gives nothing and takes nothing.
    const elapsedMs = Math.max(0, now - this.#at)
    this.#at = now
    if (this.#rate.perSecond === Infinity) return
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + (elapsedMs / 1000) * this.#rate.perSecond)
  }
}
