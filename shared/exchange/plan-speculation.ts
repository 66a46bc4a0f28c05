// Whether far sends a version before the origin has answered: one decision, with its reason.
// Knows: how long the origin took before, how alike versions were, the link, thresholds. Does not know: what else is on
// the link (the scheduler does), how much was spent already (near's ledger does).
import type { Thresholds } from '../config/options.ts'
import type { LinkFacts, SpeculationWish } from '../link/ask.ts'
import { transferMs } from '../link/transfer-time.ts'
import type { Version } from '../version.ts'

export type NoSpeculation =
  | 'off' // near or far does not want it
  | 'no-deltas' // near could not use a base that turns out stale
  | 'common' // both hold a base already: the idle time has nothing to carry
  | 'no-version' // far has nothing to send
  | 'size' // outside minBaseBytes to maxBaseBytes
  | 'no-gain' // the expected gain is below minExpectedGainMs
  | 'waste' // more of it than maxWastePercent is expected to be in vain

/** What a speculation is expected to do, before it is known how long the origin takes this time. */
export interface Expectation {
  /** Milliseconds that the client has its last byte earlier. */
  readonly gainMs: number
  /** Bytes of the base that are sent, and those of them that a correction makes useless. */
  readonly sentBytes: number
  readonly wastedBytes: number
}

/** All that the decision weighs but the thresholds: with it other thresholds can be tried on an exchange that is over. */
export interface SpeculationChance {
  readonly wish: SpeculationWish
  readonly readsDeltas: boolean
  readonly common: boolean
  /** What far could send; undefined: nothing. */
  readonly candidate: SpeculationCandidate | undefined
}

export interface SpeculationCandidate {
  readonly sizeBytes: number
  /** What it costs on the link, compressed. */
  readonly wireBytes: number
  readonly expected: Expectation
}

export type SpeculationPlan =
  | { readonly kind: 'speculate'; readonly version: Version; readonly expected: Expectation }
  | { readonly kind: 'wait'; readonly why: NoSpeculation }

export interface SpeculationFacts {
  readonly wish: SpeculationWish
  readonly readsDeltas: boolean
  readonly candidate: Version | undefined
  /** Whether the candidate is a version of another URL. */
  readonly isSibling: boolean
  readonly common: boolean
  /** How long the origin took for this URL, or its host, the last times, in milliseconds. */
  readonly waitsMs: readonly number[]
  /** How large deltas of it were, as a part of the whole, both compressed; 0 where nothing had changed. */
  readonly deltaShares: readonly number[]
  readonly link: LinkFacts
}

// Until an origin has been timed: a common time to first byte of a page that is made on request.
const UNKNOWN_WAIT_MS = 300
// Compressed text is about this part of its length; used until the version has been sent whole once.
const TYPICAL_COMPRESSION = 0.25
// Until a delta was made: over neighbouring versions of real documents it was 0.06 at the 90th percentile. Of siblings
// nothing is known before one is tried: the guess is the largest that the default maxWastePercent lets through, and
// what the first one shows counts from then on for the host.
const UNKNOWN_SHARE = 0.1
const UNKNOWN_SIBLING_SHARE = 0.25

/**
 * Speculation gains what it sends while the origin thinks, less what of it turns out to be stale. It costs nothing but
 * bytes, since it stops when the origin answers.
 */
export function planSpeculation(facts: SpeculationFacts, thresholds: Thresholds): SpeculationPlan {
  const chance = weighSpeculation(facts)
  const decision = decideSpeculation(chance, thresholds)
  if (decision !== 'speculate') return { kind: 'wait', why: decision }
  // What may be sent is there, and was weighed.
  const [version, weighed] = [facts.candidate as Version, chance.candidate as SpeculationCandidate]
  return { kind: 'speculate', version, expected: weighed.expected }
}

export function weighSpeculation(facts: SpeculationFacts): SpeculationChance {
  const { wish, readsDeltas, common, candidate } = facts
  if (!candidate) return { wish, readsDeltas, common, candidate: undefined }
  const sizeBytes = candidate.content.length
  const wireBytes = candidate.wholeBytes ?? sizeBytes * TYPICAL_COMPRESSION
  const expected = expectSpeculation(wireBytes, facts)
  return { wish, readsDeltas, common, candidate: { sizeBytes, wireBytes, expected } }
}

export function decideSpeculation(chance: SpeculationChance, thresholds: Thresholds): 'speculate' | NoSpeculation {
  const { wish, candidate } = chance
  if (wish === 'off' || thresholds.speculation === 'off') return 'off'
  if (!chance.readsDeltas) return 'no-deltas'
  if (chance.common) return 'common'
  if (!candidate) return 'no-version'
  const { sizeBytes, wireBytes, expected } = candidate
  if (sizeBytes < thresholds.minBaseBytes || sizeBytes > thresholds.maxBaseBytes) return 'size'
  if (expected.gainMs < thresholds.minExpectedGainMs) return 'no-gain'
  const isThrifty = wish === 'balanced' || thresholds.speculation === 'balanced'
  const allBytes = wireBytes + expected.wastedBytes
  if (isThrifty && expected.wastedBytes * 100 > allBytes * thresholds.maxWastePercent) return 'waste'
  return 'speculate'
}

/** The mean over the waits that were seen, each as likely as the other, of sending `wireBytes` while it lasts. */
export function expectSpeculation(
  wireBytes: number,
  facts: Pick<SpeculationFacts, 'isSibling' | 'waitsMs' | 'deltaShares' | 'link'>,
): Expectation {
  const waitsMs = facts.waitsMs.length > 0 ? facts.waitsMs : [UNKNOWN_WAIT_MS]
  // A delta may cost more than the whole does; then the whole is sent, and all of the base was in vain.
  const unknownShare = facts.isSibling ? UNKNOWN_SIBLING_SHARE : UNKNOWN_SHARE
  const share = Math.min(1, facts.deltaShares.length > 0 ? mean(facts.deltaShares) : unknownShare)
  // A bandwidth of 0 is none: such a link has not carried anything yet. Then all of the wait counts as used.
  const bytesPerMs = (facts.link.bandwidthBytesPerSecond ?? 0) / 1000
  if (bytesPerMs === 0) {
    return { gainMs: mean(waitsMs) * (1 - share), sentBytes: wireBytes, wastedBytes: wireBytes * share }
  }
  const sentBytes = mean(waitsMs.map(waitMs => Math.min(wireBytes, waitMs * bytesPerMs)))
  // What begins earlier ends earlier, by the wait at most: on a long link that is more than the bytes' own time, since it
  // is during the wait that TCP finds out how much it may send.
  const takesMs = transferMs(wireBytes, facts.link)
  const gainMs = mean(waitsMs.map(waitMs => Math.min(takesMs, waitMs))) * (1 - share)
  return { gainMs, sentBytes, wastedBytes: sentBytes * share }
}

/**
 * How much of a base was stale, from a delta that was made: `ratio` is the delta over the whole, both compressed, and
 * `prefix` is how much of the base it was made from. What was missing of the base is in the delta as it is.
 */
export function observeShare(ratio: number, prefix: number): number | undefined {
  // Less says more about where it was cut than about the page.
  if (prefix < LEAST_TELLING_PREFIX) return undefined
  return Math.min(1, Math.max(0, (ratio - (1 - prefix)) / prefix))
}

const LEAST_TELLING_PREFIX = 0.5

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
