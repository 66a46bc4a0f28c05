// How much one side may have under way to the other so that the link is full and hardly anything waits in front of it.
// What is under way cannot be overtaken any more, so the less of it the better; too little, and the link stands idle.
// Learnt from marks: PINGs of HTTP/2 that go out with the bytes; the answer to one says that all before it has arrived.
// Knows: bytes, marks, times. Does not know: whose bytes they are (schedule.ts), sockets.
//
//   starting ──rounds no faster than those before, or a queue──▶ settled
//
// Starting, the amount grows as TCP's own does (RFC 5681 §3.1): by what arrives, so that it doubles in each round trip and
// TCP is handed little that it cannot send yet. Settled, it is a little more than bandwidth × round trip (the model of
// BBR), and between two marks as much is taken to have arrived as the link carries in that time: so bytes go out one by one
// when the link has room for them, and not in lumps when a mark says so. After a rest TCP begins anew (RFC 5681 §4.1), and
// so does the growth, up to what is known of the link.
import { RECORD_BYTES } from './protocol.ts'

/** Travels with bytes: what was known when it went out. */
export interface Mark {
  readonly sentAt: number
  /** All bytes that are in front of it, and the first record of those that it goes out with: its own, for HTTP/2 sends a PING
   * before what is written in the same turn. */
  readonly sentBytes: number
  /** Those that had arrived, when that was known, and when the mark that told it had gone out. */
  readonly arrivedBytes: number
  readonly arrivedAt: number
  readonly arrivedSentAt: number
  /** How much of what it goes out with shares its record. */
  readonly packetBytes: number
  /** Whether nothing else was under way. */
  readonly isAlone: boolean
  /** Whether the link had less to carry than it could. */
  readonly isStarved: boolean
}

// A piece and a mark, with the headers of their frames (9 and 17 bytes), make one record and so one packet.
const FRAMING_BYTES = 26
export const PIECE_BYTES = RECORD_BYTES - FRAMING_BYTES
// What TCP lets go at once (RFC 6928).
const START_BYTES = 10 * PIECE_BYTES
// Of that, what speculation may have: 10 packets are 4 s of a 28.8 kbit/s link.
const CAUTION = 0.5
// Larger pieces cost less work, and nobody notices having waited for one of 3 ms.
const PIECE_MS = 3
const MAX_PIECE_BYTES = 64 * 1024
// OpenSSL makes records of no more than that (RFC 8446 §5.1).
const MAX_RECORD_BYTES = 16 * 1024
// Where the largest takes no longer than that, turns are not bounded: on a busy machine they are few.
const RECORD_MS = 10
// Turns that come late catch up, and must not keep the link from being found faster than it was: starting, it doubles.
const LATE_GAIN = 2
// What marks go out with: a packet that is nearly full, which the last one of an answer seldom is.
const FILLED = 0.75
// A mark costs 17 bytes, its answer a packet on the way back: eight in a round trip tell soon enough.
const MARKS_PER_ROUND = 8
const MAX_MARK_BYTES = 256 * 1024

// Of what may be under way, how much TCP has room for, too, as long as both grow.
const TAIL = 0.75

// A quarter more than bandwidth × round trip outlasts the jitter of most links, and finds out when there is more to have.
const GAIN = 1.25
// Event loops are late by about that on a busy machine: with 10 ms a link of 50 Mbit/s and 45 ms carried two thirds of what
// it can, with 25 ms 95 %. It costs an urgent answer no more than that.
const SLACK_MS = 25
// One piece in a round trip tells nothing: whatever the link is, it is as if the packet took all of the time. The second
// must go out before the first has been answered. No more: on a modem half a piece more made urgent answers wait 10 % longer,
// and carried nothing.
const LEAST_PIECES = 1.05
// A round faster by a quarter is faster; three without are a plateau.
const FASTER = 1.25
const PLATEAU_ROUNDS = 3
// A round trip of half as much again means a queue.
const QUEUED = 1.5
// Rounds whose best rate counts as the bandwidth: enough to outlast a loss, few enough to forget a faster network.
const REMEMBERED_ROUNDS = 10
// Four times the round that was meant: the link is slower than it was, so what it was is no guide.
const SLOWED = 4
// Linux has TCP begin anew after a timeout, which is about a second where round trips are long.
const REST_MS = 1_000
// So often the queue is let run dry for a round under load, to see the bare round trip again: a tenth of it is lost.
const PROBE_MS = 30_000
const PROBE_GAIN = 0.9

export class Pipe {
  #sentBytes = 0
  #sentAt = Number.NEGATIVE_INFINITY
  /** Where the bytes of this turn of the event loop begin. */
  #turnBytes = 0
  #retractedAt = Number.NEGATIVE_INFINITY
  #markedBytes = 0
  #marks = 0
  #arrivedBytes = 0
  #arrivedAt = 0
  #arrivedSentAt = 0
  /** Since when the link is taken to carry what is under way. */
  #carriesFrom = 0
  /** Where the sender last had less to send than it might; nowhere yet. And since when it has nothing to send. */
  #starvedBytes = -1
  #starvesFrom: number | undefined

  #windowBytes = START_BYTES
  #isSettled = false
  #plateau = { rate: 0, rounds: 0 }
  /** Bytes per millisecond, the best of each round. */
  #rates: number[] = []
  #roundEndsBytes = 0
  /** The shortest round trip of late, with what its mark shared a packet with. */
  #lowest: { readonly tookMs: number; readonly packetBytes: number; readonly at: number } | undefined
  #probesFrom: number | undefined

  /** Whether more may be sent; of what can wait, less as long as nothing is known of the link. */
  isOpen(canWait: boolean, now: number): boolean {
    // Without a mark under way nothing would ever open it again.
    if (this.#marks === 0) return true
    return this.#expectedBytes(now) < this.limitBytes * (canWait && !this.#isSettled ? CAUTION : 1)
  }

  /** When it opens by itself, if it is not open; undefined where only a mark opens it. */
  get opensAt(): number | undefined {
    const { bandwidth, limitBytes } = this
    const excessBytes = this.#underWayBytes - limitBytes
    if (!this.#isSettled || bandwidth === undefined || excessBytes >= this.#foreseeableBytes) return undefined
    return this.#carriesFrom + (excessBytes + 1) / bandwidth
  }

  /** How much may be under way; the last piece may exceed it. */
  get limitBytes(): number {
    const { bandwidth, roundTripMs } = this
    if (!this.#isSettled || bandwidth === undefined || roundTripMs === undefined) return this.#windowBytes
    if (this.#probesFrom !== undefined) return bandwidth * roundTripMs * PROBE_GAIN
    return Math.min(this.#windowBytes, this.#fullBytes)
  }

  /** How much to send at once. */
  get pieceBytes(): number {
    const pieces = Math.floor(((this.bandwidth ?? 0) * PIECE_MS) / PIECE_BYTES)
    return Math.min(Math.max(pieces, 1) * PIECE_BYTES, MAX_PIECE_BYTES)
  }

  /**
   * How much to send in one turn of the event loop, of which HTTP/2 and TLS make one record: the first byte of a record can
   * be used only with its last. `lateMs`: how long ago the last turn was, when there was more to send then.
   */
  mayInTurn(lateMs: number): number {
    if ((this.bandwidth ?? 0) * RECORD_MS >= MAX_RECORD_BYTES) return Number.POSITIVE_INFINITY
    return Math.max(this.pieceBytes, (this.bandwidth ?? 0) * lateMs * LATE_GAIN)
  }

  /** Bytes per millisecond that the link was seen to carry of late; undefined before any load. */
  get bandwidth(): number | undefined {
    return this.#rates.length === 0 ? undefined : Math.max(...this.#rates)
  }

  /** The bare round trip in milliseconds, without the time that a packet of its own takes; undefined before any load. */
  get roundTripMs(): number | undefined {
    return this.#lowest && this.#bareMs(this.#lowest)
  }

  /**
   * Bytes go out. Gives the mark that is to go out with them, when one is due. `goesOn`: they belong to a burst that the last
   * turn had no room for. Starting, the tail of what may be under way is not marked: TCP may keep it for another round trip,
   * which would look like a queue.
   */
  send(bytes: number, now: number, goesOn = false): Mark | undefined {
    if (this.#marks === 0 && this.#starvesFrom !== undefined && now - this.#sentAt >= REST_MS) {
      this.#arrivedBytes = this.#sentBytes
      this.#windowBytes = Math.min(this.#windowBytes, START_BYTES)
    }
    const isAlone = this.#underWayBytes === 0
    if (isAlone) {
      this.#arrivedAt = now
      this.#arrivedSentAt = now
    }
    // A sender that fills up again at once has not starved.
    if (now - (this.#starvesFrom ?? now) > SLACK_MS) this.#starvedBytes = this.#sentBytes
    this.#starvesFrom = undefined
    // The link carries nothing in advance.
    if (this.#expectedBytes(now) === 0) this.#carriesFrom = now - this.#underWayBytes / (this.bandwidth ?? 1)
    if (now !== this.#sentAt) this.#turnBytes = this.#sentBytes
    this.#sentBytes += bytes
    this.#sentAt = now
    const isTail = this.#underWayBytes > this.limitBytes * TAIL
    if (goesOn && isTail && !this.#isSettled && this.#marks > 0) return undefined
    if (this.#sentBytes - this.#markedBytes < this.#markEveryBytes) return undefined
    const packetBytes = Math.min(this.#sentBytes - this.#turnBytes, MAX_RECORD_BYTES - FRAMING_BYTES)
    const sentBytes = this.#turnBytes + packetBytes
    if (sentBytes === this.#markedBytes) return undefined
    this.#markedBytes = sentBytes
    this.#marks += 1
    return {
      sentAt: now,
      sentBytes,
      arrivedBytes: this.#arrivedBytes,
      arrivedAt: this.#arrivedAt,
      arrivedSentAt: this.#arrivedSentAt,
      packetBytes,
      isAlone,
      isStarved: this.#starvedBytes >= this.#arrivedBytes || (this.#isSettled && this.#windowBytes < this.#fullBytes),
    }
  }

  /** Bytes that were counted as sent were held back: they are not under way, and marks that count them tell nothing. */
  retract(bytes: number): void {
    this.#retractedAt = this.#sentAt
    this.#arrivedBytes = Math.min(this.#arrivedBytes + bytes, this.#sentBytes)
  }

  /** There is nothing to send though it is open: what arrives then does not tell what the link can carry. */
  starve(now: number): void {
    this.#starvesFrom ??= now
  }

  /** The answer to a mark came back, and with it what it tells, unless the mark went out without its bytes. */
  arrive(mark: Mark, now: number, tells = true): void {
    this.#marks -= 1
    const arrivedBytes = Math.max(this.#arrivedBytes, mark.sentBytes)
    this.#windowBytes += arrivedBytes - this.#arrivedBytes
    this.#arrivedBytes = arrivedBytes
    this.#arrivedAt = now
    this.#arrivedSentAt = mark.sentAt
    this.#carriesFrom = now
    if (!tells || mark.sentAt <= this.#retractedAt) return
    this.#learnRate(mark, now)
    this.#learnRoundTrip(mark, now)
  }

  /** What fills a link that is known. */
  get #fullBytes(): number {
    const product = (this.bandwidth ?? 0) * ((this.roundTripMs ?? 0) * GAIN + SLACK_MS)
    return Math.max(product, this.pieceBytes * LEAST_PIECES)
  }

  /** How much may be taken to have arrived without a mark that says so: where marks are late, a round trip's worth. */
  get #foreseeableBytes(): number {
    return this.#isSettled ? (this.bandwidth ?? 0) * (this.roundTripMs ?? 0) : 0
  }

  /** What is under way still, if the link goes on as it did. */
  #expectedBytes(now: number): number {
    const carriedBytes = (this.bandwidth ?? 0) * (now - this.#carriesFrom)
    return Math.max(0, this.#underWayBytes - Math.min(carriedBytes, this.#foreseeableBytes))
  }

  get #underWayBytes(): number {
    return this.#sentBytes - this.#arrivedBytes
  }

  get #markEveryBytes(): number {
    const packetBytes = Math.floor(PIECE_BYTES * FILLED)
    if (this.#marks === 0) return packetBytes
    return Math.min(Math.max(this.limitBytes / MARKS_PER_ROUND, packetBytes), MAX_MARK_BYTES)
  }

  #learnRate(mark: Mark, now: number): void {
    // Answers may come in a lump, but nothing arrives faster than it was sent.
    const tookMs = Math.max(now - mark.arrivedAt, mark.sentAt - mark.arrivedSentAt, 0.01)
    const rate = (mark.sentBytes - mark.arrivedBytes) / tookMs
    if (mark.isStarved && rate <= (this.bandwidth ?? 0)) return
    if (mark.arrivedBytes < this.#roundEndsBytes) {
      this.#rates = [...this.#rates.slice(0, -1), Math.max(this.#rates.at(-1) ?? 0, rate)]
      return
    }
    this.#roundEndsBytes = this.#sentBytes
    this.#rates = [...this.#rates, rate].slice(-REMEMBERED_ROUNDS)
    const isFaster = rate > this.#plateau.rate * FASTER
    this.#plateau = isFaster ? { rate, rounds: 0 } : { ...this.#plateau, rounds: this.#plateau.rounds + 1 }
    if (this.#plateau.rounds >= PLATEAU_ROUNDS) this.#isSettled = true
    if (now - mark.sentAt > SLOWED * this.#meantMs) this.#rates = [rate]
  }

  #learnRoundTrip(mark: Mark, now: number): void {
    const seen = { tookMs: now - mark.sentAt, packetBytes: mark.packetBytes, at: now }
    const lowest = this.#lowest
    const isStale = lowest !== undefined && now - lowest.at > PROBE_MS
    const isBare = mark.isAlone || (this.#probesFrom !== undefined && mark.sentAt >= this.#probesFrom)
    if (lowest === undefined || this.#bareMs(seen) <= this.#bareMs(lowest) || (isStale && isBare)) {
      this.#lowest = seen
      this.#probesFrom = undefined
      return
    }
    if (!this.#isSettled) this.#isSettled = seen.tookMs > lowest.tookMs * QUEUED + SLACK_MS
    else if (isStale) this.#probesFrom ??= now
  }

  /** How long a round is meant to take. */
  get #meantMs(): number {
    const { bandwidth } = this
    if (!this.#isSettled || bandwidth === undefined) return Number.POSITIVE_INFINITY
    return this.limitBytes / bandwidth + SLACK_MS
  }

  #bareMs({ tookMs, packetBytes }: { readonly tookMs: number; readonly packetBytes: number }): number {
    // As long as the bandwidth is not known its packet's own time is not either.
    const ownMs = this.#isSettled && this.bandwidth !== undefined ? packetBytes / this.bandwidth : 0
    return Math.max(tookMs - ownMs, 0.01)
  }
}
