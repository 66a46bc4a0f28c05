// Whether this machine has moved to another network or has slept, told by what near sees when it looks around.
// Knows: addresses, the time of day. Does not know: how either is found out, what follows from it (link.ts of near).

export interface SurroundingsEvent {
  readonly kind: 'looked'
  /** All addresses that this machine has. */
  readonly addresses: ReadonlySet<string>
  /** The time of day, in milliseconds: the clock of `now` stands still on many machines that sleep. */
  readonly wallMs: number
}

export type SurroundingsCommand =
  | { readonly kind: 'move'; readonly addresses: ReadonlySet<string> }
  | { readonly kind: 'wake'; readonly sleptMs: number }

// To ask a system for its addresses takes a tenth of a millisecond.
const LOOK_MS = 2_000
// So long an idle link goes without a PING anyway; a NAT may have forgotten one that is quiet for longer.
const LONG_SLEEP_MS = 25_000

export class Surroundings {
  #addresses: ReadonlySet<string> | undefined
  #wallMs = 0
  #lookedAt: number

  /** The first look is due at `startedAt`. */
  constructor(startedAt: number) {
    this.#lookedAt = startedAt - LOOK_MS
  }

  handle({ addresses, wallMs }: SurroundingsEvent, now: number): SurroundingsCommand[] {
    const before = this.#addresses
    // Both clocks: one may have been set, the other may have stood still.
    const sleptMs = Math.max(wallMs - this.#wallMs, now - this.#lookedAt) - LOOK_MS
    this.#addresses = addresses
    this.#wallMs = wallMs
    this.#lookedAt = now
    if (before === undefined) return []
    if (sleptMs >= LONG_SLEEP_MS) return [{ kind: 'wake', sleptMs }]
    const isSame = before.size === addresses.size && [...before].every(address => addresses.has(address))
    return isSame ? [] : [{ kind: 'move', addresses }]
  }

  /** When the next look is due, on the clock of `now`. */
  wakeAt(): number {
    return this.#lookedAt + LOOK_MS
  }
}
