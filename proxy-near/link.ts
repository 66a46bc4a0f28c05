// The link, as near's other parts see it: one live session with far, or the fault that says why there is none.
// Knows: when to dial, who waits. Does not know: what is asked, what answers mean.
//
//   connecting ──far agrees (#introduce)──▶ up ──session ended, or GOAWAY (#lose)──▶ waiting, without a back-off
//   connecting ──a fault that may pass (#fail)──▶ waiting ──back-off over, or a request──▶ connecting
//   connecting ──a fault that a person must mend (#fail)──▶ refused ──long back-off, or a request──▶ connecting
//   any but closed ──this machine moved or woke──▶ connecting
//   any ──close()──▶ closed
// 1. There is at most one dial under way and at most one session that takes requests.
// 2. A join code that far refused is not tried again: it will not get better.
// 3. A request waits for the outcome of one dial, and never longer than `timeoutMs`: by wait.ts, where nothing bad is known
//    of the link, for what a slow dial takes; else about a second.

import { EventEmitter } from 'node:events'
import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'

import type { Logger } from 'pino'

import { asFault, Fault } from '../shared/fault.ts'
import { chooseDelayMs, paces } from '../shared/link/back-off.ts'
import type { LinkEstimate } from '../shared/link/credit.ts'
import type { JoinUrl } from '../shared/link/join-url.ts'
import { chooseWaitMs, type DialFacts, isStuck } from '../shared/link/wait.ts'
import { type Clock, systemClock } from './clock.ts'
import { type Acquaintance, type JoinedFar, meetFar, writeJoinedFar } from './credential.ts'
import { dial } from './dial.ts'
import { introduce } from './introduction.ts'
import { LinkSession, type Measured, type RequestOptions } from './session.ts'
import { TicketSlot } from './ticket-slot.ts'

export type LinkState = 'connecting' | 'up' | 'waiting' | 'refused' | 'closed'

export interface LinkOptions {
  /** What `--far` says; undefined: the far that was joined before. */
  readonly far: JoinUrl | undefined
  readonly dataDir: string
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** How long a dial, the hello, and a request without a session may take at most, each, in milliseconds. */
  readonly timeoutMs: number
  /** Whether a request waits, about a second, for a link that is known to be down, or fails at once. */
  readonly waitsWhenDown?: boolean
  /** An idle link is pinged this often, in milliseconds. */
  readonly pingIntervalMs?: number
  /** A far that gives no sign for so long is given up, in milliseconds. */
  readonly patienceMs?: number
  /** What the link carried before this process; for the first session. A later one may be over another network. */
  readonly estimate?: LinkEstimate | undefined
  readonly clock?: Clock
  /** From 0 to 1. */
  readonly chance?: () => number
}

interface LinkEvents {
  /** The state changed, or the fault did. */
  state: [state: LinkState, fault: Fault | undefined]
}

interface Waiter {
  readonly resolve: (session: LinkSession) => void
  readonly reject: (error: unknown) => void
}

// NATs of phone networks forget a quiet mapping after 30 s at the earliest.
const PING_INTERVAL_MS = 25_000
// An upload of 64 KiB, all that far grants at once, keeps a slow uplink busy that long without a sign from far.
const PATIENCE_MS = 30_000

const NO_LINK = 'There is no link to the far proxy; near is still trying.'

/**
 * Opens the link and starts to dial; does not wait for far. Raises USAGE (no far is known), LINK_CREDENTIAL (neither joined
 * before nor a code to join with), CANNOT_READ (the stored credential is damaged, and there is no code to join anew).
 */
export async function openLink(options: LinkOptions): Promise<Link> {
  const far = await meetFar(options.far, options.dataDir)
  return new Link(options, far, await TicketSlot.open(options.dataDir))
}

export class Link extends EventEmitter<LinkEvents> {
  readonly #options: Required<LinkOptions>
  readonly #tickets: TicketSlot
  readonly #closing = new AbortController()
  /** All that live, also those that take no more requests but still answer some. */
  readonly #sessions = new Set<LinkSession>()
  readonly #waiters = new Set<Waiter>()
  #far: Acquaintance
  #state: LinkState = 'connecting'
  #fault: Fault | undefined
  /** The one that takes requests. */
  #session: LinkSession | undefined
  #failures = 0
  #dialledAt = Number.NEGATIVE_INFINITY
  /** How long the last dial took until requests could be sent. */
  #lastDialMs: number | undefined
  /** Whether the last dial resumed a TLS session. */
  #resumed = false
  #dialling = new AbortController()
  /** How many dials in a row were begun anew because they took too long. */
  #restarts = 0
  #cancelDial: () => void = () => undefined
  #measured: Measured = {}
  #estimate: LinkEstimate | undefined
  #isFirst = true
  #dialEnded: Promise<void> = Promise.resolve()
  #remembering: Promise<void> = Promise.resolve()

  constructor(options: LinkOptions, far: Acquaintance, tickets: TicketSlot) {
    super()
    const defaults = {
      pingIntervalMs: PING_INTERVAL_MS,
      patienceMs: PATIENCE_MS,
      waitsWhenDown: true,
      estimate: undefined,
      clock: systemClock,
      chance: Math.random,
    }
    this.#options = { ...defaults, ...options }
    this.#far = far
    this.#tickets = tickets
    this.#connect()
  }

  get state(): LinkState {
    return this.#state
  }

  /** Why the link is not up; undefined when it is, and during the first dial. */
  get fault(): Fault | undefined {
    return this.#fault
  }

  /** What the last session that was under load found out, for the next process. */
  get estimate(): LinkEstimate | undefined {
    return this.#session?.estimate ?? this.#estimate
  }

  /** Of the session that lives, or of the last one that did. */
  get measured(): Measured {
    return this.#session?.measured ?? this.#measured
  }

  /**
   * Resolves when a request can be sent, with the session that will carry it. Raises the fault for which there is no
   * session, LINK_TIMEOUT when none came in time, or the signal's reason.
   */
  ready(signal?: AbortSignal): Promise<Pick<LinkSession, 'over'>> {
    return this.#findSession(signal)
  }

  /**
   * Opens a stream on the live session, once there is one as for `ready`; adds near's credential and the protocol's
   * version to `headers`. When the session ends, the stream fails with the fault that ended it.
   */
  async request(headers: OutgoingHttpHeaders, options: RequestOptions = {}): Promise<ClientHttp2Stream> {
    const session = await this.#findSession(options.signal)
    return session.request(headers, options)
  }

  /** This machine has other addresses now, `addresses`: what went by one that is gone is over, all else is doubted. */
  move(addresses: ReadonlySet<string>): void {
    const fault = new Fault('LINK_CLOSED', 'This machine has moved to another network.')
    for (const session of this.#sessions) {
      if (session.localAddress === undefined || addresses.has(session.localAddress)) session.doubt()
      else void session.end(fault)
    }
    this.#startAnew(fault)
  }

  /** This machine has slept so long that no connection can be trusted. */
  wake(): void {
    const fault = new Fault('LINK_CLOSED', 'This machine has slept; the link is dialled again.')
    for (const session of this.#sessions) void session.end(fault)
    this.#startAnew(fault)
  }

  /** Ends the session and everything on it; requests that wait, and later ones, fail with LINK_CLOSED. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    const fault = new Fault('LINK_CLOSED', 'Near has closed the link.')
    this.#cancelDial()
    this.#become('closed', fault)
    this.#closing.abort(fault)
    await Promise.all(Array.from(this.#sessions, session => session.end(fault)))
    this.#settle(waiter => waiter.reject(fault))
    await this.#dialEnded
    await this.#remembering
    await this.#tickets.close()
  }

  /** What failed before says nothing any more. */
  #startAnew(why: Fault): void {
    if (this.#state === 'up' || this.#state === 'closed' || this.#hopeless) return
    this.#failures = 0
    if (this.#state === 'connecting') this.#dialling.abort(why)
    else this.#connect()
  }

  #connect(): void {
    this.#dialEnded = this.#dial()
  }

  async #dial(): Promise<void> {
    this.#cancelDial()
    this.#dialledAt = this.#options.clock.now()
    this.#become('connecting', this.#fault)
    const dialling = new AbortController()
    this.#dialling = dialling
    try {
      const joined = await this.#introduce(AbortSignal.any([this.#closing.signal, dialling.signal]))
      this.#remembering = this.#remember(joined)
    } catch (error) {
      // Those who wait go on waiting.
      if (dialling.signal.aborted && this.#state === 'connecting') this.#connect()
      else this.#fail(asFault(error, 'LINK_CLOSED'))
    }
  }

  async #introduce(signal: AbortSignal): Promise<JoinedFar> {
    const { clock, timeoutMs, pingIntervalMs, patienceMs } = this.#options
    const startedAt = clock.now()
    const connection = await dial(this.#far.url, { tickets: this.#tickets, clock, timeoutMs, signal })
    this.#resumed = connection.resumed
    const estimate = this.#isFirst ? this.#options.estimate : undefined
    this.#isFirst = false
    const session = new LinkSession(connection, { clock, pingIntervalMs, patienceMs, estimate })
    this.#sessions.add(session)
    session.once('retired', () => this.#lose(session, new Fault('LINK_CLOSED', 'The far proxy is going away.')))
    session.once('ended', fault => {
      this.#sessions.delete(session)
      this.#lose(session, fault)
    })
    const deadline = new AbortController()
    const cancel = clock.wake(timeoutMs, () => {
      deadline.abort(
        new Fault('LINK_TIMEOUT', `Far has not answered the hello within ${Math.round(timeoutMs / 1000)} s.`),
      )
    })
    const onReady = (): void => {
      this.#session = session
      this.#lastDialMs = clock.now() - startedAt
      this.#restarts = 0
      this.#settle(waiter => waiter.resolve(session))
    }
    try {
      const joined = await introduce(session, this.#far, onReady, AbortSignal.any([deadline.signal, signal]))
      if (!session.usable)
        throw new Fault('LINK_CLOSED', 'The far proxy closed the session that it had just agreed to.')
      this.#failures = 0
      this.#become('up', undefined)
      return joined
    } catch (error) {
      void session.end(asFault(error, 'LINK_CLOSED'))
      throw error
    } finally {
      cancel()
    }
  }

  /** The link works without: a disk that is full must not cost the user the web, only the next start. */
  async #remember(joined: JoinedFar): Promise<void> {
    const before = this.#far.joined
    this.#far = { url: this.#far.url, code: undefined, joined }
    const { url, credential, version } = joined
    const same = before?.credential === credential && before.version === version
    if (same && before.url.host === url.host && before.url.port === url.port) return
    try {
      await writeJoinedFar(this.#options.dataDir, joined)
    } catch (error) {
      this.#options.log.warn(
        { err: error },
        'the credential could not be stored: near must join again at its next start',
      )
    }
  }

  /** A session that was up takes no more requests. (One that never was up makes `#introduce` fail.) */
  #lose(session: LinkSession, fault: Fault): void {
    if (this.#session !== session) return
    this.#measured = { ...this.#measured, ...session.measured }
    this.#estimate = session.estimate ?? this.#estimate
    this.#session = undefined
    if (this.#state !== 'up') return
    if (fault.retry === 'never') return this.#fail(fault)
    // What ended may begin again at once; a far that lets near in only to throw it out is not asked more often than that.
    this.#become('waiting', fault)
    this.#dialIn(Math.max(0, this.#dialledAt + paces.waiting.eagerMs - this.#options.clock.now()))
  }

  #fail(fault: Fault): void {
    if (this.#state === 'closed') return
    this.#failures += 1
    const refused = fault.retry === 'never'
    if (fault.code === 'LINK_CREDENTIAL') this.#far = { ...this.#far, code: undefined }
    this.#become(refused ? 'refused' : 'waiting', fault)
    this.#settle(waiter => waiter.reject(fault))
    if (this.#hopeless) return
    const delayMs = chooseDelayMs(paces[refused ? 'refused' : 'waiting'], this.#failures, this.#options.chance())
    this.#dialIn(delayMs)
  }

  /** Nothing to show to far: the code was refused and there is no credential. */
  get #hopeless(): boolean {
    return this.#far.code === undefined && this.#far.joined === undefined
  }

  #dialIn(delayMs: number): void {
    this.#cancelDial()
    this.#cancelDial = this.#options.clock.wake(delayMs, () => this.#connect())
  }

  async #findSession(signal: AbortSignal | undefined): Promise<LinkSession> {
    signal?.throwIfAborted()
    const session = this.#session
    if (session?.usable) return session
    // It is over but has not said so yet.
    if (session !== undefined) this.#lose(session, new Fault('LINK_CLOSED', 'The far proxy closed the session.'))
    const refusal = this.#bringDialForward()
    if (refusal !== undefined) throw refusal
    if (this.#failures > 0 && !this.#options.waitsWhenDown) throw this.#fault ?? new Fault('LINK_TIMEOUT', NO_LINK)
    return this.#awaitSession(signal)
  }

  #awaitSession(signal: AbortSignal | undefined): Promise<LinkSession> {
    return new Promise((resolve, reject) => {
      const { clock, timeoutMs } = this.#options
      const waitMs = Math.min(timeoutMs, chooseWaitMs(this.#dialFacts))
      const leave = (): void => {
        cancel()
        signal?.removeEventListener('abort', onAbort)
        this.#waiters.delete(waiter)
      }
      const waiter: Waiter = {
        resolve: session => {
          leave()
          resolve(session)
        },
        reject: error => {
          leave()
          reject(error)
        },
      }
      const onAbort = (): void => waiter.reject(signal?.reason)
      const cancel = clock.wake(waitMs, () => waiter.reject(this.#fault ?? new Fault('LINK_TIMEOUT', NO_LINK)))
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  get #dialFacts(): DialFacts {
    const now = this.#options.clock.now()
    const dialledMs = this.#state === 'connecting' ? now - this.#dialledAt : 0
    const { roundTripMs } = this.#measured
    return { failures: this.#failures, dialledMs, lastDialMs: this.#lastDialMs, roundTripMs }
  }

  /** A request is the best reason to try again, though not at every one of many. Gives the fault when it is not done. */
  #bringDialForward(): Fault | undefined {
    const now = this.#options.clock.now()
    switch (this.#state) {
      case 'waiting':
        this.#dialIn(Math.max(0, this.#dialledAt + paces.waiting.eagerMs - now))
        return undefined
      case 'refused':
        if (this.#hopeless || now < this.#dialledAt + paces.refused.eagerMs) return this.#fault
        this.#connect()
        return undefined
      case 'closed':
        return this.#fault
      case 'connecting':
        if (isStuck(this.#dialFacts, this.#restarts)) {
          this.#restarts += 1
          // What takes so long is known to be down, as if the dial had failed.
          this.#failures ||= 1
          this.#dialling.abort(new Fault('LINK_TIMEOUT', NO_LINK))
        }
        return undefined
      case 'up':
        return undefined
    }
    return undefined
  }

  #settle(how: (waiter: Waiter) => void): void {
    for (const waiter of this.#waiters) how(waiter)
  }

  #become(state: LinkState, fault: Fault | undefined): void {
    this.#state = state
    this.#fault = fault
    const { host, port } = this.#far.url
    const far = `${host}:${port}`
    if (state === 'up')
      this.#options.log.info({ far, dialMs: this.#lastDialMs, resumed: this.#resumed }, 'the link is up')
    if (state === 'waiting' || state === 'refused') {
      this.#options.log.warn({ far, code: fault?.code, detail: fault?.message }, 'the link is down')
    }
    this.emit('state', state, fault)
  }
}
