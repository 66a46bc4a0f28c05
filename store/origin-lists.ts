// What the disk has of each origin, as it was a moment ago: an ask for a new URL looks for its siblings there, every ask for
// dictionaries, and with a page come dozens of both.
// Knows: lists, how long one holds. Does not know: versions: what a list names may have gone, and is looked up anew.
import { LRUCache } from 'lru-cache'
import { originOf, type Scope } from '../shared/version.ts'
import type { Listed, Reader } from './reader.ts'

export interface OriginList {
  /** Newest first. */
  readonly newest: readonly Listed[]
  /** Those that are dictionaries (RFC 9842). */
  readonly dictionaries: readonly Listed[]
}

interface Known extends OriginList {
  readonly readAt: number
  readonly changes: number
}

// As in shared/versions.ts.
const MOST_OF_ORIGIN = 64
// A site has one or a few; each is looked at with every request for it.
const MOST_DICTIONARIES = 8
// What another process has just stored is found so much later; what this one has is in memory.
const HOLDS_MS = 1000
// Some 10 kB each.
const MOST_ORIGINS = 200

export class OriginLists {
  readonly #known = new LRUCache<string, Known>({ max: MOST_ORIGINS })

  /** `changes`: as the reader tells them now; as long as they are the same, so is the list. Raises what SQLite says. */
  of(reader: Reader, url: string, scopes: readonly Scope[], changes: number, now: number): OriginList {
    const lists = scopes.map(scope => {
      const key = `${scope} ${originOf(url)}`
      const known = this.#known.get(key)
      if (known && (known.changes === changes || Math.abs(now - known.readAt) < HOLDS_MS)) return known
      const list: Known = {
        newest: reader.ofOrigin(url, [scope], MOST_OF_ORIGIN),
        dictionaries: reader.dictionariesOf(url, [scope], MOST_DICTIONARIES),
        readAt: now,
        changes,
      }
      this.#known.set(key, list)
      return list
    })
    return {
      newest: lists.flatMap(({ newest }) => newest).sort((one, other) => other.seq - one.seq),
      dictionaries: lists.flatMap(({ dictionaries }) => dictionaries),
    }
  }

  /** Another file is read from now on. */
  clear(): void {
    this.#known.clear()
  }
}
