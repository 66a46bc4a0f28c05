// What each user of far may take of it: asks at once and a second, bytes a day, speculations, time of processors.
// Knows: users by the ids of their nears, token buckets. Does not know: what an ask is, the clock (`now` is an argument).
//
// Asks and bytes beyond the share are refused; speculations and deltas beyond it are only left out, because an answer
// without them is as right, and merely larger. What is stored has its own quota (store/).
import { Fault } from '../fault.ts'
import { TokenBucket } from './token-bucket.ts'

export interface ShareLimits {
  readonly asksAtOnce: number
  readonly asksPerSecond: number
  /** Infinity: no limit. */
  readonly bytesPerDay: number
  readonly speculationsPerSecond: number
  /** Of one processor, for deltas: 100 is all of one. */
  readonly deltaCpuPercent: number
}

/** What one ask may do; `end` must be called when it is over. */
export interface Share {
  /** Takes one speculation; false when there is none left. */
  speculate(now: number): boolean
  /** Whether a delta may be made. */
  mayEncode(now: number): boolean
  /** Notes what a delta took. */
  noteEncoded(ms: number, now: number): void
  end(sentBytes: number, now: number): void
}

export type Admission =
  | { readonly kind: 'admitted'; readonly share: Share }
  | { readonly kind: 'refused'; readonly why: 'at-once' | 'per-second' | 'per-day'; readonly fault: Fault }

// A browser that restores its tabs asks for some hundred things within a second or two.
const BURST_SECONDS = 10
const DAY_SECONDS = 86_400

export class UserShares {
  readonly #limits: ShareLimits
  readonly #users = new Map<string, User>()

  constructor(limits: ShareLimits) {
    this.#limits = limits
  }

  /** Lets an ask of `user` begin, or says why not and when it may. */
  admit(user: string, now: number): Admission {
    const known = this.#users.get(user) ?? new User(this.#limits, now)
    const refusal = known.begin(now)
    if (refusal) return refusal
    this.#users.set(user, known)
    let isOver = false
    const share: Share = {
      speculate: at => known.speculations.take(1, at) === 0,
      mayEncode: at => known.encodeMs.waitMs(1, at) === 0,
      noteEncoded: (ms, at) => known.encodeMs.spend(ms, at),
      end: (sentBytes, at) => {
        if (isOver) return
        isOver = true
        known.end(sentBytes, at)
        // Who has taken nothing for long enough need not be remembered.
        if (known.isIdle(at)) this.#users.delete(user)
      },
    }
    return { kind: 'admitted', share }
  }

  /** How many users are remembered. */
  get size(): number {
    return this.#users.size
  }

  /** Forgets who is as good as new; for whoever looks from time to time. */
  sweep(now: number): void {
    for (const [id, user] of this.#users) if (user.isIdle(now)) this.#users.delete(id)
  }
}

class User {
  readonly speculations: TokenBucket
  readonly encodeMs: TokenBucket
  readonly #asks: TokenBucket
  readonly #bytes: TokenBucket
  readonly #atOnce: number
  #open = 0

  constructor(limits: ShareLimits, now: number) {
    const bucket = (perSecond: number, seconds: number) =>
      new TokenBucket({ perSecond, burst: perSecond * seconds }, now)
    this.#atOnce = limits.asksAtOnce
    this.#asks = bucket(limits.asksPerSecond, BURST_SECONDS)
    this.#bytes = bucket(limits.bytesPerDay / DAY_SECONDS, DAY_SECONDS)
    this.speculations = bucket(limits.speculationsPerSecond, BURST_SECONDS)
    this.encodeMs = bucket(limits.deltaCpuPercent * 10, BURST_SECONDS)
  }

  begin(now: number): Extract<Admission, { kind: 'refused' }> | undefined {
    if (this.#open >= this.#atOnce) {
      return refuse('at-once', `You have ${this.#open} requests under way at the far proxy, the most it allows.`, 1000)
    }
    // Bytes are counted when an ask is over, so that one may go beyond; then it is the next that waits.
    const bytesMs = this.#bytes.waitMs(1, now)
    if (bytesMs > 0) return refuse('per-day', 'You have had the bytes of a day from the far proxy.', bytesMs)
    const asksMs = this.#asks.take(1, now)
    if (asksMs > 0) return refuse('per-second', 'You ask the far proxy more often than it allows.', asksMs)
    this.#open += 1
    return undefined
  }

  end(sentBytes: number, now: number): void {
    this.#open -= 1
    this.#bytes.spend(sentBytes, now)
  }

  isIdle(now: number): boolean {
    const buckets = [this.#asks, this.#bytes, this.speculations, this.encodeMs]
    return this.#open === 0 && buckets.every(bucket => bucket.isFull(now))
  }
}

function refuse(
  why: 'at-once' | 'per-second' | 'per-day',
  message: string,
  waitMs: number,
): Extract<Admission, { kind: 'refused' }> {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000))
  return { kind: 'refused', why, fault: new Fault('FAR_SHARE', message, { retryAfterSeconds }) }
}
