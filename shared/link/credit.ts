// How much far may have on its way to near: the HTTP/2 windows that near grants, sized from what it measures.
// It bounds far; what is next on the link, and how much of it is under way, far decides by its own measure (pipe.ts,
// schedule.ts), and no window must hold that back: then what is urgent would wait for a WINDOW_UPDATE.
// Knows: rounds (a PING out, its answer back), bytes that have arrived. Does not know: sockets, who pings.
//
//   probing ──a few rounds in a row no faster than before──▶ settled
// Bandwidth shows in two ways. How close together bytes arrive shows it within the first burst: believed while probing,
// to rise only, because later TCP hands out lumps after losses. What a whole round under load carried is surer; where the
// credit itself is what limits, a round carries all of it in a bare round trip, and so the next credit is a multiple of the last.
//
// What Node's HTTP/2 (24.21, nghttp2 1.70) does with the windows, by experiment:
// 1. The connection's window starts at 65,535 bytes whatever is wished (RFC 9113 §6.9.2) and never shrinks at once:
//    `setLocalWindowSize(4096)` sends nothing; updates are withheld until the surplus is used up, then 4 KiB it is. So
//    over its first 64 KiB, and after a shrink, only the window of each stream holds far back.
// 2. The window of streams does shrink at once, open streams included: SETTINGS_INITIAL_WINDOW_SIZE in near's preface
//    holds from the first ask on, and a later SETTINGS may even leave a stream below zero; nothing stalls for it.
// 3. Near hands credit back in WINDOW_UPDATEs of at least half the window: for the connection as bytes arrive, read or
//    not; for a stream as its reader takes them. So half of the credit must cover a round trip.
// 4. Bytes count when their TLS record is complete. With the records of 16 KiB that OpenSSL makes by itself, a credit of
//    16 KiB is one record: the link stands idle for a round trip after each. Far must write small ones (RECORD_BYTES in
//    protocol.ts).

import { readEntries } from '../learnt-entries.ts'

export type CreditEvent =
  /** One round ended: the PING of `sentAt` was answered, and `receivedBytes` arrived in between. */
  | { readonly kind: 'round-ended'; readonly sentAt: number; readonly receivedBytes: number }
  /** Near looked: so many bytes have arrived since the session began. */
  | { readonly kind: 'counted'; readonly receivedBytes: number }

/** Make the connection's window and the window of each stream this large. */
export interface CreditCommand {
  readonly kind: 'grant'
  readonly bytes: number
}

// HTTP/2's own window (RFC 9113 §6.9.2). Never less: far sends by its own measure, and must not be held back by a window.
export const START_BYTES = 65_536
const FLOOR_BYTES = START_BYTES
// 130 Mbit/s over 500 ms.
const CEILING_BYTES = 16_777_216

// Far keeps 1.25 products and a little under way (pipe.ts), and windows are handed back by halves (3 above): 2.5 just do.
const GAIN = 4
// Added to the round trip: records, frames and event loops make updates late by about that. Nobody notices such a queue.
const SLACK_MS = 25
// A burst alone may mislead, so the credit never exceeds by far what the session has carried.
const TRUST = 4

// A round with less is idle: the answer to the PING and little else.
const LOADED_BYTES = 1_024
// Rounds whose best rate counts as the bandwidth: enough to outlast a pause, few enough to forget a faster network.
const REMEMBERED_ROUNDS = 8
const REMEMBERED_IDLE_ROUNDS = 4
// Faster by a quarter is faster; three rounds without are a plateau.
const FASTER = 1.25
const PLATEAU_ROUNDS = 3
// The largest rates of a few rounds may be lumps; with so many known, the largest but one counts.
const ENOUGH_ROUNDS = 4
// Radio links hand out bytes in lumps some ten milliseconds apart, modems one packet at a time: a rate is taken over
// several of either.
const BURST_MS = 50
const BURST_BYTES = 6_144
// The first rounds carry a kilobyte or two and what a site takes to think: of a link of 25 kB/s they said 470 bytes.
const TELLING_BYTES = 2 * BURST_BYTES
// A change of windows costs some 30 bytes: not worth it for less than a quarter.
const WORTHWHILE = 1.25

/** What one session found out that the next over the same network can begin with. */
export interface LinkEstimate {
  readonly bandwidthBytesPerSecond: number
  readonly roundTripMs: number
  readonly creditBytes: number
}

/** An estimate that was written down as JSON, alone or in a list; undefined when it is none. */
export function readEstimate(text: string): LinkEstimate | undefined {
  const [value] = readEntries(text)
  if (typeof value !== 'object' || value === null) return undefined
  const { bandwidthBytesPerSecond, roundTripMs, creditBytes } = value as { readonly [name: string]: unknown }
  if (!isPositive(bandwidthBytesPerSecond) || !isPositive(roundTripMs) || !isPositive(creditBytes)) return undefined
  return { bandwidthBytesPerSecond, roundTripMs, creditBytes }
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

interface Arrival {
  readonly at: number
  readonly receivedBytes: number
}

export class Credit {
  #bytes = START_BYTES
  /** Whether an earlier session has measured the link. */
  #isKnown = false
  /** What was carried before this session began is believed as if it had carried it. */
  readonly #trustedBytes: number = START_BYTES
  /** Bytes per millisecond of the last loaded rounds. */
  #rates: number[] = []
  #idleRoundsMs: number[] = []
  #lowestMs: number | undefined
  #plateauRate = 0
  #plateauRounds = 0
  /** The looks of late at which something had arrived. */
  #arrivals: Arrival[] = []

  /** Begins where `estimate` ended, or else small. A network that turned out slower is found out in one round. */
  constructor(estimate?: LinkEstimate) {
    if (!estimate) return
    this.#isKnown = true
    this.#bytes = Math.round(Math.min(CEILING_BYTES, Math.max(FLOOR_BYTES, estimate.creditBytes)))
    this.#trustedBytes = Math.max(START_BYTES, this.#bytes)
    this.#rates = [estimate.bandwidthBytesPerSecond / 1000]
    this.#lowestMs = estimate.roundTripMs
  }

  /** For the next session; undefined until a round was measured under load. */
  get estimate(): LinkEstimate | undefined {
    const { bandwidthBytesPerSecond, roundTripMs, bytes: creditBytes } = this
    if (bandwidthBytesPerSecond === undefined || roundTripMs === undefined) return undefined
    return { bandwidthBytesPerSecond, roundTripMs, creditBytes }
  }

  /** The credit now, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether the bandwidth is still being found out, so that rounds should follow each other closely. */
  get probing(): boolean {
    return this.#plateauRounds < PLATEAU_ROUNDS
  }

  /** The lowest round trip of late, in milliseconds; undefined before the first round. */
  get roundTripMs(): number | undefined {
    return this.#lowestMs
  }

  /** Bytes per second that the link was last seen to carry; undefined until it has carried enough to tell. */
  get bandwidthBytesPerSecond(): number | undefined {
    const isTelling = this.#isKnown || (this.#arrivals.at(-1)?.receivedBytes ?? 0) >= TELLING_BYTES
    return this.#rates.length === 0 || !isTelling ? undefined : this.#bestRate * 1000
  }

  handle(event: CreditEvent, now: number): CreditCommand[] {
    if (event.kind === 'counted') return this.#learnBurst(event.receivedBytes, now) ? this.#choose(this.#bytes) : []
    // A loopback round may take no time that the clock can tell.
    const roundMs = Math.max(now - event.sentAt, 0.01)
    if (event.receivedBytes < LOADED_BYTES) {
      this.#learnIdleRound(roundMs)
      return []
    }
    this.#lowestMs = Math.min(this.#lowestMs ?? roundMs, roundMs)
    this.#learnRound(event.receivedBytes, roundMs)
    return this.#choose(FLOOR_BYTES)
  }

  get #bestRate(): number {
    const [first = 0, second = first] = this.#rates.toSorted((one, other) => other - one)
    return this.#rates.length < ENOUGH_ROUNDS ? first : second
  }

  /** Only idle rounds may raise the lowest round trip: a loaded one contains the queue that the credit itself makes. */
  #learnIdleRound(roundMs: number): void {
    this.#idleRoundsMs = [...this.#idleRoundsMs, roundMs].slice(-REMEMBERED_IDLE_ROUNDS)
    this.#lowestMs = Math.min(...this.#idleRoundsMs)
  }

  /** Whether bytes arrive faster than the link was thought to be. From arrival to arrival, so that no lump counts twice. */
  #learnBurst(receivedBytes: number, now: number): boolean {
    if (receivedBytes === (this.#arrivals.at(-1)?.receivedBytes ?? 0)) return false
    const isFrom = (each: Arrival): boolean =>
      each.at <= now - BURST_MS && each.receivedBytes <= receivedBytes - BURST_BYTES
    const from = Math.max(0, this.#arrivals.findLastIndex(isFrom))
    this.#arrivals = [...this.#arrivals.slice(from), { at: now, receivedBytes }]
    const [since] = this.#arrivals
    if (!this.probing || since === undefined || !isFrom(since)) return false
    const rate = (receivedBytes - since.receivedBytes) / (now - since.at)
    if (rate <= this.#bestRate * FASTER) return false
    this.#remember(rate)
    return true
  }

  #learnRound(receivedBytes: number, roundMs: number): void {
    const rate = receivedBytes / roundMs
    const best = this.#bestRate
    const lowestMs = this.#lowestMs ?? 0
    // Far longer than even this credit was meant to make it: the link is slower than it was, so what it was is no guide.
    if (best > 0 && roundMs > 2 * (lowestMs * (1 + GAIN) + SLACK_MS)) {
      this.#rates = [rate]
      return
    }
    // A round that filled little of the way says what far had to send, not what the link can carry.
    if (receivedBytes < (best * lowestMs) / 2 && rate <= best) return
    this.#remember(rate)
    if (rate > this.#plateauRate * FASTER) {
      this.#plateauRate = rate
      if (this.probing) this.#plateauRounds = 0
      return
    }
    this.#plateauRounds += 1
  }

  #remember(rate: number): void {
    this.#rates = [...this.#rates, rate].slice(-REMEMBERED_ROUNDS)
  }

  #choose(leastBytes: number): CreditCommand[] {
    const wished = this.#bestRate * GAIN * ((this.#lowestMs ?? 0) + SLACK_MS)
    const carried = this.#arrivals.at(-1)?.receivedBytes ?? 0
    const ceiling = Math.min(CEILING_BYTES, this.#trustedBytes + TRUST * carried)
    const bytes = Math.round(Math.min(ceiling, Math.max(leastBytes, wished)))
    if (bytes < this.#bytes * WORTHWHILE && this.#bytes < bytes * WORTHWHILE) return []
    this.#bytes = bytes
    return [{ kind: 'grant', bytes }]
  }
}
