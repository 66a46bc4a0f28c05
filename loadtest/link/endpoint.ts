// One end of one emulated TCP connection: it sends in one direction, receives in the other, and puts both on the link.
// Knows: which packets there are and what each brings. Does not know: sockets, other connections.
// Two endpoints make a connection; what happens between them happens on the agenda and the two ways.

import type { Agenda } from './agenda.ts'
import type { Congestion } from './congestion.ts'
import { Receiver } from './receiver.ts'
import { HEADER_BYTES, type Flight } from './segment.ts'
import { Sender } from './sender.ts'
import type { Way } from './way.ts'

/** What an endpoint tells the shell's side of it. */
export interface Listener {
  readonly deliver: (bytes: number) => void
  readonly end: () => void
  readonly reset: () => void
  /** Something arrived early, so the reader waits for what is missing before it. */
  readonly stall: () => void
  /** Bytes have left for the first time, so more may be offered. */
  readonly sent: () => void
}

export interface EndpointParts {
  readonly agenda: Agenda
  /** The way out. */
  readonly way: Way
  readonly congestion: Congestion
  readonly receiveWindow: number
  readonly listener: Listener
}

export class Endpoint {
  readonly sender: Sender
  readonly #parts: EndpointParts
  readonly #receiver = new Receiver()
  #peer: Endpoint | undefined
  #closed = false
  #wakesAt = Infinity

  constructor(parts: EndpointParts) {
    this.#parts = parts
    this.sender = new Sender(parts.congestion, parts.receiveWindow, (flight, now) => this.#putData(flight, now))
  }

  join(peer: Endpoint): void {
    this.#peer = peer
  }

  /** Runs `change` on the sender and sees to what follows from it. */
  drive(change: (sender: Sender) => void): void {
    if (this.#closed) return
    const before = this.sender.unsentBytes
    change(this.sender)
    if (this.sender.unsentBytes < before) this.#parts.listener.sent()
    this.#plan()
  }

  /** Sends nothing more, and answers what arrives with a reset. */
  close(): void {
    this.#closed = true
  }

  /** Closes, and tells the other end. */
  abort(now: number): void {
    if (this.#closed) return
    this.#closed = true
    this.#putReset(now)
  }

  #beAborted(): void {
    if (this.#closed) return
    this.#closed = true
    this.#parts.listener.reset()
  }

  // Neither queue nor loss drops it: the other end would only learn the same from the next packet that it sends.
  #putReset(now: number): void {
    const peer = this.#peer
    const at = this.#parts.way.takeSurely(HEADER_BYTES, now)
    if (peer === undefined || at === undefined) return
    this.#parts.agenda.add(at, () => peer.#beAborted())
  }

  #putData(flight: Flight, now: number): void {
    const report = this.#receiver.report('carried', now)
    this.#put(HEADER_BYTES + flight.segment.bytes, report, now, (peer, at) => peer.#receive(flight, at))
  }

  #putAcknowledgement(now: number): void {
    this.#put(HEADER_BYTES, this.#receiver.report('alone', now), now, () => undefined)
  }

  #put(bytes: number, report: readonly Flight[], now: number, arrive: (peer: Endpoint, at: number) => void): void {
    const at = this.#parts.way.takePacket(bytes, now)
    if (at === undefined) {
      this.#receiver.unreport(report)
      return
    }
    this.#parts.agenda.add(at, () => {
      const peer = this.#peer
      // What is on its way when the link falls silent does not arrive.
      if (peer === undefined) return
      if (this.#parts.way.isSilent) {
        this.#receiver.unreport(report)
        return
      }
      if (peer.#closed) {
        if (!this.#closed) peer.#putReset(at)
        return
      }
      if (report.length > 0) peer.drive(sender => sender.acknowledge(report, at))
      arrive(peer, at)
    })
  }

  #receive(flight: Flight, now: number): void {
    if (this.#closed) return
    const { isEnded: wasEnded, isWaiting: wasWaiting } = this.#receiver
    const bytes = this.#receiver.receive(flight, now)
    if (this.#receiver.isWaiting && !wasWaiting) this.#parts.listener.stall()
    if (bytes > 0) this.#parts.listener.deliver(bytes)
    if (this.#receiver.isEnded && !wasEnded) this.#parts.listener.end()
    if (this.#receiver.ackAt <= now) this.#putAcknowledgement(now)
    this.#plan()
  }

  #tick(now: number): void {
    if (this.#closed) return
    if (now >= this.#receiver.ackAt) this.#putAcknowledgement(now)
    if (now >= this.sender.wakeAt) this.drive(sender => sender.tick(now))
    this.#plan()
  }

  // One entry on the agenda at a time; one that has become too early only plans again.
  #plan(): void {
    const at = Math.min(this.sender.wakeAt, this.#receiver.ackAt)
    if (at === Infinity || at >= this.#wakesAt) return
    this.#wakesAt = at
    this.#parts.agenda.add(at, now => {
      if (this.#wakesAt !== at) return
      this.#wakesAt = Infinity
      this.#tick(now)
    })
  }
}
