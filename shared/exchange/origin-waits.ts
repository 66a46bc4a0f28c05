// How long origins take until their response begins: what far expects of the next one.
// Knows: the last waits for each URL and host. Does not know: clocks; waits are given to it.
import { LRUCache } from 'lru-cache'

// Sixteen waits follow a change of the origin's load within one browsing session and still outvote a straggler.
const REMEMBERED_WAITS = 16
// About 200 bytes each: a few megabytes for the sites that a village visits.
const REMEMBERED_KEYS = 10_000

export class OriginWaits {
  readonly #waits = new LRUCache<string, number[]>({ max: REMEMBERED_KEYS })

  /** Notes that `url` took `waitMs` milliseconds. */
  note(url: string, waitMs: number): void {
    for (const key of [url, hostKey(url)]) {
      const waits = this.#waits.get(key) ?? []
      this.#waits.set(key, [...waits.slice(1 - REMEMBERED_WAITS), waitMs])
    }
  }

  /** The (upper) median of the last waits for this URL, or else for its host; undefined when neither was seen. */
  expected(url: string): number | undefined {
    const waits = this.#waits.get(url) ?? this.#waits.get(hostKey(url))
    if (!waits) return undefined
    const sorted = [...waits].sort((one, other) => one - other)
    return sorted[Math.floor(sorted.length / 2)]
  }
}

function hostKey(url: string): string {
  return `host ${url.split('/', 3)[2] ?? url}`
}
