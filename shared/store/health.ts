// Whether the disk is used: after a failure it is left alone for a while, and one line is logged for each change.
// Knows: outcomes, times. Does not know: what failed (a full disk, a read-only one, permissions), who logs.
//
//   well ──failed──▶ suspended ──RETRY_MS later, succeeded──▶ well
//                     suspended ──RETRY_MS later, failed──▶ suspended
export type HealthEvent = { readonly kind: 'failed'; readonly why: string } | { readonly kind: 'succeeded' }

export type HealthCommand =
  | { readonly kind: 'log-suspended'; readonly why: string }
  /** `skipped`: attempts that were not made meanwhile. */
  | { readonly kind: 'log-resumed'; readonly skipped: number }

// A person who is told of a full disk mends it in minutes; a try costs a few file operations.
export const RETRY_MS = 30_000

export class StoreHealth {
  #retryAt: number | undefined
  #skipped = 0

  /** Whether the disk may be used at `now`. One that says no counts what was skipped. */
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
      this.#retryAt = now + RETRY_MS
      return wasSuspended ? [] : [{ kind: 'log-suspended', why: event.why }]
    }
    if (!wasSuspended) return []
    const skipped = this.#skipped
    this.#retryAt = undefined
    this.#skipped = 0
    return [{ kind: 'log-resumed', skipped }]
  }
}
