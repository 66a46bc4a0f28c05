// What RFC 9111 says of one stored response: which requests select it, and whether it answers them at a given time.
// Knows: lifetimes, ages, directives of both sides. Does not know: stores, deltas. A response that may not be *reused*
// may still be a base (within its scope, and not when it is `no-store`).
import type { RequestFacts } from './caching.ts'
import type { Validators } from './conditional.ts'
import { type Directives, directivesOf, secondsOf, splitList } from './directives.ts'
import { type FieldList, valueOf, withField } from './fields.ts'
import { type CacheKind, type ResponseFacts, initialAgeSeconds, lifetimeSeconds } from './lifetime.ts'
import { variantOf } from './variant.ts'

/** What a stored response is good for. */
export type Reuse =
  | { readonly kind: 'fresh' }
  /** Stale, and the client takes it so (`max-stale`). */
  | { readonly kind: 'stale' }
  /** Stale, and the origin lets it be shown while it is asked (`stale-while-revalidate`, RFC 5861 §3). */
  | { readonly kind: 'revalidate' }
  /**
   * The origin is to be asked first. `ifUnreachable`: it answers when nobody can be asked (RFC 9111 §4.2.4).
   * `ifError`: also in the place of a server's error (`stale-if-error`, RFC 5861 §4).
   */
  | { readonly kind: 'validate'; readonly ifUnreachable: boolean; readonly ifError: boolean }

/** What has to be known of a stored response beside its status and fields; plain data, to be written down. */
export interface StoredFacts {
  readonly method: string
  readonly url: string
  /** Names the request fields that selected the response; undefined when nothing selects it again (`Vary: *`). */
  readonly variant: string | undefined
  /** Whether the request had credentials (§3.5). */
  readonly authorized: boolean
  /** Whether it answers only who sends the same cookie and credentials, as if `Vary` named them; see `isPersonal`. */
  readonly personal: boolean
  readonly cache: CacheKind
  readonly askedAt: number
  readonly mustBeValidated: boolean
}

const ASK_FIRST: Reuse = { kind: 'validate', ifUnreachable: false, ifError: false }

/** The rules for one stored response. Times are milliseconds since the epoch. */
export class Freshness {
  /** Nothing else of the request is remembered: its fields may hold what is nobody's business later. */
  readonly facts: StoredFacts
  readonly #directives: Directives
  readonly #lifetimeSeconds: number
  readonly #initialAgeSeconds: number
  readonly #vary: string | undefined
  readonly #response: ResponseFacts

  private constructor(facts: StoredFacts, response: ResponseFacts) {
    const { cache, askedAt } = facts
    this.facts = facts
    this.#response = response
    this.#directives = directivesOf(response.fields)
    this.#vary = selectingFields(facts.personal, response.fields)
    this.#lifetimeSeconds = lifetimeSeconds(response, cache, askedAt)
    this.#initialAgeSeconds = initialAgeSeconds(response.fields, cache, askedAt)
  }

  /**
   * `cache`: whether a shared cache (far) or a private one (near) wants to know. `now`: when the request was sent; the
   * time that the response took counts as age (RFC 9111 §4.2.3, corrected_age_value), and on a slow link it is long.
   */
  static of(request: RequestFacts, response: ResponseFacts, cache: CacheKind, now: number): Freshness {
    const { method, url, fields } = request
    const authorized = valueOf(fields, 'authorization') !== undefined
    const personal = isPersonal(fields, response.fields)
    const variant = variantOf(selectingFields(personal, response.fields), fields)
    const facts = { method, url, variant, authorized, personal, cache, askedAt: now, mustBeValidated: false }
    return new Freshness(facts, response)
  }

  /** The rules for a stored response of which `facts` were written down. */
  static restore(facts: StoredFacts, response: ResponseFacts): Freshness {
    return new Freshness(facts, response)
  }

  /** See `StoredFacts`. */
  get variant(): string | undefined {
    return this.facts.variant
  }

  /** The same after something said that it may have changed (§4.4): the origin's word is needed, whatever was allowed. */
  invalidated(): Freshness {
    return new Freshness({ ...this.facts, mustBeValidated: true }, this.#response)
  }

  /** Whether it was fresh when it came. */
  get isForAWhile(): boolean {
    return !this.#needsWord && this.#lifetimeSeconds > this.#initialAgeSeconds
  }

  /** Whether `request` selects the response (§4, §4.1): URL, method, and the fields that `Vary` names. */
  selects(request: RequestFacts): boolean {
    const { method, url } = this.facts
    const isMethod = request.method === method || (request.method === 'HEAD' && method === 'GET')
    return isMethod && request.url === url && this.#matches(request.fields)
  }

  /** What the response is good for to a request that selects it. */
  reuse(request: RequestFacts, now: number): Reuse {
    const wishes = directivesOf(request.fields)
    if (wishes.has('no-cache') || wishes.has('no-store') || this.#needsWord || !this.selects(request)) return ASK_FIRST
    const age = this.#age(now)
    const staleSeconds = age - this.#lifetimeSeconds
    const isYoung = age <= (secondsOf(wishes, 'max-age') ?? Number.POSITIVE_INFINITY)
    const isEnough = isYoung || this.#isUnchangedOnReload(wishes)
    if (staleSeconds < 0 && isEnough && -staleSeconds >= (secondsOf(wishes, 'min-fresh') ?? 0)) return { kind: 'fresh' }
    if (this.#stayedFreshOrAsks) return ASK_FIRST
    if (isYoung && staleSeconds >= 0 && staleSeconds <= maxStale(wishes)) return { kind: 'stale' }
    const within = (name: string) => staleSeconds < (secondsOf(this.#directives, name) ?? -1)
    const hasWish = ['max-age', 'min-fresh', 'max-stale'].some(name => wishes.has(name))
    if (!hasWish && within('stale-while-revalidate')) return { kind: 'revalidate' }
    // RFC 5861 §4: where the origin says how long, it is not longer. What was never fresh is not shown unconfirmed.
    const ifError = within('stale-if-error') || staleSeconds < (secondsOf(wishes, 'stale-if-error') ?? -1)
    const isUsual = this.isForAWhile && !this.#directives.has('stale-if-error')
    return { kind: 'validate', ifUnreachable: ifError || isUsual, ifError }
  }

  /** Whether the response answers `request` without a word of the origin (RFC 9111 §4). */
  answers(request: RequestFacts, now: number): boolean {
    const { kind } = this.reuse(request, now)
    return kind === 'fresh' || kind === 'stale'
  }

  /**
   * The validators with which `request` may ask whether the response is current: none when the response was selected
   * by other request fields (RFC 9111 §4.1), since a date alone does not tell variants apart.
   */
  validators(request: RequestFacts): Validators | undefined {
    const { fields } = this.#response
    const etag = valueOf(fields, 'etag')
    const lastModified = valueOf(fields, 'last-modified')
    if (!this.selects(request) || (etag === undefined && lastModified === undefined)) return undefined
    return { etag, lastModified }
  }

  /** The stored fields as they answer: with the age, without those that need the origin's word (§5.2.2.4). */
  fieldsToServe(fields: FieldList, now: number): FieldList {
    const needWord = splitList(this.#directives.get('no-cache'))
    const served = fields.filter(([name]) => !needWord.includes(name.toLowerCase()))
    return withField(served, 'Age', String(this.ageSeconds(now)))
  }

  /** Seconds since the origin made or confirmed the response (RFC 9111 §4.2.3). */
  ageSeconds(now: number): number {
    return Math.floor(this.#age(now))
  }

  /** Whole seconds that it stays fresh from now on; 0 when it is stale. Leave to show it stale is not counted in. */
  freshForSeconds(now: number): number {
    return Math.max(0, this.timeToLiveSeconds(now))
  }

  /** The same, below zero when it is stale (RFC 9211 §2.3). */
  timeToLiveSeconds(now: number): number {
    return Math.floor((this.#needsWord ? 0 : this.#lifetimeSeconds) - this.#age(now))
  }

  /** RFC 8246 §2: a reload says `max-age=0`, and asks in vain; who wants to be sure says `no-cache`. Of the user's own cache. */
  #isUnchangedOnReload(wishes: Directives): boolean {
    return this.facts.cache === 'private' && this.#directives.has('immutable') && secondsOf(wishes, 'max-age') === 0
  }

  #age(now: number): number {
    return this.#initialAgeSeconds + Math.max(0, (now - this.facts.askedAt) / 1000)
  }

  #matches(requestFields: FieldList): boolean {
    return this.variant !== undefined && variantOf(this.#vary, requestFields) === this.variant
  }

  /** Whether the response never answers by itself, fresh or not. `no-cache` with names is about those fields only. */
  get #needsWord(): boolean {
    const { mustBeValidated, cache } = this.facts
    const noCache = this.#directives.has('no-cache') && splitList(this.#directives.get('no-cache')).length === 0
    const noStore = this.#directives.has('no-store') && !this.#directives.has('must-understand')
    if (mustBeValidated || noCache || noStore || setsCookie(this.#response.fields)) return true
    return cache === 'shared' && !maySharedCacheReuse(this.facts, this.#response.fields)
  }

  /** Whether it may never be shown stale, whoever would put up with it (§4.2.4, §5.2.2.2, §5.2.2.8, §5.2.2.10). */
  get #stayedFreshOrAsks(): boolean {
    const forShared = ['proxy-revalidate', 's-maxage'] as const
    if (this.#directives.has('must-revalidate')) return true
    return this.facts.cache === 'shared' && forShared.some(name => this.#directives.has(name))
  }
}

/** Seconds of staleness that the client takes; without a number any (§5.2.1.2). None when it takes none. */
function maxStale(wishes: Directives): number {
  if (!wishes.has('max-stale')) return -1
  return wishes.get('max-stale') === undefined ? Number.POSITIVE_INFINITY : (secondsOf(wishes, 'max-stale') ?? 0)
}

/** Whether a shared cache may answer with it at all (§3, §3.5), `private` aside also where it names fields. */
function maySharedCacheReuse({ authorized }: StoredFacts, fields: FieldList): boolean {
  const directives = directivesOf(fields)
  if (directives.has('private')) return false
  return isForAll(directives) || directives.has('must-revalidate') || !authorized
}

/**
 * What was made for a cookie or credentials, or is private, answers nobody else. Near is a private cache, but not of one
 * user: a browser has profiles, and a machine has several programs. Many origins count on caches of one user each and
 * name nothing in `Vary`. Stricter than the RFC, as `isPublic` is.
 */
function isPersonal(requestFields: FieldList, responseFields: FieldList): boolean {
  const directives = directivesOf(responseFields)
  if (directives.has('private')) return true
  return PERSONAL.some(name => valueOf(requestFields, name) !== undefined) && !isForAll(directives)
}

/** What begins a session for whoever asks must begin another one for whoever asks next, unless it is for all in words. */
function setsCookie(fields: FieldList): boolean {
  const directives = directivesOf(fields)
  const isServed = !splitList(directives.get('no-cache')).includes('set-cookie')
  return isServed && valueOf(fields, 'set-cookie') !== undefined && !isForAll(directives)
}

function isForAll(directives: Directives): boolean {
  return directives.has('public') || directives.has('s-maxage')
}

function selectingFields(personal: boolean, responseFields: FieldList): string | undefined {
  const vary = valueOf(responseFields, 'vary')
  return personal ? [...PERSONAL, ...(vary === undefined ? [] : [vary])].join() : vary
}

const PERSONAL = ['authorization', 'cookie']
