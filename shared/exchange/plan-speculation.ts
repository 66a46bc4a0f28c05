// Whether far sends a version before the origin has answered: one decision, with its reason.
// Knows: expected waits, the link, thresholds. Does not know: what else is on the link (the scheduler does).
import type { Thresholds } from '../config/options.ts'
import type { LinkFacts, SpeculationWish } from '../link/ask.ts'
import type { Version } from '../version.ts'

export type NoSpeculation =
  | 'off' // near or far does not want it
  | 'no-deltas' // near could not use a base that turns out stale
  | 'common' // both hold a base already: the idle time has nothing to carry
  | 'no-version' // far has nothing to send
  | 'size' // outside minBaseBytes to maxBaseBytes
  | 'no-gain' // the expected gain is below minExpectedGainMs

export type SpeculationPlan =
  | { readonly kind: 'speculate'; readonly version: Version; readonly expectedGainMs: number }
  | { readonly kind: 'wait'; readonly why: NoSpeculation }

export interface SpeculationFacts {
  readonly wish: SpeculationWish
  readonly readsDeltas: boolean
  readonly candidate: Version | undefined
  readonly common: boolean
  readonly expectedWaitMs: number | undefined
  readonly link: LinkFacts
}

// Until an origin has been timed: a common time to first byte of a page that is made on request.
const UNKNOWN_WAIT_MS = 300
// Compressed text is about this part of its length; used until the version has been sent whole once.
const TYPICAL_COMPRESSION = 0.25

/**
 * Speculation gains the time that it fills: the origin's wait, but no more than sending the base takes. It costs
 * nothing but bytes, since it stops when the origin answers.
 */
export function planSpeculation(facts: SpeculationFacts, thresholds: Thresholds): SpeculationPlan {
  const { candidate } = facts
  if (facts.wish === 'off' || thresholds.speculation === 'off') return { kind: 'wait', why: 'off' }
  if (!facts.readsDeltas) return { kind: 'wait', why: 'no-deltas' }
  if (facts.common) return { kind: 'wait', why: 'common' }
  if (!candidate) return { kind: 'wait', why: 'no-version' }
  const sizeBytes = candidate.content.length
  if (sizeBytes < thresholds.minBaseBytes || sizeBytes > thresholds.maxBaseBytes) return { kind: 'wait', why: 'size' }
  const waitMs = facts.expectedWaitMs ?? UNKNOWN_WAIT_MS
  const wireBytes = candidate.wholeBytes ?? sizeBytes * TYPICAL_COMPRESSION
  // A bandwidth of 0 is none: such a link has not carried anything yet.
  const bandwidth = facts.link.bandwidthBytesPerSecond || undefined
  const expectedGainMs = bandwidth === undefined ? waitMs : Math.min(waitMs, (wireBytes / bandwidth) * 1000)
  if (expectedGainMs < thresholds.minExpectedGainMs) return { kind: 'wait', why: 'no-gain' }
  return { kind: 'speculate', version: candidate, expectedGainMs }
}
