// One direction of one TCP connection, at its destination: puts segments in order, decides when to acknowledge.
// Knows: what has arrived, Linux's rules for delaying acknowledgements (RFC 9293 §3.8.6.3).
// Does not know: the link, the sender's window, the bytes.

import { SEGMENT_BYTES, type Flight, type Segment } from './segment.ts'

// Linux acknowledges this many segments at once before it begins to delay (TCP_MAX_QUICKACKS), ...
const QUICK_ACKS = 16
// ... and then waits this long for a second segment or for an answer to ride on (TCP_DELACK_MIN).
const ACK_DELAY_MS = 40

export class Receiver {
  #next = 0
  #ended = false
  readonly #early = new Map<number, Segment>()
  #unreported: Flight[] = []
  #unreportedBytes = 0
  #quickAcks = QUICK_ACKS
  #ackAt = Infinity
  #arrivedAt = -Infinity
  #answers = false

  /** When an acknowledgement falls due, if nothing carries it before. */
  get ackAt(): number {
    return this.#ackAt
  }

  /** All of this direction is here. */
  get isEnded(): boolean {
    return this.#ended
  }

  /** A segment is missing before others that have arrived. */
  get isWaiting(): boolean {
    return this.#early.size > 0
  }

  /** Takes a segment; gives the bytes that can be delivered now, in order. */
  receive(flight: Flight, now: number): number {
    const { segment } = flight
    this.#unreported.push(flight)
    this.#arrivedAt = now
    if (segment.arrived) {
      this.#ackAt = now
      return 0
    }
    segment.arrived = true
    if (segment.start !== this.#next || this.#ended) {
      this.#early.set(segment.start, segment)
      this.#ackAt = now
      return 0
    }
    const filledHole = this.#early.size > 0
    const bytes = this.#advance(segment)
    this.#unreportedBytes += segment.bytes
    const atOnce =
      filledHole || this.#ended || this.#unreportedBytes > SEGMENT_BYTES || this.#acknowledgesQuickly(segment)
    this.#ackAt = atOnce ? now : Math.min(this.#ackAt, now + ACK_DELAY_MS)
    return bytes
  }

  /** What the next packet back can acknowledge; `how` says whether it is a packet of its own or carries data. */
  report(how: 'alone' | 'carried', now: number): readonly Flight[] {
    const report = this.#unreported
    this.#unreported = []
    this.#unreportedBytes = 0
    this.#ackAt = Infinity
    // Linux calls it pingpong: an end that answers soon after it was asked waits for its answer to carry the next ones.
    if (how === 'carried') this.#answers = this.#answers || now - this.#arrivedAt < ACK_DELAY_MS
    else if (this.#quickAcks > 0) this.#quickAcks--
    return report
  }

  /** The packet that carried `report` was lost: the next one says it again. */
  unreport(report: readonly Flight[]): void {
    this.#unreported = [...report, ...this.#unreported]
  }

  // Linux acknowledges at once while the connection is young, and when a push has emptied the reader's buffer.
  #acknowledgesQuickly(segment: Segment): boolean {
    return !this.#answers && (this.#quickAcks > 0 || segment.pushes)
  }

  #advance(first: Segment): number {
    const from = this.#next
    let segment: Segment | undefined = first
    while (segment !== undefined) {
      this.#next = segment.start + segment.bytes
      this.#ended = segment.ends
      segment = this.#early.get(this.#next)
      if (segment !== undefined) this.#early.delete(segment.start)
    }
    return this.#next - from
  }
}
