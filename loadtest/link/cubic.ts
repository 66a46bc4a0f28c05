// CUBIC with HyStart, as Linux has it (RFC 9438, RFC 6937 for the recovery; the constants are Linux's).
// Knows: windows, rounds, losses of one sender. Does not know: segments, timers, the link.

import { INITIAL_WINDOW, type AckSample, type Congestion } from './congestion.ts'

const BETA = 0.7
const C = 0.4
// RFC 9438 §4.3: the window that Reno would have grows by this much in a round trip.
const RENO_GROWTH = (3 * (1 - BETA)) / (1 + BETA)
// HyStart leaves slow start not before this window, ...
const HYSTART_LEAST_WINDOW = 16
// ... on the least round trip of a round, once eight are known, ...
const HYSTART_SAMPLES = 8
// ... when it grew by an eighth, but at least 4 and at most 16 ms, ...
const HYSTART_LEAST_GROWTH_MS = 4
const HYSTART_MOST_GROWTH_MS = 16
// ... or when acknowledgements this close together have come in for half a round trip.
const HYSTART_TRAIN_GAP_MS = 2
const HYSTART_TRAIN_SLACK_MS = 1
// Linux takes no round trips within a second of a recovery.
const SETTLE_MS = 1000

export class Cubic implements Congestion {
  readonly pace = Infinity
  #window = INITIAL_WINDOW
  #threshold = Infinity
  // Not the handshake's: its packets are short, and on a slow link a whole segment takes longer by itself.
  #leastMs = Infinity
  #lastMost = 0
  #epoch: { readonly startedAt: number; readonly origin: number; readonly k: number } | undefined
  #renoWindow = 0
  #round = { startedAt: 0, lastAt: 0, samples: 0, leastMs: Infinity }
  #recovery: { readonly windowBefore: number; delivered: number; sent: number } | undefined
  #beforeTimeout = { window: INITIAL_WINDOW, threshold: Infinity }

  get window(): number {
    return Math.max(1, Math.floor(this.#window))
  }

  start(_roundTripMs: number, now: number): void {
    this.#round.startedAt = now
  }

  acknowledge(sample: AckSample): void {
    if (sample.startsRound) {
      this.#round = { startedAt: sample.now, lastAt: sample.now, samples: 0, leastMs: Infinity }
    }
    const isSettled = this.#epoch === undefined || sample.now - this.#epoch.startedAt >= SETTLE_MS
    if (sample.roundTripMs !== undefined && isSettled) this.#leastMs = Math.min(this.#leastMs, sample.roundTripMs)
    if (this.#recovery !== undefined && sample.recovering) return this.#reduce(this.#recovery, sample)
    if (this.#window < this.#threshold) {
      this.#leaveSlowStartInTime(sample)
      // RFC 9438 §4.6 and Linux: a window of which less than half was used has not been tried.
      if (this.window < 2 * sample.mostInFlight) this.#window += sample.segments
      return
    }
    if (sample.mostInFlight >= this.window) this.#avoid(sample)
  }

  loseSegments(_flight: number, _now: number): void {
    this.#recovery = { windowBefore: this.#window, delivered: 0, sent: 0 }
    this.#lowerThreshold()
  }

  endRecovery(): void {
    if (this.#recovery === undefined) return
    this.#recovery = undefined
    this.#window = this.#threshold
  }

  timeOut(_now: number): void {
    this.#beforeTimeout = { window: this.#window, threshold: this.#threshold }
    this.#recovery = undefined
    this.#lowerThreshold()
    this.#window = 1
  }

  undoTimeout(): void {
    this.#window = Math.max(this.#window, this.#beforeTimeout.window)
    this.#threshold = this.#beforeTimeout.threshold
  }

  // Linux, tcp_slow_start_after_idle: half the window for each timeout that passes, down to the initial window;
  // the threshold is at least three quarters of what the window was.
  endRest(idleMs: number, timeoutMs: number): void {
    if (idleMs <= timeoutMs) return
    this.#threshold = Math.max(this.#threshold, this.#window * 0.75)
    const floor = Math.min(INITIAL_WINDOW, this.#window)
    this.#window = Math.max(floor, this.#window / 2 ** Math.floor(idleMs / timeoutMs))
    this.#epoch = undefined
  }

  #lowerThreshold(): void {
    this.#epoch = undefined
    // RFC 9438 §4.7, fast convergence: a window that could not grow back leaves room for others.
    this.#lastMost = this.#window < this.#lastMost ? (this.#window * (1 + BETA)) / 2 : this.#window
    this.#threshold = Math.max(2, this.#window * BETA)
  }

  // Linux, hystart_update.
  #leaveSlowStartInTime({ now, roundTripMs }: AckSample): void {
    const round = this.#round
    if (this.#window < HYSTART_LEAST_WINDOW) return
    if (now - round.lastAt <= HYSTART_TRAIN_GAP_MS) {
      round.lastAt = now
      if (now - round.startedAt > (this.#leastMs + HYSTART_TRAIN_SLACK_MS) / 2) this.#threshold = this.#window
    }
    if (roundTripMs === undefined) return
    round.leastMs = Math.min(round.leastMs, roundTripMs)
    if (round.samples++ < HYSTART_SAMPLES) return
    const growth = Math.min(HYSTART_MOST_GROWTH_MS, Math.max(HYSTART_LEAST_GROWTH_MS, this.#leastMs / 8))
    if (round.leastMs > this.#leastMs + growth) this.#threshold = this.#window
  }

  // RFC 9438 §4.2 and §4.3.
  #avoid(sample: AckSample): void {
    if (this.#epoch === undefined) {
      const below = Math.max(0, this.#lastMost - this.#window)
      this.#epoch = { startedAt: sample.now, origin: this.#window + below, k: Math.cbrt(below / C) }
      this.#renoWindow = this.#window
    }
    const seconds = (sample.now + this.#leastMs - this.#epoch.startedAt) / 1000
    const target = this.#epoch.origin + C * (seconds - this.#epoch.k) ** 3
    // Linux: at least 5 % a round trip before the first loss.
    const slowest = this.#lastMost === 0 ? 20 : Infinity
    this.#renoWindow += (RENO_GROWTH * sample.segments) / this.#window
    const aim = Math.max(target, this.#renoWindow)
    const acksPerSegment = aim > this.#window ? this.#window / (aim - this.#window) : 100 * this.#window
    // Linux: at most half a segment for each one acknowledged.
    this.#window += sample.segments / Math.max(2, Math.min(acksPerSegment, slowest))
  }

  // RFC 6937: in the recovery, the window shrinks in proportion to what is delivered.
  #reduce(recovery: { readonly windowBefore: number; delivered: number; sent: number }, sample: AckSample): void {
    recovery.delivered += sample.segments
    const proportional = Math.ceil((recovery.delivered * this.#threshold) / recovery.windowBefore) - recovery.sent
    const caughtUp = Math.min(
      this.#threshold - sample.flightAfter,
      Math.max(recovery.delivered - recovery.sent, sample.segments) + 1,
    )
    const send = Math.max(sample.flightAfter > this.#threshold ? proportional : caughtUp, recovery.sent === 0 ? 1 : 0)
    recovery.sent += Math.max(0, send)
    this.#window = sample.flightAfter + Math.max(0, send)
  }
}
