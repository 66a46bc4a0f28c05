// What near remembers of its exchanges for the dashboard and the metrics: the last ones, sums since the start, of today and
// of the last minutes, and sums by site. One table of counters feeds all who show them.
// Knows: exchanges that have ended, the time they are given with. Does not know: pages, sockets.
import { LRUCache } from 'lru-cache'
import { wastedBytes } from '../../shared/exchange/ledger.ts'
import type { Exchange } from '../exchange-log.ts'

/** How the link was when an exchange ended. */
export interface LinkFigures {
  readonly bandwidthBytesPerSecond: number | undefined
  readonly roundTripMs: number | undefined
}

/** One exchange as the dashboard shows it. */
export interface SeenExchange extends Omit<Exchange, 'startedAt' | 'plan' | 'wholeCostBytes'> {
  /** Counts up from 1. */
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly site: string
  readonly totalMs: number
  /** Estimated against the pair without its tricks; below zero: lost. */
  readonly savedMs: number
  readonly fault: string | undefined
  /** Whether far speculated, or why not; told while somebody looks. */
  readonly plan: string | undefined
}

export interface Sums {
  requests: number
  failures: number
  contentBytes: number
  linkBytes: number
  baseBytes: number
  wastedBytes: number
  savedBytes: number
  lostBytes: number
  savedMs: number
  lostMs: number
}

export interface SiteSums extends Sums {
  readonly site: string
  readonly ways: Readonly<Record<string, number>>
}

interface Period {
  readonly sums: Sums
  readonly ways: Record<string, number>
}

// What fits on a page that a person scrolls through.
const REMEMBERED_EXCHANGES = 500
const REMEMBERED_SITES = 1000
/** `now` on the dashboard. */
export const NOW_MS = 300_000

export class Activity {
  readonly startedAt: number
  readonly #total: Period = makePeriod()
  #today: Period & { readonly day: string } = { ...makePeriod(), day: '' }
  readonly #sites = new LRUCache<string, Period>({ max: REMEMBERED_SITES })
  readonly #last: SeenExchange[] = []
  readonly #listeners = new Set<(seen: SeenExchange) => void>()
  #count = 0

  /** `now` in milliseconds since the epoch, here and below. */
  constructor(now: number) {
    this.startedAt = now
  }

  /** Notes an exchange that has ended; `fault` is a failure's code, and not that of a client that left. */
  note(exchange: Exchange, link: LinkFigures, fault: string | undefined, now: number): SeenExchange {
    const { startedAt, plan, wholeCostBytes: _cost, ...rest } = exchange
    const seen: SeenExchange = {
      ...rest,
      plan: plan?.word,
      id: ++this.#count,
      at: startedAt,
      site: siteOf(exchange.url),
      totalMs: now - startedAt,
      savedMs: estimateSavedMs(exchange, link),
      fault,
    }
    const site = this.#sites.get(seen.site) ?? makePeriod()
    this.#sites.set(seen.site, site)
    for (const period of [this.#total, this.#todayAt(now), site]) add(period, seen)
    this.#last.push(seen)
    if (this.#last.length > REMEMBERED_EXCHANGES) this.#last.shift()
    for (const listener of this.#listeners) listener(seen)
    return seen
  }

  /** Calls back for each exchange from now on; gives what ends that. */
  listen(listener: (seen: SeenExchange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Whether anybody is called back. */
  get isListenedTo(): boolean {
    return this.#listeners.size > 0
  }

  /** The last exchanges, newest first. */
  get last(): readonly SeenExchange[] {
    return this.#last.toReversed()
  }

  get total(): Sums {
    return this.#total.sums
  }

  /** Responses by the way in which they came, since the start. */
  get ways(): Readonly<Record<string, number>> {
    return this.#total.ways
  }

  today(now: number): Sums {
    return this.#todayAt(now).sums
  }

  /** Of the last five minutes, as far as they are remembered. */
  latest(now: number): Sums {
    const period = makePeriod()
    for (const seen of this.#last) if (seen.at + seen.totalMs > now - NOW_MS) add(period, seen)
    return period.sums
  }

  /** By site, the most recently used first. */
  get sites(): readonly SiteSums[] {
    return [...this.#sites.entries()].map(([site, { sums, ways }]) => ({ site, ...sums, ways }))
  }

  #todayAt(now: number): Period {
    const day = localDay(now)
    if (this.#today.day !== day) this.#today = { ...makePeriod(), day }
    return this.#today
  }
}

// Text compresses to about a quarter.
const TYPICAL_COMPRESSION = 0.25

/**
 * Milliseconds saved against the pair without its tricks: the bytes that need not come at the link's rate, those of a
 * speculation among them because they came while nothing else did; and the round trip, where nobody was asked.
 */
export function estimateSavedMs(exchange: Exchange, { bandwidthBytesPerSecond, roundTripMs = 0 }: LinkFigures): number {
  const { way, baseBytes = 0, contentBytes = 0, savedBytes = 0 } = exchange
  if (!bandwidthBytesPerSecond) return 0
  const toMs = (bytes: number) => (bytes / bandwidthBytesPerSecond) * 1000
  switch (way) {
    case 'fresh':
    case 'stale':
      return roundTripMs + toMs(savedBytes > 0 ? savedBytes : contentBytes * TYPICAL_COMPRESSION)
    case 'confirmed':
    case 'delta':
    case 'corrected':
      return toMs(savedBytes + baseBytes)
    default:
      return 0
  }
}

function add({ sums, ways }: Period, seen: SeenExchange): void {
  const { savedBytes = 0, savedMs } = seen
  sums.requests += 1
  if (seen.fault !== undefined) sums.failures += 1
  sums.contentBytes += seen.contentBytes ?? 0
  sums.linkBytes += (seen.baseBytes ?? 0) + (seen.deltaBytes ?? 0) + (seen.wholeBytes ?? 0)
  sums.baseBytes += seen.baseBytes ?? 0
  sums.wastedBytes += wastedBytes(seen)
  sums.savedBytes += Math.max(0, savedBytes)
  sums.lostBytes += Math.max(0, -savedBytes)
  sums.savedMs += Math.max(0, savedMs)
  sums.lostMs += Math.max(0, -savedMs)
  if (seen.way) ways[seen.way] = (ways[seen.way] ?? 0) + 1
}

function makePeriod(): Period {
  const sums = { requests: 0, failures: 0, contentBytes: 0, linkBytes: 0, baseBytes: 0, wastedBytes: 0 }
  return { sums: { ...sums, savedBytes: 0, lostBytes: 0, savedMs: 0, lostMs: 0 }, ways: {} }
}

/** The host of a URL, or of what CONNECT named; without the port that its scheme has anyway. */
function siteOf(url: string): string {
  if (!url.includes('://')) return url.replace(/:443$/, '')
  return URL.canParse(url) ? new URL(url).host : url
}

function localDay(now: number): string {
  return new Date(now).toDateString()
}
