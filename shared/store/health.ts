// Whether a disk, or a store on another host, is used: after failures in a row it is left alone for a while, and one line
// is logged for each change.
// Knows: outcomes, times. Does not know: what failed (a full disk, a read-only one, a silent host), who logs.
//
//   well ──the last failure that is put up with──▶ suspended ──retryMs later, succeeded──▶ well
//                                                   suspended ──retryMs later, failed──▶ suspended
export type HealthEvent = { readonly kind: 'failed'; readonly why: string } | { readonly kind: 'succeeded' }

export type HealthCommand =
  | { readonly kind: 'log-suspended'; readonly why: string }
  /** `skipped`: attempts that were not made meanwhile. */
  | { readonly kind: 'log-resumed'; readonly skipped: number }

// A person who is told of a full disk mends it in minutes; a try costs a few file operations.
export const RETRY_MS = 30_000

export interface Patience {
  readonly retryMs: number
  /** How many failures in a row suspend it. */
  readonly failures: number
}

export class StoreHealth {
  readonly #patience: Patience
  #failures = 0
  #retryAt: number | undefined
  #skipped = 0

  constructor(patience: Patience = { retryMs: RETRY_MS, failures: 1 }) {
    this.#patience = patience
  }

  /** Whether it may be used at `now`. One that says no counts what was skipped. */
  mayTry(now: number): boolean {
    if (this.#retryAt === undefined || now >= this.#retryAt) return true
    this.#skipped += 1
    return false
  }

  get suspended(): boolean {
    return this.#retryAt !== undefined
  }

  handle(event: HealthEvent, now: number): readonly HealthCommand[] {
    const wasSuspended = this.suspended
    if (event.kind === 'failed') {
      this.#failures += 1
      if (this.#failures < this.#patience.failures) return []
      this.#retryAt = now + this.#patience.retryMs
      return wasSuspended ? [] : [{ kind: 'log-suspended', why: event.why }]
    }
    this.#failures = 0
    if (!wasSuspended) return []
    const skipped = this.#skipped
    this.#retryAt = undefined
    this.#skipped = 0
    return [{ kind: 'log-resumed', skipped }]
  }
}
