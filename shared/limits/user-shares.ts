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

/** What a user takes of far, each with a bucket of its own. */
const quantities = ['asks', 'bytes', 'speculations', 'encodeMs'] as const
export type Quantity = (typeof quantities)[number]
export type Taken = Readonly<Partial<Record<Quantity, number>>>

export type Admission =
  | { readonly kind: 'admitted'; readonly share: Share }
  | { readonly kind: 'refused'; readonly why: 'at-once' | 'per-second' | 'per-day'; readonly fault: Fault }

// A browser that restores its tabs asks for some hundred things within a second or two.
const BURST_SECONDS = 10
const DAY_SECONDS = 86_400

export class UserShares {
  readonly #limits: ShareLimits
  readonly #users = new Map<string, User>()
  readonly #onTaken: (user: string, quantity: Quantity, count: number) => void

  /** `onTaken` hears of all that is taken here. */
  constructor(limits: ShareLimits, onTaken: (user: string, quantity: Quantity, count: number) => void = () => {}) {
    this.#limits = limits
    this.#onTaken = onTaken
  }

  /** Lets an ask of `user` begin, or says why not and when it may. */
  admit(user: string, now: number): Admission {
    const known = this.#users.get(user) ?? new User(this.#limits, now)
    const refusal = known.begin(now)
    if (refusal) return refusal
    this.#users.set(user, known)
    const spend = (quantity: Quantity, count: number, at: number) => {
      known.spend(quantity, count, at)
      this.#onTaken(user, quantity, count)
    }
    spend('asks', 1, now)
    let isOver = false
    const share: Share = {
      speculate: at => {
        if (known.waitMs('speculations', at) > 0) return false
        spend('speculations', 1, at)
        return true
      },
      mayEncode: at => known.waitMs('encodeMs', at) === 0,
      noteEncoded: (ms, at) => spend('encodeMs', ms, at),
      end: (sentBytes, at) => {
        if (isOver) return
        isOver = true
        known.end()
        spend('bytes', sentBytes, at)
        // Who has taken nothing for long enough need not be remembered.
        if (known.isIdle(at)) this.#users.delete(user)
      },
    }
    return { kind: 'admitted', share }
  }

  /** Counts what `user` has taken of another process of this far. */
  noteTaken(user: string, taken: Taken, now: number): void {
    const known = this.#users.get(user) ?? new User(this.#limits, now)
    this.#users.set(user, known)
    for (const quantity of quantities) known.spend(quantity, taken[quantity] ?? 0, now)
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
  readonly #buckets: Readonly<Record<Quantity, TokenBucket>>
  readonly #atOnce: number
  #open = 0

  constructor(limits: ShareLimits, now: number) {
    const bucket = (perSecond: number, seconds: number) =>
      new TokenBucket({ perSecond, burst: perSecond * seconds }, now)
    this.#atOnce = limits.asksAtOnce
    this.#buckets = {
      asks: bucket(limits.asksPerSecond, BURST_SECONDS),
      bytes: bucket(limits.bytesPerDay / DAY_SECONDS, DAY_SECONDS),
      speculations: bucket(limits.speculationsPerSecond, BURST_SECONDS),
      encodeMs: bucket(limits.deltaCpuPercent * 10, BURST_SECONDS),
    }
  }

  begin(now: number): Extract<Admission, { kind: 'refused' }> | undefined {
    if (this.#open >= this.#atOnce) {
      return refuse('at-once', `You have ${this.#open} requests under way at the far proxy, the most it allows.`, 1000)
    }
    // Bytes are counted when an ask is over, so that one may go beyond; then it is the next that waits.
    const bytesMs = this.waitMs('bytes', now)
    if (bytesMs > 0) return refuse('per-day', 'You have had the bytes of a day from the far proxy.', bytesMs)
    const asksMs = this.waitMs('asks', now)
    if (asksMs > 0) return refuse('per-second', 'You ask the far proxy more often than it allows.', asksMs)
    this.#open += 1
    return undefined
  }

  end(): void {
    this.#open -= 1
  }

  /** How long until one more may be taken. */
  waitMs(quantity: Quantity, now: number): number {
    return this.#buckets[quantity].waitMs(1, now)
  }

  spend(quantity: Quantity, count: number, now: number): void {
    this.#buckets[quantity].spend(count, now)
  }

  isIdle(now: number): boolean {
    return this.#open === 0 && quantities.every(quantity => this.#buckets[quantity].isFull(now))
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
