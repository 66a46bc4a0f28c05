// How long a request that finds no link waits for one before the client is told.
// A link of which nothing bad is known yet gets what a slow dial takes: failing it would be a mistake that the user sees.
// One that could not be dialled is known to be down: then a request waits for the one dial that it brings forward, and
// the client is told within a second or a little more.
// Knows: how dials went. Does not know: clocks, who waits.

export interface DialFacts {
  /** Dials that failed in a row since the link was last up. */
  readonly failures: number
  /** How long the dial under way, or the next one, has been going on, in milliseconds. */
  readonly dialledMs: number
  /** How long the last dial took that went well; undefined before there was one. */
  readonly lastDialMs: number | undefined
  /** The bare round trip of the link when it was up last. */
  readonly roundTripMs: number | undefined
}

// With the round trip: what a resumed dial of a link that works takes, on all but the slowest.
const HOPE_MS = 800
// The slowest link (gprs): three round trips with the join, a certificate, and one packet lost on the way.
const UNKNOWN_DIAL_MS = 6_000
// A dial takes round trips, and these vary by a queue.
const SLOWER = 1.5

// Between the first packet of a dial and its second repetition by TCP, at 3 s.
const PATIENCE_MS = 2_500
const LONGEST_PATIENCE_MS = 10_000

/**
 * Whether a request begins the dial under way anew: on a link that fell silent and came back, TCP would send its next packet
 * many seconds later. Each time in a row, `restarts`, takes twice the patience, so that a dial that is only slow succeeds.
 */
export function isStuck({ dialledMs, lastDialMs }: DialFacts, restarts: number): boolean {
  const patienceMs = Math.max(PATIENCE_MS, SLOWER * (lastDialMs ?? UNKNOWN_DIAL_MS)) * 2 ** Math.min(restarts, 10)
  return dialledMs >= Math.min(LONGEST_PATIENCE_MS, patienceMs)
}

/** Milliseconds from now. */
export function chooseWaitMs({ failures, dialledMs, lastDialMs, roundTripMs }: DialFacts): number {
  const hopeMs = HOPE_MS + (roundTripMs ?? 0)
  if (failures > 0) return hopeMs
  const dialMs = lastDialMs === undefined ? UNKNOWN_DIAL_MS : HOPE_MS + SLOWER * lastDialMs
  return Math.max(hopeMs, dialMs - dialledMs)
}
