// One direction of one TCP connection, at its source: what may be sent now, what was lost, what to send again.
// Knows: loss detection and tail-loss probes (RFC 8985), timeouts (RFC 6298), pacing. Numbers only, no bytes.
// Does not know: the link; it hands flights to `transmit` and says in `wakeAt` when it wants a `tick`.
// 1. `#flying` counts the segments in state `flying`; each has its newest flight in `#flights`, in order of sending.
// 2. No more segments fly than the window allows, but for one probe.
// 3. The link keeps order, so a flight is lost only when a later one has arrived, or when nothing arrives at all.

import type { Congestion } from './congestion.ts'
import { Fifo } from './fifo.ts'
import { RoundTrips } from './round-trips.ts'
import { NEVER_SENT, newSegment, SEGMENT_BYTES, type Flight, type Segment } from './segment.ts'

// RFC 8985 §7.2: the longest that a receiver waits before it acknowledges a single segment.
const LONGEST_ACK_DELAY_MS = 200
// RFC 8985 §6.2: so many later arrivals make a loss certain; fewer are given a quarter of a round trip.
const CERTAIN_ARRIVALS = 3

export class Sender {
  readonly #congestion: Congestion
  readonly #receiveWindow: number
  readonly #transmit: (flight: Flight, now: number) => void
  readonly #roundTrips = new RoundTrips()
  readonly #unacknowledged = new Fifo<Segment>()
  readonly #flights = new Fifo<Flight>()
  #lost: Segment[] = []
  #flying = 0
  #established = false
  #unsent = 0
  #ending: 'no' | 'wanted' | 'sent' = 'no'
  #next = 0
  #taken = 0
  #order = 0
  #newestArrival = -1
  #recoveryUntil: number | undefined
  #timeout: { readonly order: number; readonly gaveUp: readonly Flight[] } | undefined
  #delivered = 0
  #deliveredAt = 0
  #firstSentAt = 0
  #limitedUntil = 0
  #roundEnds = 0
  #mostInFlight = 0
  #lastSentAt = 0
  #paceAt = 0
  #doublings = 0
  #alarm: { readonly kind: 'probe' | 'timeout'; readonly at: number } | undefined
  #probed = false
  #reorderAt = Infinity

  constructor(congestion: Congestion, receiveWindow: number, transmit: (flight: Flight, now: number) => void) {
    this.#congestion = congestion
    this.#receiveWindow = receiveWindow
    this.#transmit = transmit
  }

  /** Bytes that were offered and have not been sent even once. */
  get unsentBytes(): number {
    return this.#unsent
  }

  /** When `tick` is next to be called. */
  get wakeAt(): number {
    return Math.min(this.#alarm?.at ?? Infinity, this.#reorderAt, this.#mayWindow() ? this.#paceAt : Infinity)
  }

  establish(roundTripMs: number, now: number): void {
    this.#established = true
    this.#roundTrips.add(roundTripMs)
    this.#lastSentAt = now
    this.#congestion.start(roundTripMs, now)
    this.#send(now)
  }

  offer(bytes: number, now: number): void {
    this.#unsent += bytes
    this.#send(now)
  }

  end(now: number): void {
    this.#ending = 'wanted'
    this.#send(now)
  }

  /** The destination has taken `bytes` out of the receiver's buffer. */
  take(bytes: number, now: number): void {
    this.#taken += bytes
    this.#send(now)
  }

  tick(now: number): void {
    if (now >= this.#reorderAt) this.#findLosses(now, 'waited')
    if (this.#alarm !== undefined && now >= this.#alarm.at) {
      if (this.#alarm.kind === 'probe') this.#probe(now)
      else this.#timeOut(now)
    }
    this.#send(now)
  }

  acknowledge(arrivals: readonly Flight[], now: number): void {
    const flightBefore = this.#flying
    const newest = this.#markAcknowledged(arrivals)
    if (newest === undefined) return
    this.#doublings = 0
    this.#probed = false
    this.#deliveredAt = now
    this.#firstSentAt = newest.segment.sentAt
    if (this.#delivered > this.#limitedUntil) this.#limitedUntil = 0
    const roundTripMs = newest.segment.resent ? undefined : now - newest.segment.sentAt
    if (roundTripMs !== undefined) this.#roundTrips.add(roundTripMs)
    this.#findLosses(now, 'arrivals')
    const oldest = this.#unacknowledged.first?.start ?? this.#next
    if (this.#recoveryUntil !== undefined && oldest >= this.#recoveryUntil) {
      this.#recoveryUntil = undefined
      this.#congestion.endRecovery()
    }
    const startsRound = newest.order >= this.#roundEnds
    this.#congestion.acknowledge({
      now,
      segments: newest.count,
      roundTripMs,
      leastRoundTripMs: this.#roundTrips.leastMs,
      flightBefore,
      flightAfter: this.#flying,
      mostInFlight: Math.max(flightBefore, this.#mostInFlight),
      startsRound,
      recovering: this.#recoveryUntil !== undefined,
      segmentsPerMs: this.#deliveryRate(newest.segment, now),
      applicationLimited: newest.segment.applicationLimited,
    })
    if (startsRound) {
      this.#roundEnds = this.#order
      this.#mostInFlight = this.#flying
    }
    this.#setAlarm(now)
    this.#send(now)
  }

  #markAcknowledged(arrivals: readonly Flight[]): { segment: Segment; order: number; count: number } | undefined {
    let newest: Flight | undefined
    let count = 0
    for (const flight of arrivals) {
      const { segment, order } = flight
      if (segment.state === 'acknowledged') continue
      if (this.#timeout !== undefined && order <= this.#timeout.order) this.#undoTimeout()
      if (segment.state === 'flying') this.#flying--
      segment.state = 'acknowledged'
      count++
      if (newest === undefined || order > newest.order) newest = flight
    }
    if (newest === undefined) return undefined
    this.#timeout = undefined
    this.#newestArrival = Math.max(this.#newestArrival, newest.order)
    this.#delivered += count
    if (this.#lost.length > 0) this.#lost = this.#lost.filter(segment => segment.state === 'lost')
    while (this.#unacknowledged.first?.state === 'acknowledged') this.#unacknowledged.shift()
    return { ...newest, count }
  }

  // Linux, tcp_rate_gen: over the longer of the time it took to send and to acknowledge, and over a round trip at least.
  #deliveryRate(newest: Segment, now: number): number | undefined {
    const elapsedMs = Math.max(now - newest.deliveredAt, newest.sentAt - newest.firstSentAt)
    if (elapsedMs <= 0 || elapsedMs < this.#roundTrips.leastMs * 0.999) return undefined
    return (this.#delivered - newest.deliveredBefore) / elapsedMs
  }

  #findLosses(now: number, because: 'arrivals' | 'waited'): void {
    const flights = this.#flights
    this.#reorderAt = Infinity
    for (let head = flights.first; head !== undefined; head = flights.first) {
      const flies = head.segment.state === 'flying' && head.segment.order === head.order
      if (flies && head.order > this.#newestArrival) return
      const arrivedLater = flights.length - this.#flying
      const certain = because === 'waited' || this.#recoveryUntil !== undefined || arrivedLater >= CERTAIN_ARRIVALS
      if (flies && !certain) {
        this.#reorderAt = now + this.#roundTrips.leastMs / 4
        return
      }
      if (flies) this.#lose(head.segment, now)
      flights.shift()
    }
  }

  #lose(segment: Segment, now: number): void {
    if (this.#recoveryUntil === undefined) {
      this.#recoveryUntil = this.#next
      this.#congestion.loseSegments(this.#flying, now)
    }
    segment.state = 'lost'
    this.#flying--
    this.#lost.push(segment)
  }

  #setAlarm(now: number): void {
    if (this.#flying === 0 && this.#lost.length === 0) {
      this.#alarm = undefined
      return
    }
    const timeoutMs = this.#roundTrips.timeoutMs(this.#doublings)
    const probeMs = 2 * this.#roundTrips.smoothMs + (this.#flying === 1 ? LONGEST_ACK_DELAY_MS : 2)
    const probes = !this.#probed && this.#recoveryUntil === undefined
    const waitMs = probes ? Math.min(probeMs, timeoutMs) : timeoutMs
    this.#alarm = { kind: probes ? 'probe' : 'timeout', at: now + waitMs }
  }

  // RFC 8985 §7.3: new data if there is any, else the last segment again.
  #probe(now: number): void {
    this.#probed = true
    const last = this.#flights.last
    if (this.#unsent > 0) this.#transmitNext(now)
    else if (last?.segment.state === 'flying') {
      this.#flying--
      this.#transmitSegment(last.segment, now)
    }
    this.#setAlarm(now)
  }

  #timeOut(now: number): void {
    const gaveUp = this.#flights
      .drain()
      .filter(({ segment, order }) => segment.state === 'flying' && segment.order === order)
    for (const { segment } of gaveUp) segment.state = 'lost'
    this.#lost = [...this.#lost, ...gaveUp.map(({ segment }) => segment)].sort((a, b) => a.start - b.start)
    this.#flying = 0
    if (this.#timeout === undefined) this.#timeout = { order: this.#order - 1, gaveUp }
    if (this.#doublings === 0) this.#congestion.timeOut(now)
    this.#doublings = Math.min(this.#doublings + 1, 10)
    this.#recoveryUntil = this.#next
    this.#setAlarm(now)
  }

  // RFC 5682: what was given up arrives, so it had only been slow.
  #undoTimeout(): void {
    const resent = this.#flights.drain()
    for (const flight of this.#timeout?.gaveUp ?? []) {
      if (flight.segment.state !== 'lost' || flight.segment.order !== flight.order) continue
      flight.segment.state = 'flying'
      this.#flying++
      this.#flights.push(flight)
    }
    for (const flight of resent) this.#flights.push(flight)
    this.#lost = this.#lost.filter(segment => segment.state === 'lost')
    this.#timeout = undefined
    this.#recoveryUntil = undefined
    this.#congestion.undoTimeout()
  }

  #mayWindow(): boolean {
    if (!this.#established || this.#flying >= this.#congestion.window) return false
    if (this.#lost.length > 0) return true
    if (this.#unsent === 0) return this.#ending === 'wanted'
    return this.#next - this.#taken + Math.min(this.#unsent, SEGMENT_BYTES) <= this.#receiveWindow
  }

  #send(now: number): void {
    if (!this.#established) return
    if (this.#flying === 0 && this.#unsent > 0 && this.#lost.length === 0) {
      this.#congestion.endRest(now - this.#lastSentAt, this.#roundTrips.timeoutMs())
    }
    while (this.#mayWindow()) {
      if (now < this.#paceAt) return
      const lost = this.#lost.shift()
      if (lost === undefined) this.#transmitNext(now)
      else this.#transmitSegment(lost, now)
      this.#paceAt = this.#congestion.pace === Infinity ? now : Math.max(now, this.#paceAt) + 1 / this.#congestion.pace
    }
    const hasRoom = this.#unsent === 0 && this.#lost.length === 0 && this.#flying < this.#congestion.window
    if (hasRoom) this.#limitedUntil = Math.max(1, this.#delivered + this.#flying)
  }

  #transmitNext(now: number): void {
    const bytes = Math.min(this.#unsent, SEGMENT_BYTES)
    this.#unsent -= bytes
    const pushes = this.#unsent === 0
    const ends = pushes && this.#ending === 'wanted'
    if (ends) this.#ending = 'sent'
    const segment = newSegment(this.#next, bytes, pushes, ends)
    this.#next += bytes
    this.#unacknowledged.push(segment)
    this.#transmitSegment(segment, now)
  }

  #transmitSegment(segment: Segment, now: number): void {
    if (this.#flying === 0) this.#firstSentAt = this.#deliveredAt = now
    segment.state = 'flying'
    segment.resent = segment.order !== NEVER_SENT
    segment.order = this.#order++
    segment.sentAt = this.#lastSentAt = now
    segment.deliveredBefore = this.#delivered
    segment.deliveredAt = this.#deliveredAt
    segment.firstSentAt = this.#firstSentAt
    segment.applicationLimited = this.#limitedUntil > 0
    this.#flying++
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#flying)
    const flight = { segment, order: segment.order }
    this.#flights.push(flight)
    if (this.#alarm === undefined || this.#alarm.kind === 'probe') this.#setAlarm(now)
    this.#transmit(flight, now)
  }
}
