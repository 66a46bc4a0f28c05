// The versions that one proxy holds in memory: several for each URL and scope, newest first, within a budget of bytes.
// Knows: digests, lengths, order of use. Does not know: clocks, HTTP, disks.
//
// Invariants:
// 1. The lists by URL and by digest name exactly what the cache holds: all change in `#insert` and `#forget` only.
// 2. A list holds one content once for each variant (RFC 9111 §4.1); the same stored again moves to the front with its
//    new fields.
// 3. What is newest is told by the order of `add`, not by `storedAt`: clocks are set back at times.
import { LRUCache } from 'lru-cache'
import { type Digest, originOf, type Scope, type Version, shorten } from './version.ts'

export interface VersionsLimits {
  /** Bytes of content and fields, all versions together. */
  readonly maxBytes: number
  readonly maxVersionsPerUrl: number
}

// What a version takes beside its content and the text of its fields: objects, policy, keys. Measured at about 2 kB
// with twenty fields.
const OVERHEAD_BYTES = 2048

// Siblings are looked for among the latest: a person who reads a site has just been on its other pages.
const MOST_OF_ORIGIN = 64

type Key = string

interface Held {
  readonly version: Version
  /** Counts up with each `add`. */
  readonly order: number
}

export class Versions {
  readonly #maxVersionsPerUrl: number
  readonly #held: LRUCache<Key, Held>
  readonly #keysByUrl = new Map<string, readonly Key[]>()
  readonly #keysByDigest = new KeySets()
  readonly #keysByOrigin = new KeySets()
  readonly #dictionariesByOrigin = new KeySets()
  #added = 0

  constructor(limits: VersionsLimits) {
    this.#maxVersionsPerUrl = limits.maxVersionsPerUrl
    this.#held = new LRUCache<Key, Held>({
      maxSize: limits.maxBytes,
      sizeCalculation: ({ version }) => sizeOf(version),
      dispose: ({ version }, key, reason) => {
        // Replaced under the same key: `add` inserts it again.
        if (reason !== 'set') this.#forget(key, version)
      },
    })
  }

  /** Bytes held now. */
  get sizeBytes(): number {
    return this.#held.calculatedSize
  }

  /** How many versions are held now. */
  get count(): number {
    return this.#held.size
  }

  /**
   * Adds a version as the newest of its URL and scope; drops the oldest of them beyond the limit, and what was longest
   * not used beyond the budget. A version that is larger than the whole budget is not kept.
   */
  add(version: Version): void {
    const key = versionKey(version)
    if (sizeOf(version) > this.#held.maxSize) {
      // It replaces the one of the same content: that has fields which no longer hold.
      this.#held.delete(key)
      return
    }
    this.#held.set(key, { version, order: ++this.#added })
    this.#insert(key, version)
    const keys = this.#keysByUrl.get(urlKey(version.url, version.scope)) ?? []
    for (const oldest of keys.slice(this.#maxVersionsPerUrl)) this.#held.delete(oldest)
  }

  /** The versions of a URL in these scopes, newest first. */
  of(url: string, scopes: readonly Scope[]): Version[] {
    return scopes
      .flatMap(scope => this.#keysByUrl.get(urlKey(url, scope)) ?? [])
      .map(key => this.#held.get(key))
      .filter(held => held !== undefined)
      .sort((one, other) => other.order - one.order)
      .map(({ version }) => version)
  }

  /** The newest versions of an origin in these scopes, newest first: candidates for siblings. */
  ofOrigin(url: string, scopes: readonly Scope[]): Version[] {
    return this.#newestOf(this.#keysByOrigin, url, scopes)
  }

  /** The newest versions of an origin in these scopes that are dictionaries (RFC 9842), newest first. */
  dictionariesOf(url: string, scopes: readonly Scope[]): Version[] {
    return this.#newestOf(this.#dictionariesByOrigin, url, scopes)
  }

  #newestOf(sets: KeySets, url: string, scopes: readonly Scope[]): Version[] {
    return scopes
      .flatMap(scope => sets.get(originKey(url, scope)).slice(-MOST_OF_ORIGIN))
      .map(key => this.#held.peek(key))
      .filter(held => held !== undefined)
      .sort((one, other) => other.order - one.order)
      .map(({ version }) => version)
  }

  /** The newest version in these scopes whose digest starts so, whatever its URL: bases may be siblings. */
  find(shortDigest: string, scopes: readonly Scope[]): Version | undefined {
    return this.#find(shortDigest, version => scopes.includes(version.scope))
  }

  /** The newest version in these scopes with exactly this digest. */
  exactly(digest: Digest, scopes: readonly Scope[]): Version | undefined {
    return this.#find(shorten(digest), version => version.digest === digest && scopes.includes(version.scope))
  }

  /** Has all versions of a URL in these scopes validated before they answer again (RFC 9111 §4.4); they stay bases. */
  invalidate(url: string, scopes: readonly Scope[]): void {
    for (const version of this.of(url, scopes).toReversed()) {
      this.add({ ...version, freshness: version.freshness.invalidated() })
    }
  }

  /** All that is held, what was used last first. */
  all(): Version[] {
    return [...this.#held.values()].map(({ version }) => version)
  }

  /** Whether exactly this version is held. */
  holds(version: Version): boolean {
    return this.#held.peek(versionKey(version))?.version === version
  }

  /** Forgets one version. */
  forget(version: Version): void {
    this.#held.delete(versionKey(version))
  }

  /** Forgets all. */
  clear(): void {
    this.#held.clear()
  }

  /** Forgets all versions of a URL in these scopes. */
  drop(url: string, scopes: readonly Scope[]): void {
    for (const scope of scopes) {
      for (const key of this.#keysByUrl.get(urlKey(url, scope)) ?? []) this.#held.delete(key)
    }
  }

  #find(shortDigest: string, isWanted: (version: Version) => boolean): Version | undefined {
    const keys = this.#keysByDigest.get(shortDigest)
    // `peek`, because only what is found is used.
    const wanted = keys.filter(key => {
      const held = this.#held.peek(key)
      return held !== undefined && isWanted(held.version)
    })
    const newest = wanted.at(-1)
    return newest === undefined ? undefined : this.#held.get(newest)?.version
  }

  #insert(key: Key, version: Version): void {
    const byUrl = urlKey(version.url, version.scope)
    const others = (this.#keysByUrl.get(byUrl) ?? []).filter(each => each !== key)
    this.#keysByUrl.set(byUrl, [key, ...others])
    this.#keysByDigest.add(shorten(version.digest), key)
    const origin = originKey(version.url, version.scope)
    this.#keysByOrigin.add(origin, key)
    if (version.dictionary) this.#dictionariesByOrigin.add(origin, key)
    else this.#dictionariesByOrigin.delete(origin, key)
  }

  #forget(key: Key, version: Version): void {
    const byUrl = urlKey(version.url, version.scope)
    const others = (this.#keysByUrl.get(byUrl) ?? []).filter(each => each !== key)
    if (others.length > 0) this.#keysByUrl.set(byUrl, others)
    else this.#keysByUrl.delete(byUrl)
    this.#keysByDigest.delete(shorten(version.digest), key)
    const origin = originKey(version.url, version.scope)
    this.#keysByOrigin.delete(origin, key)
    this.#dictionariesByOrigin.delete(origin, key)
  }
}

/** Sets of keys, each in the order in which its keys were added last. */
class KeySets {
  readonly #sets = new Map<string, Set<Key>>()

  get(name: string): Key[] {
    return [...(this.#sets.get(name) ?? [])]
  }

  add(name: string, key: Key): void {
    const keys = this.#sets.get(name) ?? new Set()
    // A set keeps the order of insertion, so the newest is the last.
    keys.delete(key)
    this.#sets.set(name, keys.add(key))
  }

  delete(name: string, key: Key): void {
    const keys = this.#sets.get(name)
    keys?.delete(key)
    if (keys?.size === 0) this.#sets.delete(name)
  }
}

function sizeOf(version: Version): number {
  const fieldsBytes = version.fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return version.content.length + fieldsBytes + OVERHEAD_BYTES
}

/** Names what a version replaces: the same content of the same URL, scope and variant. */
export function versionKey(version: Version): Key {
  return `${version.digest} ${version.scope} ${version.url} ${version.freshness.variant ?? '*'}`
}

function originKey(url: string, scope: Scope): string {
  return urlKey(originOf(url), scope)
}

function urlKey(url: string, scope: Scope): string {
  return `${scope} ${url}`
}
