// A slow link in front of any TCP service: it listens, and relays each connection to its target as the model says.
// Knows: sockets, bytes, the real clock. Does not know: when anything is due; the model decides, this obeys.
// What it reads ahead of the link is bounded by the model (`pause-source`); what the two kernels hold is not:
// docs/link-emulator.md says what that means.

import { createServer, connect as connectSocket, type Server, type Socket } from 'node:net'
import { formatHostPort, type HostPort } from '../../shared/config/host-port.ts'
import { Fault } from '../../shared/fault.ts'
import { LinkModel, type DirectionCounts, type LinkCommand, type LinkEvent } from './model.ts'
import type { LinkFigures } from './presets.ts'
import { Relay } from './relay.ts'

export interface LinkEmulatorOptions {
  /** Port 0 lets the system choose. */
  readonly listen: HostPort
  readonly to: HostPort
  readonly link: LinkFigures
  /** The same seed loses the same packets, as far as the programs on both sides behave the same. */
  readonly seed?: number
}

export interface LinkCounts {
  readonly connections: { readonly opened: number; readonly open: number; readonly refused: number }
  readonly up: DirectionCounts
  readonly down: DirectionCounts
}

/** `down`: connections are reset, new ones too. `silent`: nothing arrives, nothing is refused; TCP keeps trying. */
export type LinkState = 'up' | 'down' | 'silent'

export interface LinkEmulator {
  readonly address: HostPort
  counts(): LinkCounts
  /** Bytes on the wire, headers included, that have been sent in this direction so far: of a packet under way, its part. */
  carriedBytes(direction: 'up' | 'down'): number
  /** Cuts, silences or restores the link at once. */
  setState(state: LinkState): void
  /** Resets all connections and stops listening. */
  close(): Promise<void>
}

/**
 * Starts a link emulator.
 * @throws Fault PORT_IN_USE, CANNOT_LISTEN
 */
export async function startLinkEmulator(options: LinkEmulatorOptions): Promise<LinkEmulator> {
  const shell = new Shell(options)
  await shell.listen()
  return shell
}

// Node's timers count whole milliseconds. What falls due within half of one is done at once rather than one tick late,
// so that things are as often early as late.
const TICK_MS = 1

class Shell implements LinkEmulator {
  readonly #options: LinkEmulatorOptions
  readonly #model: LinkModel
  readonly #server: Server
  readonly #relays = new Map<number, Relay>()
  #state: LinkState = 'up'
  #opened = 0
  #refused = 0
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity

  constructor(options: LinkEmulatorOptions) {
    this.#options = options
    this.#model = new LinkModel(options.link, options.seed ?? 1)
    // Half-open, so that an end in one direction is only that.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, client => this.#accept(client))
  }

  async listen(): Promise<void> {
    const { listen } = this.#options
    const listening = Promise.withResolvers<void>()
    const refuse = (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CANNOT_LISTEN'
      listening.reject(new Fault(code, `cannot listen on ${formatHostPort(listen)} (${error.code ?? error.message})`))
    }
    this.#server.once('error', refuse)
    this.#server.listen({ ...listen }, () => listening.resolve())
    await listening.promise
    this.#server.off('error', refuse)
  }

  get address(): HostPort {
    const bound = this.#server.address()
    if (bound === null || typeof bound === 'string') throw new Error('the link emulator is closed: it has no address')
    return { host: bound.address, port: bound.port }
  }

  counts(): LinkCounts {
    const open = this.#relays.size
    return { connections: { opened: this.#opened, open, refused: this.#refused }, ...this.#model.counts() }
  }

  carriedBytes(direction: 'up' | 'down'): number {
    return this.#model.carriedBytes(direction, performance.now())
  }

  setState(state: LinkState): void {
    if (this.#state === state) return
    this.#state = state
    this.#handle({ kind: state === 'silent' ? 'silenced' : 'unsilenced' })
    if (state === 'down') this.#resetAll()
  }

  async close(): Promise<void> {
    this.#state = 'down'
    clearTimeout(this.#timer)
    this.#timer = undefined
    const closed = Promise.withResolvers<void>()
    this.#server.close(() => closed.resolve())
    this.#resetAll()
    await closed.promise
  }

  #resetAll(): void {
    for (const relay of this.#relays.values()) relay.reset()
  }

  #accept(client: Socket): void {
    if (this.#state === 'down') {
      this.#refused++
      client.on('error', () => undefined)
      client.resetAndDestroy()
      return
    }
    const connection = this.#opened++
    const relay = new Relay(connection, {
      tell: event => this.#handle(event),
      connect: () => connectSocket({ ...this.#options.to, allowHalfOpen: true, noDelay: true }),
      forget: () => {
        this.#relays.delete(connection)
        this.#handle({ kind: 'forgotten', connection })
      },
    })
    this.#relays.set(connection, relay)
    this.#handle({ kind: 'opened', connection })
    relay.attach('client', client)
  }

  #handle(event: LinkEvent, now = performance.now()): void {
    for (const command of this.#model.handle(event, now)) this.#perform(command)
    this.#schedule()
  }

  #perform(command: LinkCommand): void {
    this.#relays.get(command.connection)?.perform(command)
  }

  // A timer that is set too early only finds nothing to do, so one is set only when the next thing is earlier.
  #schedule(): void {
    const at = this.#model.wakeAt()
    if (at === undefined || this.#state === 'down' || (this.#timer !== undefined && at >= this.#timerAt)) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#handle({ kind: 'ticked' }, performance.now() + TICK_MS / 2)
      },
      Math.max(TICK_MS, Math.round(at - performance.now())),
    )
  }
}
