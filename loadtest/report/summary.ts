// What a load test showed: figures of each contender, and each against a reference, visit by visit.
// Knows: samples. Does not know: how they were made, how figures are shown. Pure.
import { quantile } from '../../shared/quantile.ts'
import { type Interval, medianRatio } from '../load/statistics.ts'
import type { Sample } from '../load/run.ts'

export interface Spread {
  readonly median: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
}

export interface ContenderSummary {
  readonly name: string
  readonly pages: number
  readonly parts: number
  readonly failed: number
  /** Responses that were complete and not the origin's bytes. */
  readonly wrong: number
  /** Milliseconds from when a visit was meant to begin. */
  readonly firstByteMs: Spread
  readonly lastByteMs: Spread
  readonly loadedMs: Spread
  /** How late the client itself was in asking: above some milliseconds, the client was the bottleneck. */
  readonly startedMs: Spread
  readonly contentBytes: number
  /** Bytes on the link by part, as near counted them. */
  readonly linkBytes: { readonly base: number; readonly delta: number; readonly whole: number }
  /** All bytes that came down the links, headers and TLS included. */
  readonly downBytes: number
  readonly ways: Readonly<Record<string, number>>
}

export interface Comparison {
  readonly name: string
  readonly reference: string
  /** Time to the last byte over the reference's, visit by visit: the median and its 95 % interval. */
  readonly lastByte: Interval
  readonly firstByte: Interval
  /** The share of visits that took longer than the reference's by more than 2 % and 20 ms. */
  readonly slower: number
  readonly sites: readonly SiteComparison[]
}

export interface SiteComparison {
  /** Scheme, host and first segment of the path. */
  readonly site: string
  readonly visits: number
  /** Seconds saved in all visits together; below zero: lost. */
  readonly savedSeconds: number
  readonly medianRatio: number
}

export interface Summary {
  readonly contenders: readonly ContenderSummary[]
  readonly comparisons: readonly Comparison[]
}

// Below this nobody notices, and it is what two identical runs differ by on a busy machine.
const NOTICEABLE_MS = 20

/** `reference` is the contender that the others are held against; without samples of it there are no comparisons. */
export function summarize(
  samples: readonly Sample[],
  names: readonly string[],
  reference: string,
  downBytes: ReadonlyMap<string, number>,
): Summary {
  const of = (name: string) => samples.filter(({ contender }) => contender === name)
  return {
    contenders: names.map(name => summarizeContender(name, of(name), downBytes.get(name) ?? 0)),
    comparisons: names
      .filter(name => name !== reference && of(reference).length > 0)
      .map(name => compare(name, of(name), reference, of(reference))),
  }
}

function summarizeContender(name: string, samples: readonly Sample[], downBytes: number): ContenderSummary {
  const pages = samples.filter(({ kind }) => kind === 'page')
  const good = pages.filter(({ error }) => error === undefined)
  const sum = (field: string) => samples.reduce((total, { log }) => total + Number(log?.[field] ?? 0), 0)
  const ways: Record<string, number> = {}
  for (const { way } of samples) if (way !== undefined) ways[way] = (ways[way] ?? 0) + 1
  return {
    name,
    pages: pages.length,
    parts: samples.length - pages.length,
    failed: samples.filter(({ error }) => error !== undefined).length,
    wrong: samples.filter(({ isRight }) => isRight === false).length,
    firstByteMs: spreadOf(good.map(({ firstByteMs }) => firstByteMs)),
    lastByteMs: spreadOf(good.map(({ lastByteMs }) => lastByteMs)),
    loadedMs: spreadOf(good.flatMap(({ loadedMs }) => loadedMs ?? [])),
    startedMs: spreadOf(pages.map(({ startedMs }) => startedMs)),
    contentBytes: samples.reduce((total, { contentBytes }) => total + contentBytes, 0),
    linkBytes: { base: sum('baseBytes'), delta: sum('deltaBytes'), whole: sum('wholeBytes') },
    downBytes,
    ways,
  }
}

function spreadOf(values: readonly number[]): Spread {
  const [median, p90, p95, p99] = [0.5, 0.9, 0.95, 0.99].map(q => quantile(values, q)) as [
    number,
    number,
    number,
    number,
  ]
  return { median, p90, p95, p99 }
}

function compare(name: string, ours: readonly Sample[], reference: string, theirs: readonly Sample[]): Comparison {
  const pairs = pairVisits(ours, theirs)
  const slower = pairs.filter(
    ([one, other]) => one.lastByteMs > other.lastByteMs * 1.02 && one.lastByteMs > other.lastByteMs + NOTICEABLE_MS,
  )
  return {
    name,
    reference,
    lastByte: medianRatio(pairs.map(([one, other]) => [one.lastByteMs, other.lastByteMs])),
    firstByte: medianRatio(pairs.map(([one, other]) => [one.firstByteMs, other.firstByteMs])),
    slower: pairs.length === 0 ? Number.NaN : slower.length / pairs.length,
    sites: compareSites(pairs),
  }
}

type VisitPair = readonly [Sample, Sample]

/** The same visit of both, where both succeeded. */
export function pairVisits(ours: readonly Sample[], theirs: readonly Sample[]): readonly VisitPair[] {
  const isGood = ({ kind, error }: Sample) => kind === 'page' && error === undefined
  const byVisit = new Map(theirs.filter(isGood).map(sample => [sample.visit, sample]))
  return ours.filter(isGood).flatMap(one => {
    const other = byVisit.get(one.visit)
    return other ? [[one, other] as const] : []
  })
}

function compareSites(pairs: readonly VisitPair[]): readonly SiteComparison[] {
  return [...Map.groupBy(pairs, ([one]) => siteOf(one.url))]
    .map(([site, visits]) => ({
      site,
      visits: visits.length,
      savedSeconds: visits.reduce((total, [one, other]) => total + other.lastByteMs - one.lastByteMs, 0) / 1000,
      medianRatio: quantile(
        visits.map(([one, other]) => one.lastByteMs / other.lastByteMs),
        0.5,
      ),
    }))
    .sort((one, other) => other.savedSeconds - one.savedSeconds)
}

/** A port of loopback is an origin of ours, another one for each contender. */
function siteOf(url: string): string {
  const { host, hostname, pathname } = new URL(url)
  const [, first = ''] = pathname.split('/')
  return hostname === '127.0.0.1' ? `/${first}` : host
}
