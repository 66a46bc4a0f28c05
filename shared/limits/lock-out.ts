// Who guesses is made to wait, longer each time. What is guessed at has 128 random bits and more, so the delay is not
// what keeps it secret: it keeps guessing from costing far more than a look at a table.
// Knows: addresses, failures. Does not know: what was guessed at, sockets, the clock (`now` is an argument).
//
// 1. Whoever fails more than a few times is locked out, twice as long each time, up to a quarter of an hour.
// 2. An hour without a failure is forgotten, and so are the longest unseen beyond `maxAddresses`: memory is bounded.
// 3. Of IPv6 the first 64 bits count: more belong to one line, which could otherwise fail from each of 2^64 addresses.
import { LRUCache } from 'lru-cache'

export interface LockOutLimits {
  /** So many failures mean nothing: a line that was pasted twice, a near with an old credential. */
  readonly freeFailures: number
  readonly firstMs: number
  readonly longestMs: number
  readonly forgottenAfterMs: number
  readonly maxAddresses: number
}

export const LOCK_OUT: LockOutLimits = {
  freeFailures: 5,
  firstMs: 1000,
  longestMs: 900_000,
  forgottenAfterMs: 3_600_000,
  // Some 200 bytes each.
  maxAddresses: 10_000,
}

interface Failures {
  readonly count: number
  readonly lastAt: number
  readonly lockedUntil: number
}

export class LockOut {
  readonly #limits: LockOutLimits
  readonly #failures: LRUCache<string, Failures>

  constructor(limits: LockOutLimits = LOCK_OUT) {
    this.#limits = limits
    this.#failures = new LRUCache({ max: limits.maxAddresses })
  }

  /** Notes a failure; gives for how many milliseconds its address is locked out from now on. */
  fail(address: string, now: number): number {
    const { freeFailures, firstMs, longestMs } = this.#limits
    const key = lineOf(address)
    const before = this.#of(key, now)
    // While it is locked out it is refused without a look, so that nothing more is learnt from it, nor held against it.
    if (before !== undefined && before.lockedUntil > now) return before.lockedUntil - now
    const count = (before?.count ?? 0) + 1
    const beyond = count - freeFailures
    const lockedMs = beyond <= 0 ? 0 : Math.min(longestMs, firstMs * 2 ** Math.min(beyond - 1, 40))
    this.#failures.set(key, { count, lastAt: now, lockedUntil: now + lockedMs })
    return lockedMs
  }

  /** For how many milliseconds this address is still locked out; 0 when it is not. */
  waitMs(address: string, now: number): number {
    return Math.max(0, (this.#of(lineOf(address), now)?.lockedUntil ?? 0) - now)
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#failures.size
  }

  #of(key: string, now: number): Failures | undefined {
    const failures = this.#failures.get(key)
    if (failures === undefined || now - failures.lastAt < this.#limits.forgottenAfterMs) return failures
    this.#failures.delete(key)
    return undefined
  }
}

/** What of an address names a line: IPv4 whole, also when it is written inside IPv6; of IPv6 the first four groups. */
export function lineOf(address: string): string {
  const plain = address.toLowerCase().replace(/%.*$/, '')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const first = groupsOf(head)
  const last = tail === undefined ? [] : groupsOf(tail)
  const gap = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length)
  const groups = [...first, ...Array.from({ length: gap }, () => '0'), ...last]
  return `${groups
    .slice(0, 4)
    .map(group => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}
