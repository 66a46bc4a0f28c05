// The physical limit of an exchange over a link: no pair of proxies can be faster, whatever it does.
// Knows: bytes, rates, times. Does not know: how Hunch works, or how long anything really took.
import type { LinkFigures } from '../link/presets.ts'

export interface LimitFacts {
  readonly link: LinkFigures
  /** Bytes of the request on the link; one small packet when unknown. */
  readonly askBytes: number
  /** Milliseconds that the origin takes until its response begins; 0 when far need not ask it. */
  readonly originWaitMs: number
  /** Bytes of content in the smallest form known, given what near holds: a delta, a confirmation, or the whole. */
  readonly fewestBytes: number
  /** The smallest form of the whole, and of a base that far could send while it waits; 0: far has none. */
  readonly wholeBytes: number
  readonly baseBytes: number
}

export interface Limit {
  readonly firstByteMs: number
  readonly lastByteMs: number
  /** Bytes of a base that fit into the origin's wait. */
  readonly usableIdleBytes: number
}

// Fields of a response in their compressed form, and the end with its digest: no answer is less.
const LEAST_ANSWER_BYTES = 60

/**
 * A round trip, then whatever takes longer: the origin, or nothing; then the fewest bytes at the link's rate. While
 * the origin makes up its mind, a base may come: what has come of it need not come again, and the part of it that has
 * not may be replaced by its share of the whole. Losses and slow start are left out: they only make it slower.
 */
export function limitOf(facts: LimitFacts): Limit {
  const { link, originWaitMs, wholeBytes, baseBytes } = facts
  const downBytesPerMs = link.downBitsPerSecond / 8000
  const askMs = (facts.askBytes * 8000) / link.upBitsPerSecond
  const usableIdleBytes = Math.min(baseBytes, originWaitMs * downBytesPerMs)
  const missing = baseBytes === 0 ? 0 : (1 - usableIdleBytes / baseBytes) * wholeBytes
  const restBytes = Math.min(facts.fewestBytes + missing, wholeBytes || Number.POSITIVE_INFINITY)
  const beginMs = askMs + link.roundTripMs + originWaitMs
  return {
    firstByteMs: beginMs + LEAST_ANSWER_BYTES / downBytesPerMs,
    lastByteMs: beginMs + (LEAST_ANSWER_BYTES + restBytes) / downBytesPerMs,
    usableIdleBytes,
  }
}
