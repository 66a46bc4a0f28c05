// When near sends a PING, and when it gives a silent far up.
// 1. At most one PING is under way.
// 2. A far is silent only while a PING is unanswered and nothing else arrives either: a long transfer is no silence.
// 3. The first PING goes out at the first look: its answer is the bare round trip, before there is any load.
// 4. An idle link costs one PING for each interval, a settled busy one no more than one in two seconds.
// 5. A quiet link that somebody waits for is asked soon, then half as often after each answer: a far that went away is
//    found out in about the time that was waited already, and a long poll costs no more than an idle link.
// Knows: how many bytes came and went, how many streams are open. Does not know: sockets, timers, what a round teaches
// (credit.ts).

export type PulseEvent =
  /** Near looked: so many bytes have come and gone on this session, so many streams are open. */
  | {
      readonly kind: 'counted'
      readonly receivedBytes: number
      readonly sentBytes: number
      readonly openStreams: number
      /** Whether the credit wants rounds as close as they can be. */
      readonly probing: boolean
    }
  /** A request goes out. */
  | { readonly kind: 'stream-opened' }
  | { readonly kind: 'ping-answered' }
  /** Something says that the way to far may be another one now. */
  | { readonly kind: 'doubted' }

export type PulseCommand = { readonly kind: 'send-ping' } | { readonly kind: 'give-up'; readonly silentMs: number }

export interface PulseOptions {
  /** A link without traffic is pinged this often, in milliseconds: keeps the mappings of NATs open. */
  readonly intervalMs: number
  /** A far that does not answer for so long is given up even when nobody waits for it, in milliseconds. */
  readonly patienceMs: number
  readonly startedAt: number
}

interface Ping {
  readonly sentAt: number
  readonly atBytes: number
  readonly behindBytes: number
  readonly answered: boolean
}

// Looking costs nothing on the link. While bytes arrive their rate is of interest (credit.ts); while none do, less and
// less often: a long poll must not keep a processor awake.
const PROBING_LOOK_MS = 10
const SETTLED_LOOK_MS = 50
const IDLE_LOOK_MS = 1_000
const SETTLED_ROUND_MS = 2_000
// A round is worth its PING only if something arrives in it; less than this is the answer to the last PING.
const LOADED_BYTES = 1_024
// While somebody waits, a link is quiet after two round trips and a second: what a busy far and a lost packet explain.
const QUIET_MS = 1_000
const QUIET_ROUNDS = 2
// Then an answer must come in four round trips and four seconds: two lost packets in a row, by TCP's timeouts, or a
// mobile phone that changes cells.
const ANSWER_MS = 4_000
const ANSWER_ROUNDS = 4
// Before any round, as on a slow mobile network.
const UNKNOWN_ROUND_MS = 750
// The slowest of these counts: a round under load holds the queue that the next answer may have to wait in, too.
const REMEMBERED_ROUNDS = 4
// What near sent may leave no faster (the uplink of gprs is little more), and the PING leaves behind it.
const SLOWEST_BYTES_PER_MS = 2

export class Pulse {
  readonly #intervalMs: number
  readonly #patienceMs: number
  #heardAt: number
  #receivedBytes = 0
  #sentBytes = 0
  /** Of `#sentBytes`, those that far has for certain: it answered a PING that left behind them. */
  #deliveredBytes = 0
  #openStreams = 0
  #probing = true
  #lastPing: Ping | undefined
  #roundsMs: number[] = []
  /** While somebody waits, a link that was silent for so long is pinged. */
  #quietMs = 0
  #isDoubted = false
  #lookedAt: number
  #lookMs = SETTLED_LOOK_MS

  constructor({ intervalMs, patienceMs, startedAt }: PulseOptions) {
    this.#intervalMs = intervalMs
    this.#patienceMs = patienceMs
    this.#heardAt = startedAt
    this.#lookedAt = startedAt
  }

  handle(event: PulseEvent, now: number): PulseCommand[] {
    switch (event.kind) {
      case 'counted':
        this.#sentBytes = event.sentBytes
        if (event.receivedBytes > this.#receivedBytes) this.#hear(now)
        this.#lookMs = Math.min(this.#lookMs * 2, IDLE_LOOK_MS)
        if (this.#heardAt === now) this.#lookMs = event.probing ? PROBING_LOOK_MS : SETTLED_LOOK_MS
        this.#lookedAt = now
        this.#receivedBytes = event.receivedBytes
        this.#openStreams = event.openStreams
        this.#probing = event.probing
        return this.#decide(now)
      case 'stream-opened':
        this.#openStreams += 1
        this.#lookedAt = now
        this.#lookMs = SETTLED_LOOK_MS
        this.#quietMs = this.#shortestQuietMs
        // After a pause the first request takes a PING along, so that a far that went away is found out soon.
        if (this.#lastPing?.answered && now - this.#heardAt >= this.#intervalMs / 4) return this.#ping(now)
        break
      case 'ping-answered':
        this.#hear(now)
        if (this.#lastPing !== undefined) {
          this.#lastPing = { ...this.#lastPing, answered: true }
          this.#deliveredBytes = this.#lastPing.behindBytes
          this.#roundsMs = [...this.#roundsMs, now - this.#lastPing.sentAt].slice(-REMEMBERED_ROUNDS)
        }
        this.#quietMs = Math.min(this.#intervalMs, Math.max(this.#shortestQuietMs, this.#quietMs * 2))
        break
      case 'doubted':
        this.#isDoubted = true
        if (this.#lastPing?.answered) return this.#ping(now)
        break
    }
    return []
  }

  /** When the next `counted` is due, on the clock of `now`. */
  wakeAt(): number {
    const ping = this.#lastPing
    if (ping === undefined) return this.#lookedAt
    const quietAt = this.#quietSince(ping) + (ping.answered ? this.#pauseMs : this.#answerMs)
    if (this.#openStreams === 0) return quietAt
    return Math.min(quietAt, this.#lookedAt + this.#lookMs)
  }

  #decide(now: number): PulseCommand[] {
    const ping = this.#lastPing
    if (ping === undefined) return this.#ping(now)
    const quietMs = now - this.#quietSince(ping)
    if (!ping.answered) return quietMs >= this.#answerMs ? [{ kind: 'give-up', silentMs: quietMs }] : []
    const loaded = this.#receivedBytes - ping.atBytes >= LOADED_BYTES
    if (loaded) this.#quietMs = this.#shortestQuietMs
    const rested = this.#probing || now - ping.sentAt >= SETTLED_ROUND_MS
    return quietMs >= this.#pauseMs || (loaded && rested) ? this.#ping(now) : []
  }

  #hear(now: number): void {
    this.#heardAt = now
    this.#isDoubted = false
  }

  get #roundMs(): number {
    return this.#roundsMs.length === 0 ? UNKNOWN_ROUND_MS : Math.max(...this.#roundsMs)
  }

  get #shortestQuietMs(): number {
    return Math.min(this.#intervalMs, QUIET_MS + QUIET_ROUNDS * this.#roundMs)
  }

  /** How long a silence may be until a PING goes out. */
  get #pauseMs(): number {
    return this.#openStreams > 0 ? this.#quietMs : this.#intervalMs
  }

  /** How long the silence behind a PING may be. */
  get #answerMs(): number {
    if (this.#openStreams === 0 && !this.#isDoubted) return this.#patienceMs
    const leavingMs = (this.#sentBytes - this.#deliveredBytes) / SLOWEST_BYTES_PER_MS
    return Math.min(this.#patienceMs, ANSWER_MS + ANSWER_ROUNDS * this.#roundMs + leavingMs)
  }

  #ping(now: number): PulseCommand[] {
    this.#lastPing = { sentAt: now, atBytes: this.#receivedBytes, behindBytes: this.#sentBytes, answered: false }
    return [{ kind: 'send-ping' }]
  }

  #quietSince(ping: Ping): number {
    return Math.max(this.#heardAt, ping.sentAt)
  }
}
