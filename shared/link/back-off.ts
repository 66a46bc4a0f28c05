// How long to wait before the link is dialled again: twice as long after each failure, up to a ceiling, with jitter so
// that the nears of a far that comes back do not all arrive at once.
// Knows: how many dials failed in a row. Does not know: clocks, chance (a number from 0 to 1 is an argument), why it failed.

export interface Pace {
  /** The wait after the first failure, before jitter, in milliseconds. */
  readonly firstMs: number
  /** No wait is longer, in milliseconds. */
  readonly ceilingMs: number
  /** A waiting request brings the next dial forward, but dials never follow each other sooner, in milliseconds. */
  readonly eagerMs: number
}

export const paces = {
  // Half a second is about what a far needs to restart; after half a minute of silence a person looks at it anyway.
  waiting: { firstMs: 500, ceilingMs: 30_000, eagerMs: 500 },
  // Trying again does not help until somebody changes something: a portal is left, far is upgraded.
  refused: { firstMs: 30_000, ceilingMs: 300_000, eagerMs: 5_000 },
} as const satisfies Record<string, Pace>

/**
 * Milliseconds to wait after `failures` failed dials in a row (1 for the first).
 * Half of the wait is certain and `chance`, from 0 to 1, draws the other half.
 */
export function chooseDelayMs(pace: Pace, failures: number, chance: number): number {
  const wholeMs = Math.min(pace.ceilingMs, pace.firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30))
  return Math.round(wholeMs / 2 + (wholeMs / 2) * chance)
}
