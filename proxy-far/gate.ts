// Far's gate: which connections are let in, who is locked out for guessing, how much each near may take, and the record
// of it all that is kept for whoever runs far (the audit log).
// Knows: connections, addresses, the limits of shared/limits/. Does not know: credentials, what is asked.
//
// 1. A connection that shows no right credential in time is closed; one line may have only so many of those at once.
// 2. A right credential is let in also from an address that is locked out: 256 random bits are not guessed, and else
//    whoever shares a user's address could keep the user out.
// 3. Guessing makes few lines in the log: one for each failure that is free, then one for each time of being locked out.
import type { Http2Server, Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import type { FarConfig } from '../shared/config/options.ts'
import { Fault } from '../shared/fault.ts'
import { LockOut, lineOf } from '../shared/limits/lock-out.ts'
import { UserShares } from '../shared/limits/user-shares.ts'
import type { Others, Used } from './one-of-several.ts'

/** What one ask may do of its near's share; `end` is called when it is over. */
export interface AskShare {
  speculate(): boolean
  mayEncode(): boolean
  noteEncoded(ms: number): void
  end(sentBytes: number): void
}

export type AuditEvent = 'joined' | 'refused' | 'locked-out' | 'revoked' | 'limited' | 'crowded'

interface Connection {
  readonly line: string
  readonly socket: Socket
  isKnown: boolean
}

export interface Patience {
  /** From the first packet on, TLS and all. */
  readonly introductionMs: number
  readonly silenceMs: number
  /** How many that nobody knows there may be at once; one more, and the one that has waited longest goes. */
  readonly strangers: number
}

const PATIENCE: Patience = {
  // TLS takes five seconds on a modem with a queue in front, and a near says hello with its first packet behind it.
  introductionMs: 30_000,
  // Near sends a PING every 25 s; who has sent nothing for so long is gone.
  silenceMs: 120_000,
  // Whoever has many addresses must not fill far's connections; a near is known before so many more have come.
  strangers: 1024,
}
// A household or an office behind one address, all of it coming back after a break.
const STRANGERS_PER_LINE = 64
// One line a minute says that a near is at its limit.
const LIMITED_LOG_MS = 60_000
const SWEEP_MS = 600_000

export class Gate {
  readonly #config: FarConfig
  readonly #log: FastifyBaseLogger
  readonly #file: pino.Logger | undefined
  readonly #now: () => number
  readonly #patience: Patience
  readonly #others: Others | undefined
  readonly #lockOut = new LockOut()
  readonly #shares: UserShares
  readonly #connections = new Map<string, Connection>()
  /** Who is not known yet, in the order in which they came, and how many of each line. */
  readonly #strangers = new Set<Connection>()
  readonly #crowds = new Map<string, number>()
  readonly #limitedAt = new Map<string, number>()
  readonly #sweeping: NodeJS.Timeout

  /** `others`: the processes with which this one shares its limits. */
  constructor(config: FarConfig, log: FastifyBaseLogger, now: () => number, patience = PATIENCE, others?: Others) {
    this.#config = config
    this.#log = log
    this.#now = now
    this.#patience = patience
    this.#file = config.auditLog === undefined ? undefined : openAuditLog(config.auditLog)
    this.#others = others
    const limits = {
      asksAtOnce: config.asksAtOncePerUser,
      asksPerSecond: config.asksPerSecondPerUser,
      bytesPerDay: config.bytesPerDayPerUser,
      speculationsPerSecond: config.speculationsPerSecondPerUser,
      deltaCpuPercent: config.deltaCpuPercentPerUser,
    }
    this.#shares = new UserShares(limits, (...taken) => others?.noteTaken(...taken))
    others?.onUsed(used => this.#noteUsed(used))
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS).unref()
  }

  /** Watches the connections of a server that does not listen yet. */
  guard(server: Http2Server): void {
    // Not dropped, a connection would be handed from one of several processes to the next for as long as all are full.
    Object.assign(server, { maxConnections: this.#config.maxConnections, dropMaxConnection: true })
    server.on('connection', (socket: Socket) => this.#welcome(socket))
    server.on('session', session => {
      session.setTimeout(this.#patience.silenceMs, () => session.destroy())
    })
  }

  /** How long the address of a session is still locked out, as the fault that says so; undefined when it is not. */
  lockedOut(session: Http2Session | undefined): Fault | undefined {
    const address = addressOf(session)
    const waitMs = address === undefined ? 0 : this.#lockOut.waitMs(address, this.#now())
    return waitMs > 0 ? lockedOut(waitMs) : undefined
  }

  /** Notes a wrong join code or credential; gives the fault that keeps whoever sent it from learning even that. */
  fail(session: Http2Session | undefined): Fault | undefined {
    const address = addressOf(session)
    const before = this.lockedOut(session)
    if (before !== undefined || address === undefined) return before
    this.#others?.noteGuess(address)
    const lockedMs = this.#lockOut.fail(address, this.#now())
    if (lockedMs > 0) this.audit('locked-out', { address, lockedMs })
    else this.audit('refused', { address })
    return undefined
  }

  /** A session has shown a right credential. */
  accept(session: Http2Session | undefined): void {
    if (session === undefined || session.destroyed) return
    const connection = this.#connections.get(placeOf(session))
    if (connection === undefined || connection.isKnown) return
    connection.isKnown = true
    this.#forget(connection)
  }

  /** What an ask of this near may do. Raises FAR_SHARE. */
  admit(nearId: string): AskShare {
    const admission = this.#shares.admit(nearId, this.#now())
    if (admission.kind === 'refused') {
      const at = this.#limitedAt.get(nearId) ?? -Infinity
      if (this.#now() - at >= LIMITED_LOG_MS) {
        this.#limitedAt.set(nearId, this.#now())
        this.audit('limited', { nearId, why: admission.why })
      }
      throw admission.fault
    }
    const { share } = admission
    return {
      speculate: () => share.speculate(this.#now()),
      mayEncode: () => share.mayEncode(this.#now()),
      noteEncoded: ms => share.noteEncoded(ms, this.#now()),
      end: sentBytes => share.end(sentBytes, this.#now()),
    }
  }

  /** One line for whoever runs far, in the log and in --audit-log. */
  audit(event: AuditEvent, facts: Readonly<Record<string, string | number | undefined>>): void {
    const line = { audit: true, event, ...facts }
    if (event === 'joined' || event === 'revoked') this.#log.info(line, event)
    else this.#log.warn(line, event)
    this.#file?.info(line)
  }

  close(): void {
    clearInterval(this.#sweeping)
    this.#file?.flush()
  }

  /** What was taken of the other processes counts here, too. */
  #noteUsed({ taken, guessed }: Used): void {
    for (const [user, each] of taken) this.#shares.noteTaken(user, each, this.#now())
    for (const address of guessed) this.#lockOut.fail(address, this.#now())
  }

  #welcome(socket: Socket): void {
    const { remoteAddress, remotePort } = socket
    // Gone before it was looked at.
    if (remoteAddress === undefined) return
    const line = lineOf(remoteAddress)
    if ((this.#crowds.get(line) ?? 0) >= STRANGERS_PER_LINE) {
      socket.destroy()
      this.#noteCrowd(line, STRANGERS_PER_LINE)
      return
    }
    const place = `${remoteAddress} ${remotePort}`
    const connection: Connection = { line, socket, isKnown: false }
    this.#connections.set(place, connection)
    this.#strangers.add(connection)
    this.#crowds.set(line, (this.#crowds.get(line) ?? 0) + 1)
    const impatience = setTimeout(() => {
      if (!connection.isKnown) socket.destroy()
    }, this.#patience.introductionMs).unref()
    socket.once('close', () => {
      clearTimeout(impatience)
      this.#forget(connection)
      if (this.#connections.get(place) === connection) this.#connections.delete(place)
    })
    const [eldest] = this.#strangers
    if (!eldest || this.#strangers.size <= this.#patience.strangers) return
    eldest.socket.destroy()
    this.#forget(eldest)
    this.#noteCrowd('all', this.#patience.strangers)
  }

  /** It is a stranger no longer, or gone. */
  #forget(connection: Connection): void {
    if (!this.#strangers.delete(connection)) return
    const { line } = connection
    const count = (this.#crowds.get(line) ?? 0) - 1
    if (count > 0) this.#crowds.set(line, count)
    else this.#crowds.delete(line)
  }

  #noteCrowd(line: string, connections: number): void {
    const at = this.#limitedAt.get(line) ?? -Infinity
    if (this.#now() - at < LIMITED_LOG_MS) return
    this.#limitedAt.set(line, this.#now())
    this.audit('crowded', { address: line, connections })
  }

  #sweep(): void {
    this.#shares.sweep(this.#now())
    for (const [key, at] of this.#limitedAt) if (this.#now() - at >= LIMITED_LOG_MS) this.#limitedAt.delete(key)
  }
}

function lockedOut(waitMs: number): Fault {
  const retryAfterSeconds = Math.ceil(waitMs / 1000)
  const message = `Too many wrong credentials came from this address; the next is looked at in ${retryAfterSeconds} s.`
  return new Fault('FAR_LOCKED_OUT', message, { retryAfterSeconds })
}

function addressOf(session: Http2Session | undefined): string | undefined {
  return session === undefined || session.destroyed ? undefined : session.socket.remoteAddress
}

function placeOf({ socket }: Http2Session): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

/** Lines are written at once: they must not be lost when far is ended. */
function openAuditLog(path: string): pino.Logger {
  try {
    return pino({ base: null }, pino.destination({ dest: path, append: true, sync: true, mode: 0o600 }))
  } catch (error) {
    throw new Fault('CANNOT_READ', `The audit log ${path} cannot be written: ${String(error)}.`, { cause: error })
  }
}
