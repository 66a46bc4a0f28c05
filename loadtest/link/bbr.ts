// BBR, version 1, as Linux has it: sends at the rate at which segments are delivered, whatever is lost.
// Knows: rates, round trips, rounds of one sender. Does not know: segments, timers, the link.
// Left out: the detection of policers and the allowance for aggregated acknowledgements, which this link has not.
//
//   startup ─the rate stays for 3 rounds→ drain ─no queue is left→ cruise ─10 s without a shorter round trip→ probe
//   probe ─200 ms and a round with 4 segments under way→ cruise (or startup, if it was cut short)

import { INITIAL_WINDOW, type AckSample, type Congestion } from './congestion.ts'

// 2 / ln 2: the least gain that doubles the rate in each round.
const STARTUP_GAIN = 2.885
const CRUISE_WINDOW_GAIN = 2
// One round trip each: find more rate, leave the queue that this made, then keep still.
const CRUISE_GAINS = [1.25, 0.75, 1, 1, 1, 1, 1, 1] as const
const RATE_ROUNDS = 10
const FULL_GROWTH = 1.25
const FULL_ROUNDS = 3
const LEAST_WINDOW = 4
const PROBE_EVERY_MS = 10_000
const PROBE_MS = 200
// Linux paces 1 % below the rate, but counts whole packets for it and only their payload when it waits.
const PACING_MARGIN = 0.99 * (1500 / 1448)
// Linux sends in bursts of about a millisecond, and lets three of them be under way beyond what the path holds.
const BURST_MS = 1
const BURSTS_UNDER_WAY = 3

type Mode =
  | { readonly kind: 'startup' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'cruise'; readonly phase: number; readonly since: number }
  | { readonly kind: 'probe'; readonly window: number; readonly endsAt: number | undefined; readonly round: number }

export class Bbr implements Congestion {
  #mode: Mode = { kind: 'startup' }
  #window = INITIAL_WINDOW
  #windowBefore = 0
  #pace = 0
  #round = 0
  // Linux counts the SYN.
  #delivered = 1
  #rates: { readonly round: number; readonly rate: number }[] = []
  #full = { rate: 0, rounds: 0 }
  #leastMs = Infinity
  #leastAt = 0
  #conserves: number | undefined

  get window(): number {
    return this.#mode.kind === 'probe' ? Math.min(LEAST_WINDOW, this.#window) : Math.max(1, this.#window)
  }

  get pace(): number {
    return this.#pace
  }

  start(roundTripMs: number, now: number): void {
    this.#leastMs = roundTripMs
    this.#leastAt = now
    this.#pace = (STARTUP_GAIN * INITIAL_WINDOW) / Math.max(1, roundTripMs)
  }

  acknowledge(sample: AckSample): void {
    if (sample.startsRound) this.#round++
    this.#delivered += sample.segments
    this.#updateRate(sample)
    this.#checkFull(sample)
    this.#changeMode(sample)
    this.#updateLeast(sample)
    this.#setPace()
    this.#setWindow(sample)
  }

  loseSegments(_flight: number, _now: number): void {
    this.#saveWindow()
    this.#conserves = this.#round + 1
    this.#window = 0
  }

  endRecovery(): void {
    this.#conserves = undefined
    this.#window = Math.max(this.#window, this.#windowBefore)
  }

  timeOut(_now: number): void {
    this.#saveWindow()
    this.#full.rate = 0
    this.#window = 1
  }

  undoTimeout(): void {
    this.endRecovery()
  }

  // Linux does not shrink the window after a rest when the congestion control sets the pace.
  endRest(_idleMs: number, _timeoutMs: number): void {}

  get #isFull(): boolean {
    return this.#full.rounds >= FULL_ROUNDS
  }

  get #rate(): number {
    return this.#rates[0]?.rate ?? 0
  }

  get #gain(): number {
    const mode = this.#mode
    if (mode.kind === 'cruise') return CRUISE_GAINS[mode.phase % CRUISE_GAINS.length] ?? 1
    if (mode.kind === 'startup') return STARTUP_GAIN
    return mode.kind === 'drain' ? 1 / STARTUP_GAIN : 1
  }

  #saveWindow(): void {
    const isFresh = this.#conserves === undefined && this.#mode.kind !== 'probe'
    this.#windowBefore = isFresh ? this.#window : Math.max(this.#windowBefore, this.#window)
  }

  // The greatest of the last ten rounds: the head of a list in which each later entry is smaller.
  #updateRate({ segmentsPerMs: rate, applicationLimited }: AckSample): void {
    const rates = this.#rates
    while (rates.length > 1 && (rates[0]?.round ?? 0) < this.#round - RATE_ROUNDS) rates.shift()
    if (rate === undefined || (applicationLimited && rate < this.#rate)) return
    while (rates.length > 0 && (rates.at(-1)?.rate ?? 0) <= rate) rates.pop()
    rates.push({ round: this.#round, rate })
  }

  #checkFull({ startsRound, applicationLimited }: AckSample): void {
    if (this.#isFull || !startsRound || applicationLimited) return
    if (this.#rate >= this.#full.rate * FULL_GROWTH) this.#full = { rate: this.#rate, rounds: 0 }
    else this.#full.rounds++
  }

  #changeMode({ now, flightAfter, flightBefore }: AckSample): void {
    const mode = this.#mode
    if (mode.kind === 'startup' && this.#isFull) this.#mode = { kind: 'drain' }
    if (this.#mode.kind === 'drain' && flightAfter <= this.#fill(1))
      this.#mode = { kind: 'cruise', phase: 2, since: now }
    if (mode.kind !== 'cruise') return
    const waited = now - mode.since > this.#leastMs
    const gain = this.#gain
    const isOver =
      gain === 1
        ? waited
        : gain > 1
          ? waited && (this.#conserves !== undefined || flightBefore >= this.#fill(gain))
          : waited || flightBefore <= this.#fill(1)
    if (isOver) this.#mode = { kind: 'cruise', phase: mode.phase + 1, since: now }
  }

  #updateLeast({ now, roundTripMs, flightAfter, startsRound }: AckSample): void {
    const isOld = now > this.#leastAt + PROBE_EVERY_MS
    if (roundTripMs !== undefined && (isOld || roundTripMs < this.#leastMs)) {
      this.#leastMs = roundTripMs
      this.#leastAt = now
    }
    if (isOld && this.#mode.kind !== 'probe') {
      this.#mode = { kind: 'probe', window: this.#window, endsAt: undefined, round: 0 }
    }
    const mode = this.#mode
    if (mode.kind !== 'probe') return
    if (mode.endsAt === undefined) {
      if (flightAfter <= LEAST_WINDOW) this.#mode = { ...mode, endsAt: now + PROBE_MS, round: this.#round }
      return
    }
    if (now < mode.endsAt || (this.#round === mode.round && !startsRound)) return
    this.#leastAt = now
    this.#window = Math.max(this.#window, mode.window)
    this.#mode = this.#isFull ? { kind: 'cruise', phase: 2, since: now } : { kind: 'startup' }
  }

  #setPace(): void {
    const pace = this.#rate * this.#gain * PACING_MARGIN
    if (pace > 0 && (this.#isFull || pace > this.#pace)) this.#pace = pace
  }

  #setWindow({ segments, flightAfter, recovering }: AckSample): void {
    if (this.#conserves !== undefined && recovering) {
      this.#window = Math.max(this.#window, flightAfter + segments)
      if (this.#round < this.#conserves) return
    }
    const most = this.#fill(this.#mode.kind === 'cruise' ? CRUISE_WINDOW_GAIN : STARTUP_GAIN)
    if (this.#isFull) this.#window = Math.min(this.#window + segments, most)
    else if (this.#window < most || this.#delivered < INITIAL_WINDOW) this.#window += segments
    this.#window = Math.max(LEAST_WINDOW, this.#window)
  }

  /** Segments under way that make `gain` times the rate over the shortest round trip, and keep the bursts going. */
  #fill(gain: number): number {
    if (this.#rate === 0) return INITIAL_WINDOW
    const burst = Math.max(this.#pace >= 0.1 ? 2 : 1, Math.floor(this.#pace * BURST_MS))
    const quantised = Math.ceil(this.#rate * this.#leastMs * gain) + BURSTS_UNDER_WAY * burst
    return quantised + (quantised % 2) + (this.#mode.kind === 'cruise' && this.#gain > 1 ? 2 : 0)
  }
}
