// The last measurements of one kind for each URL and host: how long origins took, how much of a page a delta was.
// Knows: numbers, URLs and scopes. Does not know: clocks, what is measured; values are given to it.
//
// Invariant: what was measured in a scope is known to that scope only. What far decides by it (whether to speculate) could
// tell one user what another has been at.
import { LRUCache } from 'lru-cache'
import type { Scope } from '../version.ts'

// Sixteen values follow a change of the origin's load within one browsing session and still outvote a straggler.
const REMEMBERED_VALUES = 16
// About 200 bytes each: a few megabytes for the sites that a village visits.
const REMEMBERED_KEYS = 10_000

export class UrlHistory {
  readonly #values = new LRUCache<string, readonly number[]>({ max: REMEMBERED_KEYS })

  /** Notes a new measurement for `url`, and for its host. */
  note(url: string, value: number, scope: Scope): void {
    for (const key of [urlKey(url, scope), hostKey(url, scope)]) {
      this.#values.set(key, [...(this.#values.get(key) ?? []).slice(1 - REMEMBERED_VALUES), value])
    }
  }

  /**
   * The last measurements for this URL, or else for its host, oldest first; of the first of `scopes` that has any. Empty
   * when neither was seen.
   */
  of(url: string, scopes: readonly Scope[]): readonly number[] {
    const keys = [urlKey, hostKey].flatMap(keyOf => scopes.map(scope => keyOf(url, scope)))
    const known = keys.find(key => this.#values.has(key))
    return (known === undefined ? undefined : this.#values.get(known)) ?? []
  }

  /** All that is remembered, the least recently used first; what `restore` takes. */
  entries(): readonly (readonly [string, readonly number[]])[] {
    return [...this.#values.rkeys()].map(key => [key, this.#values.peek(key) ?? []] as const)
  }

  /** The same of hosts alone: what may be written down, since an URL may hold a secret. */
  hostEntries(): readonly (readonly [string, readonly number[]])[] {
    return this.entries().filter(([key]) => key.split(' ', 2)[1] === 'host')
  }

  /** Puts back what `entries` gave, behind what was noted since. Entries of another shape are skipped. */
  restore(entries: readonly unknown[]): void {
    const since = this.entries()
    for (const entry of entries) {
      if (!Array.isArray(entry)) continue
      const [key, values] = entry as readonly unknown[]
      if (typeof key === 'string' && isNumbers(values)) this.#values.set(key, values.slice(-REMEMBERED_VALUES))
    }
    for (const [key, values] of since) this.#values.set(key, values)
  }
}

function isNumbers(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.length > 0 && values.every(value => Number.isFinite(value))
}

function urlKey(url: string, scope: Scope): string {
  return `${scope} ${url}`
}

function hostKey(url: string, scope: Scope): string {
  return `${scope} host ${url.split('/', 3)[2] ?? url}`
}
