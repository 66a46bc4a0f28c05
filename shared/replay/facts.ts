// What a trace says of each exchange that does not depend on thresholds: sizes, waits, what could have been sent ahead, and
// how much of it would have been stale. What was not observed is taken from the exchanges most like it.
// Knows: traces. Does not know: thresholds, time on the link.
import type { SpeculationCandidate } from '../exchange/plan-speculation.ts'
import type { TracedExchange, TraceRun } from '../exchange/trace-line.ts'
import type { Thresholds } from '../config/options.ts'
import { quantile } from '../quantile.ts'

export interface ExchangeFacts {
  readonly at: number
  readonly site: string
  readonly url: string
  readonly measuredMs: number
  /** Whether far was asked for it and answered, so that it can be replayed. */
  readonly isAsked: boolean
  readonly waitMs: number
  /** How long the origin took from there to the end of the content, where that is what the client waited for; else 0. */
  readonly contentMs: number
  /** What the content costs when it is sent whole. */
  readonly wholeBytes: number
  /** What a delta from a version that both held costs; 0: a confirmation; undefined: they held none. */
  readonly deltaBytes: number | undefined
  readonly common: boolean
  /** What far could have sent ahead, as it knew it; what that really costs; and what corrects all of it, 0: nothing. */
  readonly candidate: SpeculationCandidate | undefined
  readonly baseBytes: number
  readonly staleBytes: number
  readonly contentBytes: number
  /** What far decided: `speculate`, or why not. */
  readonly word: string | undefined
  readonly thresholds: Thresholds
}

/** One run: the exchanges of one link, in the order in which clients asked. */
export type RunFacts = readonly ExchangeFacts[]

/** Ways in which far has no part, or whose contents thresholds do not touch. */
const untouched: ReadonlySet<string> = new Set(['fresh', 'stale', 'tunnel', 'fallback'])

export function factsOf(runs: readonly TraceRun[]): readonly RunFacts[] {
  const all = runs.flatMap(({ exchanges }) => exchanges)
  const seen: Seen = {
    wholeRatios: new Observed(all, wholeRatio),
    shares: new Observed(all, ({ plan }) => plan?.share),
    textRatio: quantile(
      all.flatMap(each => wholeRatio(each) ?? []).filter(ratio => ratio < LEAST_PICTURE_RATIO),
      0.5,
    ),
  }
  return runs.map(({ exchanges, mode, thresholds: set }) => {
    // Other modes never speculate, whatever thresholds say.
    const thresholds: Thresholds = mode === 'optimistic' ? set : { ...set, speculation: 'off' }
    return exchanges.map(each => toFacts(each, thresholds, seen)).sort((one, other) => one.at - other.at)
  })
}

interface Seen {
  readonly wholeRatios: Observed
  readonly shares: Observed
  /** The middle of how small text became, NaN where none was sent whole. */
  readonly textRatio: number
}

// What does not get smaller than this is compressed already, and never sent ahead.
const LEAST_PICTURE_RATIO = 0.6
// Far's guess for what it never sent whole (plan-speculation.ts, send-answer.ts), give or take a rounding.
const GUESSED_RATIO = 0.25
const GUESS_PRECISION = 0.002

function toFacts(each: TracedExchange, thresholds: Thresholds, seen: Seen): ExchangeFacts {
  const { at, site, url, totalMs, way, contentBytes, plan, originWaitMs = 0, wholeCostBytes = 0, set } = each
  const ratio = wholeRatio(each) ?? seen.wholeRatios.of(each)
  const known = ratio === undefined ? undefined : ratio * contentBytes
  const wholeBytes = each.wholeBytes || (known ?? guessBetter(wholeCostBytes, contentBytes, seen))
  const { candidate } = plan ?? {}
  const { sentBytes = 0, wastedBytes = 0 } = candidate?.expected ?? {}
  const share = plan?.share ?? seen.shares.of(each) ?? (sentBytes > 0 ? wastedBytes / sentBytes : 0)
  // A confirmation is told by itself; where a piece of a base was corrected, `share` says no more than it could see.
  const staleBytes = way === 'confirmed' ? 0 : Math.max(LEAST_DELTA_BYTES, share * (wholeCostBytes || wholeBytes))
  return {
    at,
    site,
    url,
    measuredMs: totalMs,
    isAsked: each.fault === undefined && way !== undefined && !untouched.has(way),
    waitMs: originWaitMs,
    contentMs: slownessOf(each),
    wholeBytes,
    deltaBytes: way === 'confirmed' && each.baseBytes === 0 ? 0 : way === 'delta' ? each.deltaBytes : plan?.triedBytes,
    common: plan?.word === 'common',
    candidate,
    baseBytes: baseOf(candidate, ratio, seen),
    staleBytes,
    contentBytes,
    word: plan?.word,
    thresholds: { ...thresholds, ...set },
  }
}

/** What sending all of it really costs. */
function baseOf(candidate: SpeculationCandidate | undefined, ratio: number | undefined, seen: Seen): number {
  if (!candidate) return 0
  const { wireBytes, sizeBytes } = candidate
  return ratio === undefined ? guessBetter(wireBytes, sizeBytes, seen) : ratio * sizeBytes
}

// Its head, and one change.
const LEAST_DELTA_BYTES = 30

/** Far's figure, unless it was a guess; then what this trace shows of text. */
function guessBetter(figure: number, length: number, { textRatio }: Seen): number {
  const isGuess = length > 0 && Math.abs(figure / length - GUESSED_RATIO) < GUESS_PRECISION
  return isGuess && !Number.isNaN(textRatio) ? length * textRatio : figure
}

// A content that took so much longer than the link needs for it came from its origin as slowly.
const SLOW_MS = 300
const SLOW_FACTOR = 3

function slownessOf({ totalMs, firstByteMs = totalMs, ...each }: TracedExchange): number {
  const contentMs = totalMs - firstByteMs
  const linkMs = ((each.deltaBytes + each.wholeBytes) / (each.bandwidthBytesPerSecond || Infinity)) * 1000
  return contentMs > SLOW_MS + SLOW_FACTOR * linkMs ? contentMs : 0
}

/** How small the content of this URL becomes when it is compressed, where the exchange shows it. */
function wholeRatio(each: TracedExchange): number | undefined {
  const { way, wholeBytes, contentBytes, baseBytes, plan } = each
  if (contentBytes === 0) return undefined
  if (wholeBytes > 0) return wholeBytes / contentBytes
  if (baseBytes === 0 || !plan?.candidate) return undefined
  if (way === 'confirmed') return baseBytes / contentBytes
  const prefix = prefixOf(each)
  return prefix === undefined ? undefined : baseBytes / prefix / plan.candidate.sizeBytes
}

/** How much of a base had come when it was corrected, from how large the delta was: observeShare turned round. */
function prefixOf({ way, deltaBytes, wholeCostBytes, plan }: TracedExchange): number | undefined {
  if (way !== 'corrected' || !wholeCostBytes || plan?.share === undefined || plan.share >= 1) return undefined
  const prefix = (1 - deltaBytes / wholeCostBytes) / (1 - plan.share)
  return prefix > 0 ? Math.min(1, prefix) : undefined
}

/** A quantity that some exchanges show: the median of those with the same URL. */
class Observed {
  readonly #medians = new Map<string, number>()

  constructor(exchanges: readonly TracedExchange[], observe: (each: TracedExchange) => number | undefined) {
    const values = new Map<string, number[]>()
    for (const each of exchanges) {
      const value = observe(each)
      if (value === undefined) continue
      values.set(each.url, [...(values.get(each.url) ?? []), value])
    }
    for (const [url, list] of values) this.#medians.set(url, quantile(list, 0.5))
  }

  of({ url }: TracedExchange): number | undefined {
    return this.#medians.get(url)
  }
}

/** What near measured of the links of a trace: the middle of the bandwidths, and a round trip of a link at rest. */
export function measuredOf(
  exchanges: readonly { readonly bandwidthBytesPerSecond?: number; readonly roundTripMs?: number }[],
): { readonly bytesPerMs: number; readonly roundTripMs: number } {
  const bandwidths = exchanges.flatMap(({ bandwidthBytesPerSecond }) => bandwidthBytesPerSecond ?? [])
  const roundTrips = exchanges.flatMap(({ roundTripMs }) => roundTripMs ?? [])
  return {
    bytesPerMs: bandwidths.length === 0 ? 1000 : Math.max(0.1, quantile(bandwidths, 0.5) / 1000),
    roundTripMs: roundTrips.length === 0 ? 1 : quantile(roundTrips, 0.1),
  }
}
