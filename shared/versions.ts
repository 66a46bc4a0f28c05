// The versions that one proxy holds in memory: several for each URL and scope, newest first, within a budget of bytes.
// Knows: digests, lengths, order of use. Does not know: clocks, HTTP, disks.
//
// Invariants:
// 1. The lists by URL name exactly what the cache holds: both change in `#insert` and `#forget` only.
// 2. A list holds one content once; the same content stored again moves to the front with its new fields.
import { LRUCache } from 'lru-cache'
import { type Digest, type Scope, type Version, shorten } from './version.ts'

export interface VersionsLimits {
  /** Bytes of content and fields, all versions together. */
  readonly maxBytes: number
  readonly maxVersionsPerUrl: number
}

// What a version takes beside its content: fields, policy, keys. Measured at about 2 kB with twenty fields.
const OVERHEAD_BYTES = 2048

type Key = string

export class Versions {
  readonly #maxVersionsPerUrl: number
  readonly #held: LRUCache<Key, Version>
  readonly #keysByUrl = new Map<string, Key[]>()
  readonly #keysByDigest = new Map<string, Set<Key>>()

  constructor(limits: VersionsLimits) {
    this.#maxVersionsPerUrl = limits.maxVersionsPerUrl
    this.#held = new LRUCache<Key, Version>({
      maxSize: limits.maxBytes,
      sizeCalculation: version => version.content.length + OVERHEAD_BYTES,
      dispose: (_version, key, reason) => {
        if (reason !== 'set') this.#forget(key)
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

  /** Adds a version as the newest of its URL and scope; drops the oldest of them beyond the limit. */
  add(version: Version): void {
    const key = keyOf(version)
    this.#held.set(key, version)
    if (!this.#held.has(key)) return
    this.#insert(key, version)
    const keys = this.#keysByUrl.get(urlKey(version.url, version.scope)) ?? []
    for (const oldest of keys.slice(this.#maxVersionsPerUrl)) this.#held.delete(oldest)
  }

  /** The versions of a URL in these scopes, newest first. */
  of(url: string, scopes: readonly Scope[]): Version[] {
    return scopes
      .flatMap(scope => this.#keysByUrl.get(urlKey(url, scope)) ?? [])
      .map(key => this.#held.get(key) as Version)
      .sort((one, other) => other.storedAt - one.storedAt)
  }

  /** A version in these scopes whose digest starts so, whatever its URL: bases may be siblings. */
  find(shortDigest: string, scopes: readonly Scope[]): Version | undefined {
    for (const key of this.#keysByDigest.get(shortDigest) ?? []) {
      const version = this.#held.get(key)
      if (version && scopes.includes(version.scope)) return version
    }
    return undefined
  }

  /** The version with exactly this digest. */
  exactly(digest: Digest, scopes: readonly Scope[]): Version | undefined {
    const found = this.find(shorten(digest), scopes)
    return found?.digest === digest ? found : undefined
  }

  /** Forgets all versions of a URL in these scopes. */
  drop(url: string, scopes: readonly Scope[]): void {
    for (const scope of scopes) {
      for (const key of [...(this.#keysByUrl.get(urlKey(url, scope)) ?? [])]) this.#held.delete(key)
    }
  }

  #insert(key: Key, version: Version): void {
    const byUrl = urlKey(version.url, version.scope)
    const others = (this.#keysByUrl.get(byUrl) ?? []).filter(each => each !== key)
    this.#keysByUrl.set(byUrl, [key, ...others])
    const digest = shorten(version.digest)
    const keys = this.#keysByDigest.get(digest) ?? new Set()
    this.#keysByDigest.set(digest, keys.add(key))
  }

  #forget(key: Key): void {
    const [digest, scope, url] = splitKey(key)
    const byUrl = urlKey(url, scope)
    const others = (this.#keysByUrl.get(byUrl) ?? []).filter(each => each !== key)
    if (others.length > 0) this.#keysByUrl.set(byUrl, others)
    else this.#keysByUrl.delete(byUrl)
    const keys = this.#keysByDigest.get(shorten(digest))
    keys?.delete(key)
    if (keys?.size === 0) this.#keysByDigest.delete(shorten(digest))
  }
}

function keyOf(version: Version): Key {
  return `${version.digest} ${version.scope} ${version.url}`
}

function splitKey(key: Key): [digest: Digest, scope: Scope, url: string] {
  const [digest, scope] = key.split(' ', 2) as [Digest, Scope]
  return [digest, scope, key.slice(digest.length + scope.length + 2)]
}

function urlKey(url: string, scope: Scope): string {
  return `${scope} ${url}`
}
