// When near sends a PING, and when it gives a silent far up.
// 1. At most one PING is under way.
// 2. A far is silent only while a PING is unanswered and nothing else arrives either: a long transfer is no silence.
// 3. The first PING goes out at the first look: its answer is the bare round trip, before there is any load.
// 4. An idle link costs one PING for each interval, a settled busy one no more than one in two seconds.
// Knows: how many bytes arrived, how many streams are open. Does not know: sockets, timers, what a round teaches (credit.ts).

export type PulseEvent =
  /** Near looked: so many bytes have arrived on this session, so many streams are open. */
  | {
      readonly kind: 'counted'
      readonly receivedBytes: number
      readonly openStreams: number
      /** Whether the credit wants rounds as close as they can be. */
      readonly probing: boolean
    }
  /** A request goes out. */
  | { readonly kind: 'stream-opened' }
  | { readonly kind: 'ping-answered' }

export type PulseCommand = { readonly kind: 'send-ping' } | { readonly kind: 'give-up'; readonly silentMs: number }

export interface PulseOptions {
  /** A link without traffic is pinged this often, in milliseconds: keeps the mappings of NATs open. */
  readonly intervalMs: number
  /** A far that does not answer for so long is given up, in milliseconds. */
  readonly patienceMs: number
  readonly startedAt: number
}

interface Ping {
  readonly sentAt: number
  readonly atBytes: number
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

export class Pulse {
  readonly #intervalMs: number
  readonly #patienceMs: number
  #heardAt: number
  #receivedBytes = 0
  #openStreams = 0
  #probing = true
  #lastPing: Ping | undefined
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
        if (event.receivedBytes > this.#receivedBytes) this.#heardAt = now
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
        // After a pause the first request takes a PING along, so that a far that went away is found out soon.
        if (this.#lastPing?.answered && now - this.#heardAt >= this.#intervalMs / 4) return this.#ping(now)
        break
      case 'ping-answered':
        this.#heardAt = now
        if (this.#lastPing !== undefined) this.#lastPing = { ...this.#lastPing, answered: true }
        break
    }
    return []
  }

  /** When the next `counted` is due, on the clock of `now`. */
  wakeAt(): number {
    const ping = this.#lastPing
    if (ping === undefined) return this.#lookedAt
    const quietAt = this.#quietSince(ping) + (ping.answered ? this.#intervalMs : this.#patienceMs)
    if (this.#openStreams === 0) return quietAt
    return Math.min(quietAt, this.#lookedAt + this.#lookMs)
  }

  #decide(now: number): PulseCommand[] {
    const ping = this.#lastPing
    if (ping === undefined) return this.#ping(now)
    const quietMs = now - this.#quietSince(ping)
    if (!ping.answered) return quietMs >= this.#patienceMs ? [{ kind: 'give-up', silentMs: quietMs }] : []
    const loaded = this.#receivedBytes - ping.atBytes >= LOADED_BYTES
    const rested = this.#probing || now - ping.sentAt >= SETTLED_ROUND_MS
    return quietMs >= this.#intervalMs || (loaded && rested) ? this.#ping(now) : []
  }

  #ping(now: number): PulseCommand[] {
    this.#lastPing = { sentAt: now, atBytes: this.#receivedBytes, answered: false }
    return [{ kind: 'send-ping' }]
  }

  #quietSince(ping: Ping): number {
    return Math.max(this.#heardAt, ping.sentAt)
  }
}
