// How long a response is fresh, and how old it came (RFC 9111 §4.2).
// Knows: Cache-Control, Expires, Date, Age, Last-Modified. Does not know: requests, stores.
import { parseHttpDate } from './date.ts'
import { directivesOf, readSeconds, secondsOf } from './directives.ts'
import { type FieldList, valueOf } from './fields.ts'

export interface ResponseFacts {
  readonly status: number
  readonly fields: FieldList
}

/** A shared cache serves several users (far), a private one a single user (near); RFC 9111 §1. */
export type CacheKind = 'shared' | 'private'

/**
 * Seconds for which the response is fresh (§4.2.1), counted from when the origin made it; 0 when it says nothing or
 * nothing that can be read. `receivedAt`: stands in for a Date that is missing.
 */
export function lifetimeSeconds({ status, fields }: ResponseFacts, cache: CacheKind, receivedAt: number): number {
  const directives = directivesOf(fields)
  // §5.2.2.10: in a shared cache s-maxage beats max-age and Expires.
  const shared = cache === 'shared' ? secondsOf(directives, 's-maxage') : undefined
  const explicit = shared ?? secondsOf(directives, 'max-age')
  if (explicit !== undefined) return explicit
  const madeAt = parseHttpDate(valueOf(fields, 'date')) ?? receivedAt
  const expires = valueOf(fields, 'expires')
  // §5.3: what is no date is in the past; so are two dates.
  if (expires !== undefined) return Math.max(0, ((parseHttpDate(expires) ?? 0) - madeAt) / 1000)
  const mayGuess = heuristicStatuses.has(status) || directives.has('public')
  const modifiedAt = parseHttpDate(valueOf(fields, 'last-modified'))
  if (!mayGuess || modifiedAt === undefined) return 0
  return Math.min(MAX_GUESSED_SECONDS, Math.max(0, (madeAt - modifiedAt) / 1000) * GUESSED_PART)
}

// RFC 9110 §15.1: the statuses that are heuristically cacheable, but for 206, which is not kept.
const heuristicStatuses: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
// RFC 9111 §4.2.2: a typical setting. The limit is that of Squid: a week of silence is no promise for a year.
const GUESSED_PART = 0.1
const MAX_GUESSED_SECONDS = 7 * 24 * 3600

/** Whether the origin says in words how long the response is fresh, and that it is so for a while. */
export function hasLifetime(response: ResponseFacts): boolean {
  // Without a Date the answer is the same for any time but that of Expires: it is compared with the epoch.
  return lifetimeSeconds(response, 'private', 0) > 0 || lifetimeSeconds(response, 'shared', 0) > 0
}

/**
 * Seconds since the origin made the response when it was received (§4.2.3, corrected_initial_age without the time that
 * the response took: whoever calls counts from the request). A client's clock is not compared with the origin's `Date`
 * (apparent_age): of the two it is the one that is wrong. Far's clock is.
 */
export function initialAgeSeconds(fields: FieldList, cache: CacheKind, receivedAt: number): number {
  // §5.1: of several the first counts, and what is no number is passed over.
  const [first = ''] = (valueOf(fields, 'age') ?? '').split(',')
  const told = readSeconds(first.trim()) ?? 0
  const madeAt = cache === 'shared' ? parseHttpDate(valueOf(fields, 'date')) : undefined
  return madeAt === undefined ? told : Math.max(told, Math.floor((receivedAt - madeAt) / 1000))
}
