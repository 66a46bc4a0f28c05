// What RFC 9111 says of one response: may it be stored, by whom, and does it still answer a request.
// Knows: http-cache-semantics, which has the rules. Does not know: stores, deltas. A response that may not be *reused*
// may still be a base (within its scope, and not when it is `no-store`); `storable` is about that.
import CachePolicy from 'http-cache-semantics'
import type { Validators } from './conditional.ts'
import { type FieldList, toRecord, valueOf, without } from './fields.ts'

export interface RequestFacts {
  readonly method: string
  readonly url: string
  readonly fields: FieldList
}

export interface ResponseFacts {
  readonly status: number
  readonly fields: FieldList
}

// The library asks `this.now()`, also in its constructor. Every call into it below is synchronous and comes through
// `at`, so the time that it sees is always the one that was given.
let givenNow = 0

class PolicyAtGivenTime extends CachePolicy {
  now(): number {
    return givenNow
  }
}

function at<Result>(now: number, call: () => Result): Result {
  givenNow = now
  return call()
}

/** The rules for one stored response. Times are milliseconds since the epoch. */
export class Freshness {
  readonly #policy: CachePolicy

  private constructor(policy: CachePolicy) {
    this.#policy = policy
  }

  /** `cache`: whether a shared cache (far) or a private one (near) wants to know. */
  static of(request: RequestFacts, response: ResponseFacts, cache: 'shared' | 'private', now: number): Freshness {
    const policy = at(
      now,
      () =>
        new PolicyAtGivenTime(requestOf(request), { status: response.status, headers: toRecord(response.fields) }, {
          shared: cache === 'shared',
          trustServerDate: true,
        } as CachePolicy.Options),
    )
    return new Freshness(policy)
  }

  /** Whether the response answers `request` without asking the origin (RFC 9111 §4). */
  answers(request: RequestFacts, now: number): boolean {
    return at(now, () => this.#policy.satisfiesWithoutRevalidation(requestOf(request)))
  }

  /**
   * The validators with which `request` may ask whether the response is current: none when the response was selected
   * by other request fields (RFC 9111 §4.1), since a date alone does not tell variants apart.
   */
  validators(request: RequestFacts, now: number): Validators | undefined {
    const plain = { ...request, fields: without(request.fields, 'if-none-match', 'if-modified-since', 'if-range') }
    const headers = at(now, () => this.#policy.revalidationHeaders(requestOf(plain)))
    const etag = headers['if-none-match'] as string | undefined
    const lastModified = headers['if-modified-since'] as string | undefined
    return etag === undefined && lastModified === undefined ? undefined : { etag, lastModified }
  }

  /** Seconds since the origin made or confirmed the response (RFC 9111 §4.2.3). */
  ageSeconds(now: number): number {
    return Math.max(0, Math.floor(at(now, () => this.#policy.age())))
  }

  /** Seconds that it stays fresh from now on; 0 when it is stale. */
  freshForSeconds(now: number): number {
    return Math.max(0, Math.floor(at(now, () => this.#policy.timeToLive()) / 1000))
  }
}

/** Versions are kept without content coding, so that `Vary: Accept-Encoding` does not tell them apart. */
function requestOf(request: RequestFacts) {
  return { method: request.method, url: request.url, headers: toRecord(without(request.fields, 'accept-encoding')) }
}

/**
 * Whether any cache may keep the response at all: only `no-store`, on either side, forbids it (RFC 9111 §5.2.1.5,
 * §5.2.2.5).
 */
export function mayKeep(request: RequestFacts, response: ResponseFacts): boolean {
  return !hasDirective(request.fields, 'no-store') && !hasDirective(response.fields, 'no-store')
}

/**
 * Whether the response may be shown to other users (RFC 9111 §3): a shared cache may store it, and what depends on a
 * cookie or credentials is shared only when the origin says so in words. Stricter than the RFC for cookies, because
 * many origins personalise pages without a word to caches.
 */
export function isPublic(request: RequestFacts, response: ResponseFacts): boolean {
  if (!mayKeep(request, response) || hasDirective(response.fields, 'private')) return false
  const said = hasDirective(response.fields, 'public') || hasDirective(response.fields, 's-maxage')
  if (said) return true
  const names = ['authorization', 'cookie'].some(name => valueOf(request.fields, name) !== undefined)
  if (names || valueOf(response.fields, 'set-cookie') !== undefined) return false
  const vary = (valueOf(response.fields, 'vary') ?? '').toLowerCase()
  return !vary.includes('*') && !/\b(cookie|authorization)\b/.test(vary)
}

/** The fields of a stored response after a 304 confirmed it (RFC 9111 §3.2, §4.3.4). */
export function updateFields(stored: FieldList, notModified: FieldList): FieldList {
  // Fields that describe the content are the stored content's.
  const kept = new Set(['content-encoding', 'content-length', 'content-range', 'content-type', 'transfer-encoding'])
  const updates = notModified.filter(([name]) => !kept.has(name.toLowerCase()))
  const replaced = new Set(updates.map(([name]) => name.toLowerCase()))
  return [...stored.filter(([name]) => !replaced.has(name.toLowerCase())), ...updates]
}

/** Whether `Cache-Control` holds a directive, or `Pragma` its old equal (RFC 9111 §5.2, §5.4). */
export function hasDirective(fields: FieldList, directive: string): boolean {
  const value = valueOf(fields, 'cache-control')
  if (value === undefined) return directive === 'no-cache' && /no-cache/i.test(valueOf(fields, 'pragma') ?? '')
  return value.split(',').some(each => each.trim().toLowerCase().split('=')[0] === directive)
}
