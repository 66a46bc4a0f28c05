// What RFC 9111 says of one response: may it be stored, by whom, and does it still answer a request.
// Knows: http-cache-semantics, which has the rules. Does not know: stores, deltas. A response that may not be *reused*
// may still be a base (within its scope, and not when it is `no-store`); `storable` is about that.
import CachePolicy from 'http-cache-semantics'
import type { Validators } from './conditional.ts'
import { parseHttpDate } from './date.ts'
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
  /** The same without the rules of shared caches: asking whether a version is current shows it to nobody. */
  readonly #unshared: CachePolicy

  private constructor(policy: CachePolicy, unshared: CachePolicy) {
    this.#policy = policy
    this.#unshared = unshared
  }

  /**
   * `cache`: whether a shared cache (far) or a private one (near) wants to know. `now`: when the request was sent; the
   * time that the response took counts as age (RFC 9111 §4.2.3, corrected_age_value), and on a slow link it is long.
   * The client's clock is not compared with the origin's `Date` (apparent_age): of the two it is the one that is wrong.
   */
  static of(request: RequestFacts, response: ResponseFacts, cache: 'shared' | 'private', now: number): Freshness {
    const asked = requestOf(request)
    const answered = { status: response.status, headers: recordOf(response.fields) }
    return at(now, () => {
      const unshared = new PolicyAtGivenTime(asked, answered, { shared: false })
      return new Freshness(cache === 'shared' ? new PolicyAtGivenTime(asked, answered) : unshared, unshared)
    })
  }

  /**
   * Whether the response answers `request` without asking the origin (RFC 9111 §4). Never when it is stale: a client
   * that would take it so (`max-stale`) is not told apart from an origin that forbids it (§4.2.4).
   */
  answers(request: RequestFacts, now: number): boolean {
    return at(now, () => !this.#policy.stale() && this.#policy.satisfiesWithoutRevalidation(requestOf(request)))
  }

  /**
   * The validators with which `request` may ask whether the response is current: none when the response was selected
   * by other request fields (RFC 9111 §4.1), since a date alone does not tell variants apart.
   */
  validators(request: RequestFacts, now: number): Validators | undefined {
    const plain = { ...request, fields: without(request.fields, 'if-none-match', 'if-modified-since', 'if-range') }
    const headers = at(now, () => this.#unshared.revalidationHeaders(requestOf(plain)))
    const text = (value: string | string[] | undefined) => (typeof value === 'string' ? value : undefined)
    const etag = text(headers['if-none-match'])
    const lastModified = text(headers['if-modified-since'])
    return etag === undefined && lastModified === undefined ? undefined : { etag, lastModified }
  }

  /** Seconds since the origin made or confirmed the response (RFC 9111 §4.2.3). */
  ageSeconds(now: number): number {
    return Math.max(0, Math.floor(at(now, () => this.#policy.age())))
  }

  /** Whole seconds that it stays fresh from now on; 0 when it is stale. Leave to show it stale is not counted in. */
  freshForSeconds(now: number): number {
    return Math.max(0, Math.floor(at(now, () => this.#policy.maxAge() - this.#policy.age())))
  }
}

/** Versions are kept without content coding, so that `Vary: Accept-Encoding` does not tell them apart. */
function requestOf(request: RequestFacts) {
  return { method: request.method, url: request.url, headers: recordOf(without(request.fields, 'accept-encoding')) }
}

/**
 * The fields as the library has to have them. It knows directives in lower case only, reads dates as `Date.parse` does,
 * and asks the origin about everything that says must-revalidate, also while it is fresh (RFC 9111 §5.2.2.2 is about
 * what is stale; `answers` never gives that).
 */
function recordOf(fields: FieldList): Record<string, string> {
  const record = toRecord(fields)
  const directives = directivesOf(record['cache-control'] ?? '')
  for (const whenStale of ['must-revalidate', 'proxy-revalidate']) directives.delete(whenStale)
  if (record['cache-control'] !== undefined) {
    record['cache-control'] = [...directives]
      .map(([name, value]) => (value === undefined ? name : `${name}=${value}`))
      .join()
  }
  // RFC 9111 §5.3: what is no date is in the past.
  if (record['expires'] !== undefined) record['expires'] = writeDate(record['expires']) ?? 'past'
  if (record['date'] !== undefined) record['date'] = writeDate(record['date']) ?? ''
  return record
}

function writeDate(text: string): string | undefined {
  const ms = parseHttpDate(text)
  return ms === undefined ? undefined : new Date(ms).toUTCString()
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
 * many origins personalise pages without a word to caches. And what `Vary` says is one user's stays that user's: a
 * shared cache may keep it, but could answer only that user with it, while a speculation goes to whoever asks next.
 */
export function isPublic(request: RequestFacts, response: ResponseFacts): boolean {
  if (!mayKeep(request, response) || hasDirective(response.fields, 'private')) return false
  const personal = ['authorization', 'cookie']
  const has = (name: string) => valueOf(request.fields, name) !== undefined
  const vary = listOf(valueOf(response.fields, 'vary'))
  if (vary.includes('*') || personal.some(name => vary.includes(name) && has(name))) return false
  const directives = directivesOf(valueOf(response.fields, 'cache-control') ?? '')
  // `s-maxage=0` asks shared caches to stay out of it: no word for sharing.
  if (directives.has('public') || Number.parseInt(directives.get('s-maxage') ?? '', 10) > 0) return true
  if (personal.some(name => vary.includes(name) || has(name))) return false
  return valueOf(response.fields, 'set-cookie') === undefined
}

/**
 * The fields of a stored response after a 304 confirmed it (RFC 9111 §3.2, §4.3.4): those of the 304 replace its own,
 * but those that describe the content are the stored content's, and those that date the message are the 304's alone.
 */
export function updateFields(stored: FieldList, notModified: FieldList): FieldList {
  const updates = notModified.filter(([name]) => !contentFields.has(name.toLowerCase()))
  const replaced = new Set(updates.map(([name]) => name.toLowerCase()))
  const kept = stored.filter(([name]) => !replaced.has(name.toLowerCase()) && !messageFields.has(name.toLowerCase()))
  return [...kept, ...updates]
}

// A stored content may have lost its coding on the way, and with it its length and digests (RFC 9530).
const contentFields: ReadonlySet<string> = new Set([
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
  'digest',
  'repr-digest',
  'transfer-encoding',
])

// Left behind, an old Age would make a response that was just confirmed stale at once, and an old Date would make it
// fresh for as long as it lay here.
const messageFields: ReadonlySet<string> = new Set(['age', 'date'])

/** Whether `Cache-Control` holds a directive, or `Pragma` its old equal (RFC 9111 §5.2, §5.4). */
export function hasDirective(fields: FieldList, directive: string): boolean {
  const value = valueOf(fields, 'cache-control')
  if (value !== undefined) return directivesOf(value).has(directive)
  return directive === 'no-cache' && listOf(valueOf(fields, 'pragma')).includes('no-cache')
}

/**
 * The directives with their arguments (RFC 9111 §5.2). Names in lower case; a comma inside quotes is no end; of one that
 * is given twice, the first counts (§4.2.1).
 */
function directivesOf(value: string): Map<string, string | undefined> {
  const directives = new Map<string, string | undefined>()
  // Quotes are looked at in what is of a sane length only: where they do not match, the pattern takes quadratic time.
  const text = value.length <= MAX_QUOTED_CHARACTERS ? value : value.replaceAll('"', '')
  for (const [, name = '', argument] of text.matchAll(directive)) {
    const key = name.trim().toLowerCase()
    if (key === '' || directives.has(key)) continue
    // Without its quotes, and without commas, which the library takes for ends.
    directives.set(key, argument?.trim().replaceAll(/^"|"$/g, '').replaceAll(',', ' '))
  }
  return directives
}

const MAX_QUOTED_CHARACTERS = 4096
const directive = /([^,="]+)(?:=((?:"(?:\\.|[^"\\])*"|[^,"])*))?/g

function listOf(value: string | undefined): string[] {
  return (value ?? '').split(',').map(each => each.trim().toLowerCase())
}
