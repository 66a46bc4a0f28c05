// What a sender asks of a congestion control, in segments and milliseconds.
// Knows: the questions. The answers are in cubic.ts and bbr.ts.

/** What one acknowledgement told the sender. */
export interface AckSample {
  readonly now: number
  /** Segments that it newly acknowledged. */
  readonly segments: number
  /** The time since the newest of them was sent; absent when that one was sent more than once. */
  readonly roundTripMs: number | undefined
  /** The least of all so far. */
  readonly leastRoundTripMs: number
  /** Segments under way before and after it, and the most of this round. */
  readonly flightBefore: number
  readonly flightAfter: number
  readonly mostInFlight: number
  /** It acknowledges a segment that was sent after the round before had ended. */
  readonly startsRound: boolean
  /** A loss was found, and not all that was under way then has been acknowledged. */
  readonly recovering: boolean
  /** How fast segments were delivered while the newest was under way; absent when too short to tell. */
  readonly segmentsPerMs: number | undefined
  /** The application, not the window, set that pace. */
  readonly applicationLimited: boolean
}

export interface Congestion {
  /** Segments that may be under way. */
  readonly window: number
  /** Segments per millisecond at which to send; Infinity where bursts are left to the queue. */
  readonly pace: number
  /** The handshake is done and took this long. */
  start(roundTripMs: number, now: number): void
  acknowledge(sample: AckSample): void
  /** Later acknowledgements showed a loss while `flight` segments were under way: the recovery begins. */
  loseSegments(flight: number, now: number): void
  /** All that was under way when the loss was found has been acknowledged. */
  endRecovery(): void
  /** Nothing was heard for a whole timeout. */
  timeOut(now: number): void
  /** The timeout was an error: what was given up arrived after all. */
  undoTimeout(): void
  /** The application sends again after `idleMs`. */
  endRest(idleMs: number, timeoutMs: number): void
}

// RFC 6928 §2: ten segments before the first acknowledgement.
export const INITIAL_WINDOW = 10
