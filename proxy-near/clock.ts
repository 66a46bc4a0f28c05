// Time as the shell of near sees it; tests turn one of their own by hand.

export interface Clock {
  /** Milliseconds, ever rising, from any start. */
  now(): number
  /** Calls `action` once in `delayMs` milliseconds, unless the function that it returns is called before. */
  wake(delayMs: number, action: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wake(delayMs, action) {
    // A timer takes a millisecond at least.
    if (delayMs <= 0) {
      const soon = setImmediate(action)
      return () => clearImmediate(soon)
    }
    const timer = setTimeout(action, delayMs)
    return () => clearTimeout(timer)
  },
}
