// The smoothed round trip of one sender and the timeout that follows from it (RFC 6298, with Linux's bounds).

// Linux: the allowance over the smoothed round trip is never less than this.
const LEAST_ALLOWANCE_MS = 200
// Linux: no timeout is longer.
const LONGEST_TIMEOUT_MS = 120_000

export class RoundTrips {
  #smoothMs = 0
  #deviationMs = 0
  #leastMs = Infinity

  get smoothMs(): number {
    return this.#smoothMs
  }

  get leastMs(): number {
    return this.#leastMs
  }

  /** The timeout after it has been doubled so many times. */
  timeoutMs(doublings = 0): number {
    const once = this.#smoothMs + Math.max(LEAST_ALLOWANCE_MS, 4 * this.#deviationMs)
    return Math.min(LONGEST_TIMEOUT_MS, once * 2 ** doublings)
  }

  add(ms: number): void {
    const isFirst = this.#leastMs === Infinity
    this.#leastMs = Math.min(this.#leastMs, ms)
    if (isFirst) {
      this.#smoothMs = ms
      this.#deviationMs = ms / 2
      return
    }
    const error = ms - this.#smoothMs
    this.#smoothMs += error / 8
    // Linux: a round trip that became shorter does not count as much of a deviation.
    const gain = error < 0 && -error > this.#deviationMs ? 1 / 32 : 1 / 4
    this.#deviationMs += (Math.abs(error) - this.#deviationMs) * gain
  }
}
