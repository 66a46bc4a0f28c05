// The whole emulated link: two ways and the connections that share them. Pure: time and chance are arguments.
// Knows: when each byte that enters on one side comes out on the other. Does not know: sockets, real clocks, the bytes.
// 1. What is delivered in a direction of a connection was offered there, in order, once.
// 2. Nothing is delivered before its connection is open, nor after it is reset.
// 3. `handle` first does all that fell due until `now`, each thing at its own time.
//
//   (new) ─opened→ SYN on the way up ─arrives→ `connect` ─connected→ SYN-ACK on the way down ─arrives→ open

import { Agenda } from './agenda.ts'
import { Bbr } from './bbr.ts'
import { seedChance } from './chance.ts'
import { Cubic } from './cubic.ts'
import { Endpoint, type Listener } from './endpoint.ts'
import type { LinkFigures } from './presets.ts'
import { HEADER_BYTES, SYN_BYTES } from './segment.ts'
import { Way, type WayCounts } from './way.ts'

/** `up` is near to far, which is also client to target; `down` is back. */
export type Direction = 'up' | 'down'

export type LinkEvent =
  | { readonly kind: 'opened'; readonly connection: number }
  | { readonly kind: 'connected'; readonly connection: number }
  /** The source of `direction` has handed over `bytes`. */
  | { readonly kind: 'offered'; readonly connection: number; readonly direction: Direction; readonly bytes: number }
  /** The destination of `direction` has taken `bytes` that were delivered. */
  | { readonly kind: 'taken'; readonly connection: number; readonly direction: Direction; readonly bytes: number }
  | { readonly kind: 'ended'; readonly connection: number; readonly direction: Direction }
  /** The source of `direction` is gone without an end. */
  | { readonly kind: 'broken'; readonly connection: number; readonly direction: Direction }
  /** Both sides are gone; nothing of this connection is of interest. */
  | { readonly kind: 'forgotten'; readonly connection: number }
  | { readonly kind: 'silenced' }
  | { readonly kind: 'unsilenced' }
  | { readonly kind: 'ticked' }

export type LinkCommand =
  /** Connect to the target and say `connected` or `broken`. */
  | { readonly kind: 'connect'; readonly connection: number }
  | { readonly kind: 'pause-source'; readonly connection: number; readonly direction: Direction }
  | { readonly kind: 'resume-source'; readonly connection: number; readonly direction: Direction }
  | { readonly kind: 'deliver'; readonly connection: number; readonly direction: Direction; readonly bytes: number }
  | { readonly kind: 'end'; readonly connection: number; readonly direction: Direction }
  /** The connection is gone: reset the destination of `direction`. */
  | { readonly kind: 'reset'; readonly connection: number; readonly direction: Direction }

/** One direction: its packets, and what the destinations saw of it. */
export interface DirectionCounts extends WayCounts {
  readonly deliveredBytes: number
  /** How often a connection had to wait because a packet was missing before others. */
  readonly stalls: number
}

interface Connection {
  readonly client: Endpoint
  readonly target: Endpoint
  openedAt: number
  answered: boolean
  open: boolean
  readonly paused: Record<Direction, boolean>
}

// Linux sends a SYN again after 1, 3, 7, 15 and 31 s (RFC 6298 §2, tcp_syn_retries).
const SYN_AGAIN_MS = 1000
const SYN_TRIES = 6
// What is read from a source beyond what has left: enough that the link never waits for a read, and little beside it.
const READ_AHEAD_MS = 50
const LEAST_READ_AHEAD_BYTES = 16 * 1024
const MOST_READ_AHEAD_BYTES = 256 * 1024

export class LinkModel {
  readonly #figures: LinkFigures
  readonly #agenda = new Agenda()
  readonly #ways: Readonly<Record<Direction, Way>>
  readonly #connections = new Map<number, Connection>()
  readonly #delivered: Record<Direction, number> = { up: 0, down: 0 }
  readonly #stalls: Record<Direction, number> = { up: 0, down: 0 }
  #commands: LinkCommand[] = []

  constructor(figures: LinkFigures, seed: number) {
    const delayMs = figures.roundTripMs / 2
    this.#figures = figures
    this.#ways = {
      up: new Way(
        { bitsPerSecond: figures.upBitsPerSecond, delayMs, queueBytes: figures.upQueueBytes, loss: figures.loss },
        seedChance(2 * seed),
      ),
      down: new Way(
        { bitsPerSecond: figures.downBitsPerSecond, delayMs, queueBytes: figures.downQueueBytes, loss: figures.loss },
        seedChance(2 * seed + 1),
      ),
    }
  }

  handle(event: LinkEvent, now: number): readonly LinkCommand[] {
    this.#agenda.runUntil(now)
    this.#take(event, this.#agenda.now)
    this.#agenda.runUntil(now)
    const commands = this.#commands
    this.#commands = []
    return commands
  }

  /** When `handle` is next to be called with `ticked`; `undefined` when nothing is under way. */
  wakeAt(): number | undefined {
    return this.#agenda.nextAt()
  }

  counts(): Readonly<Record<Direction, DirectionCounts>> {
    return {
      up: { ...this.#ways.up.counts(), deliveredBytes: this.#delivered.up, stalls: this.#stalls.up },
      down: { ...this.#ways.down.counts(), deliveredBytes: this.#delivered.down, stalls: this.#stalls.down },
    }
  }

  /** Bytes on the wire, headers included, that have been sent in this direction by `now`. */
  carriedBytes(direction: Direction, now: number): number {
    return this.#ways[direction].carriedBytes(now)
  }

  #take(event: LinkEvent, now: number): void {
    switch (event.kind) {
      case 'opened':
        return this.#open(event.connection, now)
      case 'connected':
        return this.#answer(event.connection, now)
      case 'offered':
        return this.#drive(event, sender => sender.offer(event.bytes, now))
      case 'taken':
        return this.#drive(event, sender => sender.take(event.bytes, now))
      case 'ended':
        return this.#drive(event, sender => sender.end(now))
      case 'broken': {
        const connection = this.#connections.get(event.connection)
        return source(connection, event.direction)?.abort(now)
      }
      case 'forgotten':
        return this.#forget(event.connection)
      case 'silenced':
      case 'unsilenced':
        this.#ways.up.isSilent = this.#ways.down.isSilent = event.kind === 'silenced'
        return
      case 'ticked':
    }
  }

  // What was sent still takes its room on the link; what was not never will.
  #forget(id: number): void {
    const connection = this.#connections.get(id)
    for (const end of [connection?.client, connection?.target]) if ((end?.sender.unsentBytes ?? 0) > 0) end?.close()
    this.#connections.delete(id)
  }

  #open(id: number, now: number): void {
    const client = this.#makeEndpoint(id, 'up')
    const target = this.#makeEndpoint(id, 'down')
    client.join(target)
    target.join(client)
    const paused = { up: false, down: false }
    this.#connections.set(id, { client, target, openedAt: now, answered: false, open: false, paused })
    this.#sendSyn(id, 0, now)
  }

  #sendSyn(id: number, tries: number, now: number): void {
    const connection = this.#connections.get(id)
    if (connection === undefined || connection.open || tries === SYN_TRIES) return
    connection.openedAt = now
    const at = this.#ways.up.takePacket(SYN_BYTES, now)
    if (at !== undefined) this.#agenda.add(at, arrivesAt => this.#receiveSyn(id, arrivesAt))
    this.#agenda.add(now + SYN_AGAIN_MS * 2 ** tries, again => this.#sendSyn(id, tries + 1, again))
  }

  #receiveSyn(id: number, now: number): void {
    const connection = this.#connections.get(id)
    if (connection === undefined || this.#ways.up.isSilent) return
    if (connection.answered) this.#answer(id, now)
    else this.#commands.push({ kind: 'connect', connection: id })
  }

  #answer(id: number, now: number): void {
    const connection = this.#connections.get(id)
    if (connection === undefined) return
    connection.answered = true
    const at = this.#ways.down.takePacket(SYN_BYTES, now)
    if (at !== undefined) this.#agenda.add(at, arrivesAt => this.#establish(connection, now, arrivesAt))
  }

  #establish(connection: Connection, answeredAt: number, now: number): void {
    if (connection.open || this.#ways.down.isSilent) return
    connection.open = true
    // Its acknowledgement opens the other side; should it be lost, the first data would do the same.
    const at = this.#ways.up.takeSurely(HEADER_BYTES, now) ?? now
    this.#agenda.add(at, then => connection.target.drive(sender => sender.establish(then - answeredAt, then)))
    connection.client.drive(sender => sender.establish(now - connection.openedAt, now))
  }

  #makeEndpoint(connection: number, direction: Direction): Endpoint {
    const figures = this.#figures
    const way = this.#ways[direction]
    const queueBytes = direction === 'up' ? figures.upQueueBytes : figures.downQueueBytes
    const incoming = direction === 'up' ? 'down' : 'up'
    const listener: Listener = {
      deliver: bytes => this.#deliver(connection, incoming, bytes),
      end: () => this.#commands.push({ kind: 'end', connection, direction: incoming }),
      reset: () => this.#commands.push({ kind: 'reset', connection, direction: incoming }),
      stall: () => {
        this.#stalls[incoming]++
      },
      sent: () => this.#pace(connection, direction),
    }
    return new Endpoint({
      agenda: this.#agenda,
      way,
      congestion: figures.congestion === 'bbr' ? new Bbr() : new Cubic(),
      // Linux lets it grow with what arrives; twice what the link can hold is never what limits.
      receiveWindow: Math.max(65_536, 2 * (queueBytes + way.bytesPerMs * figures.roundTripMs)),
      listener,
    })
  }

  #drive(
    { connection: id, direction }: { readonly connection: number; readonly direction: Direction },
    change: Parameters<Endpoint['drive']>[0],
  ): void {
    const connection = this.#connections.get(id)
    source(connection, direction)?.drive(change)
    this.#pace(id, direction)
  }

  #pace(id: number, direction: Direction): void {
    const connection = this.#connections.get(id)
    const unsent = source(connection, direction)?.sender.unsentBytes
    if (connection === undefined || unsent === undefined) return
    const ahead = this.#ways[direction].bytesPerMs * READ_AHEAD_MS
    const most = Math.min(MOST_READ_AHEAD_BYTES, Math.max(LEAST_READ_AHEAD_BYTES, ahead))
    const isFull = unsent >= most
    if (isFull === connection.paused[direction]) return
    connection.paused[direction] = isFull
    this.#commands.push({ kind: isFull ? 'pause-source' : 'resume-source', connection: id, direction })
  }

  // What is delivered together is written together.
  #deliver(connection: number, direction: Direction, bytes: number): void {
    this.#delivered[direction] += bytes
    const last = this.#commands.at(-1)
    const joins = last?.kind === 'deliver' && last.connection === connection && last.direction === direction
    if (joins) this.#commands.pop()
    this.#commands.push({ kind: 'deliver', connection, direction, bytes: joins ? last.bytes + bytes : bytes })
  }
}

function source(connection: Connection | undefined, direction: Direction): Endpoint | undefined {
  return direction === 'up' ? connection?.client : connection?.target
}
