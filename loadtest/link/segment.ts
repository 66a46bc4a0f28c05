// The packets that cross the emulated link, as numbers: no byte of the stream is in them.

/** A piece of one direction of a connection. It is one object for its whole life, however often it is sent. */
export interface Segment {
  readonly start: number
  readonly bytes: number
  /** Nothing waited behind it when it was first sent: TCP sets PSH. */
  readonly pushes: boolean
  /** It also ends this direction. */
  readonly ends: boolean
  state: 'flying' | 'lost' | 'acknowledged'
  /** The receiver has it. */
  arrived: boolean
  /** The number of its latest transmission, counted over all that the sender transmits. */
  order: number
  sentAt: number
  resent: boolean
  /** For the rate of delivery: what had been acknowledged, and when, at the time it was sent. */
  deliveredBefore: number
  deliveredAt: number
  firstSentAt: number
  applicationLimited: boolean
}

/** One transmission of a segment; handed back by the receiver, the proof that it arrived. */
export interface Flight {
  readonly segment: Segment
  readonly order: number
}

/** The `order` of a segment that has not been transmitted. */
export const NEVER_SENT = -1

// IPv4 and TCP with the timestamp option, as Linux sends by default: 20 + 20 + 12 bytes.
export const HEADER_BYTES = 52
// What is left of 1500 bytes for the stream.
export const SEGMENT_BYTES = 1448
// SYN and SYN-ACK carry more options: maximum segment size, window scale, selective acknowledgement.
export const SYN_BYTES = 60

/** A segment that is about to be sent for the first time. */
export function newSegment(start: number, bytes: number, pushes: boolean, ends: boolean): Segment {
  return {
    start,
    bytes,
    pushes,
    ends,
    state: 'flying',
    arrived: false,
    order: NEVER_SENT,
    sentAt: 0,
    resent: false,
    deliveredBefore: 0,
    deliveredAt: 0,
    firstSentAt: 0,
    applicationLimited: false,
  }
}
