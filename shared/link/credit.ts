// How much far may have on its way to near: the HTTP/2 windows that near grants, sized from what it measures.
// Bytes that are written are gone, so a verdict waits behind all that was granted before it; a link that is granted less
// than it carries in a round trip stands idle. Between the two lies about 2 × bandwidth × round trip.
// Knows: rounds (a PING out, its answer back, the bytes that arrived between). Does not know: sockets, who pings.
//
//   probing ──a few rounds in a row no faster than before──▶ settled
// In both, credit that limits is found out by itself: then a round carries the whole credit in one bare round trip, so
// the measured rate, and with it the next credit, is a multiple of the last. Slow start falls out of the formula.
//
// What Node's HTTP/2 (24.21, nghttp2 1.70) does with the windows, by experiment:
// 1. The connection's window starts at 65,535 bytes whatever is wished (RFC 9113 §6.9.2) and never shrinks at once:
//    `setLocalWindowSize(4096)` sends nothing; updates are withheld until the surplus is used up, then 4 KiB it is. So
//    over its first 64 KiB, and after a shrink, only the window of each stream holds far back.
// 2. The window of streams does shrink at once, open streams included: SETTINGS_INITIAL_WINDOW_SIZE in near's preface
//    holds from the first ask on, and a later SETTINGS may even leave a stream below zero; nothing stalls for it.
// 3. Near hands credit back in WINDOW_UPDATEs of at least half the window: for the connection as bytes arrive, read or
//    not; for a stream as its reader takes them. So half of the credit must cover a round trip: hence the 2.
// 4. A credit of 4 KiB works: DATA frames of 2 to 4 KiB, one update of 13 bytes for each.

/** One round ended: the PING that was sent at `sentAt` was answered, and `receivedBytes` arrived in between. */
export interface CreditEvent {
  readonly kind: 'round-ended'
  readonly sentAt: number
  readonly receivedBytes: number
}

/** Make the connection's window and the window of each stream this large. */
export interface CreditCommand {
  readonly kind: 'grant'
  readonly bytes: number
}

// What TCP lets go at once (RFC 6928), so the first round is not slower for it; 4.5 s of a 28.8 kbit/s link.
export const START_BYTES = 16_384
// Less would be more update frames than the promptness is worth: 4 KiB are 1.1 s of a 28.8 kbit/s link.
const FLOOR_BYTES = 4_096
// 130 Mbit/s over 500 ms.
const CEILING_BYTES = 16_777_216

// Twice the bandwidth-delay product keeps the link full (see 3 above). While probing, twice that, so that TCP's own slow
// start, which doubles too, is never what waits.
const SETTLED_GAIN = 2
const PROBING_GAIN = 4
// Nobody notices this much queue, and a fast link near by is not starved by a busy event loop.
const SLACK_MS = 25

// A round with less is idle: the answer to the PING and little else.
const LOADED_BYTES = 1_024
// Rounds whose best rate counts as the bandwidth: enough to outlast a pause, few enough to forget a faster network.
const REMEMBERED_ROUNDS = 8
const REMEMBERED_IDLE_ROUNDS = 4
// Faster by a quarter is faster; three rounds without are a plateau.
const FASTER = 1.25
const PLATEAU_ROUNDS = 3
// A change of windows costs some 30 bytes: not worth it for less than a quarter.
const WORTHWHILE = 1.25

export class Credit {
  #bytes = START_BYTES
  /** Bytes per millisecond of the last loaded rounds. */
  #rates: number[] = []
  #idleRoundsMs: number[] = []
  #lowestMs: number | undefined
  #plateauRate = 0
  #plateauRounds = 0

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

  /** Bytes per second that the link was last seen to carry; undefined before the first loaded round. */
  get bandwidthBytesPerSecond(): number | undefined {
    return this.#rates.length === 0 ? undefined : Math.max(...this.#rates) * 1000
  }

  handle(event: CreditEvent, now: number): CreditCommand[] {
    // A loopback round may take no time that the clock can tell.
    const roundMs = Math.max(now - event.sentAt, 0.01)
    if (event.receivedBytes < LOADED_BYTES) {
      this.#learnIdleRound(roundMs)
      return []
    }
    this.#lowestMs = Math.min(this.#lowestMs ?? roundMs, roundMs)
    this.#learnRate(event.receivedBytes, roundMs)
    return this.#chooseBytes()
  }

  /** Only idle rounds may raise the lowest round trip: a loaded one contains the queue that the credit itself makes. */
  #learnIdleRound(roundMs: number): void {
    this.#idleRoundsMs = [...this.#idleRoundsMs, roundMs].slice(-REMEMBERED_IDLE_ROUNDS)
    this.#lowestMs = Math.min(...this.#idleRoundsMs)
  }

  #learnRate(receivedBytes: number, roundMs: number): void {
    const rate = receivedBytes / roundMs
    const best = Math.max(0, ...this.#rates)
    // Twice the round that the credit was meant to make: the link is slower than it was, so what it was is no guide.
    const meantMs = (this.#lowestMs ?? 0) + (best === 0 ? Number.POSITIVE_INFINITY : this.#bytes / best)
    if (roundMs > 2 * meantMs + SLACK_MS) {
      this.#rates = [rate]
      return
    }
    // A round that used little of the credit says what far had to send, not what the link can carry.
    if (receivedBytes < this.#bytes / 2 && rate <= best) return
    this.#rates = [...this.#rates, rate].slice(-REMEMBERED_ROUNDS)
    if (rate > this.#plateauRate * FASTER) {
      this.#plateauRate = rate
      if (this.probing) this.#plateauRounds = 0
      return
    }
    this.#plateauRounds += 1
  }

  #chooseBytes(): CreditCommand[] {
    const roundTripMs = this.#lowestMs ?? 0
    const gain = this.probing ? PROBING_GAIN : SETTLED_GAIN
    const bandwidth = Math.max(0, ...this.#rates)
    const wished = bandwidth * Math.max(gain * roundTripMs, roundTripMs + SLACK_MS)
    const bytes = Math.round(
      Math.min(CEILING_BYTES, Math.max(FLOOR_BYTES, Math.min(wished, this.#bytes * PROBING_GAIN))),
    )
    if (bytes < this.#bytes * WORTHWHILE && this.#bytes < bytes * WORTHWHILE) return []
    this.#bytes = bytes
    return [{ kind: 'grant', bytes }]
  }
}
