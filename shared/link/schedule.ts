// What is next on the link, for one side of one session: by class, then urgency, then fairly; and no more of it at a time
// than the link needs (pipe.ts), because what is written cannot be overtaken any more.
// Knows: lanes (one for each stream), how many bytes wait in them and how urgent they are. Does not know: the bytes.
//
// Invariants:
// 1. Of all lanes that could be served, the one with the most urgent rank is; what is most urgent in a lane lends its rank
//    to what waits in front of it, since the bytes of a stream keep their order.
// 2. Within a rank the lanes share the link evenly (start-time fair queueing: as deficit round robin, but a lane that was
//    silent needs not wait for a whole round). Those that want to be served one after the other share one turn between
//    them, the oldest first (RFC 9218 §10).
// 3. No more is handed to HTTP/2 than may be under way. What it holds back in a lane (its reader is slow) does not count as
//    under way and holds nobody up; that lane is handed no more until it is let go.
import { type Mark, Pipe } from './pipe.ts'

/** How urgent bytes are, the most urgent first: verdicts and heads, contents by their urgency, speculation. */
export type Rank = number
export const VERDICT_RANK: Rank = 0
export const SPECULATION_RANK: Rank = 9

/** The rank of a content of this urgency (RFC 9218 §4.1). */
export function rankOf(urgency: number): Rank {
  return VERDICT_RANK + 1 + urgency
}

export interface Offer {
  readonly bytes: number
  readonly rank: Rank
  /** Whether it may share the link with its equals, or has it alone in its turn (RFC 9218 §4.2). */
  readonly incremental: boolean
}

export type ScheduleEvent =
  /** A lane has these bytes to send, behind those that it offered before. Lanes are named in the order of their age. */
  | { readonly kind: 'offered'; readonly lane: number; readonly offers: readonly Offer[] }
  /** The last offer of a lane is taken back. */
  | { readonly kind: 'withdrawn'; readonly lane: number; readonly offer: Offer }
  /** HTTP/2 has let the oldest write of this lane go that it was handed. */
  | { readonly kind: 'let-go'; readonly lane: number }
  | { readonly kind: 'mark-arrived'; readonly mark: Mark }
  /** It is `wakeAt`, and another turn of the event loop. */
  | { readonly kind: 'woke' }
  | { readonly kind: 'closed'; readonly lane: number }

export type ScheduleCommand =
  /** Hand this many bytes of the lane to HTTP/2. */
  | { readonly kind: 'write'; readonly lane: number; readonly bytes: number }
  /** Send a PING now; its answer is `mark-arrived`. */
  | { readonly kind: 'mark'; readonly mark: Mark }

interface Lane {
  readonly name: number
  readonly offers: Offer[]
  /** What has been handed over and not let go yet, in order. */
  readonly handed: { readonly bytes: number; readonly at: number; isHeldBack: boolean }[]
  rank: Rank
  /** What it was served, in bytes, on the clock of its rank. */
  served: number
}

export class Schedule {
  readonly #pipe = new Pipe()
  readonly #lanes = new Map<number, Lane>()
  /** For each rank, how far its service has come, and that of the lanes that take turns. */
  readonly #clocks: number[] = []
  readonly #turns: number[] = []
  /** The turn of the event loop: when it last sent, how much so far, and while it goes on where the last was over, how long
   * it was in coming. */
  #turn: { readonly at: number; readonly sentBytes: number; readonly lateMs: number | undefined } = {
    at: 0,
    sentBytes: 0,
    lateMs: undefined,
  }

  /** How many bytes are one turn on the link: offers of no more than this go out together. */
  get pieceBytes(): number {
    return this.#pipe.pieceBytes
  }

  /** When to be woken, unless something else happens before; undefined: never. */
  get wakeAt(): number | undefined {
    if (this.#isTurnOver) return this.#turn.at
    return this.#next() && this.#pipe.opensAt
  }

  handle(event: ScheduleEvent, now: number): readonly ScheduleCommand[] {
    const isNext = event.kind === 'woke' && this.#isTurnOver
    if (isNext) this.#turn = { at: now, sentBytes: 0, lateMs: now - this.#turn.at }
    const commands = [...this.#note(event, now), ...this.#serve(now)]
    this.#turn = { ...this.#turn, lateMs: undefined }
    return commands
  }

  #note(event: ScheduleEvent, now: number): readonly ScheduleCommand[] {
    switch (event.kind) {
      case 'offered': {
        const lane = this.#lane(event.lane)
        lane.offers.push(...event.offers)
        this.#rank(lane)
        return []
      }
      case 'withdrawn': {
        const lane = this.#lane(event.lane)
        const index = lane.offers.lastIndexOf(event.offer)
        if (index >= 0) lane.offers.splice(index, 1)
        this.#rank(lane)
        return []
      }
      case 'let-go': {
        const handed = this.#lanes.get(event.lane)?.handed.shift()
        return handed?.isHeldBack ? this.#send(handed.bytes, now) : []
      }
      case 'mark-arrived':
        this.#pipe.arrive(event.mark, now, !this.#findHeldBack(event.mark))
        return []
      case 'woke':
        return []
      case 'closed': {
        for (const handed of this.#lanes.get(event.lane)?.handed ?? []) {
          if (!handed.isHeldBack) this.#pipe.retract(handed.bytes)
        }
        this.#lanes.delete(event.lane)
        return []
      }
    }
    return event satisfies never
  }

  #lane(name: number): Lane {
    const known = this.#lanes.get(name)
    if (known) return known
    const lane: Lane = { name, offers: [], handed: [], rank: Number.NaN, served: 0 }
    this.#lanes.set(name, lane)
    return lane
  }

  /** The rank of the most urgent that waits in it. A lane that was silent, or of another rank, has nothing saved up. */
  #rank(lane: Lane): void {
    if (lane.offers.length === 0) return
    const rank = Math.min(...lane.offers.map(offer => offer.rank))
    const clock = this.#clocks[rank] ?? 0
    lane.served = rank === lane.rank ? Math.max(lane.served, clock) : clock
    lane.rank = rank
  }

  /** What goes to one lane is one write: HTTP/2 and TLS take it in one go, and the end of a stream with it. */
  #serve(now: number): readonly ScheduleCommand[] {
    const marks: ScheduleCommand[] = []
    const served = new Map<Lane, number>()
    for (let lane = this.#next(); lane; lane = this.#next()) {
      // Verdicts are small, and never wait for what is less urgent to arrive.
      if (lane.rank !== VERDICT_RANK && !this.#isOpen(lane.rank === SPECULATION_RANK, now)) break
      const bytes = this.#take(lane)
      this.#turn = { ...this.#turn, at: now, sentBytes: this.#turn.sentBytes + bytes }
      served.set(lane, (served.get(lane) ?? 0) + bytes)
      marks.push(...this.#send(bytes, now))
    }
    if (!this.#next() && this.#pipe.isOpen(false, now)) this.#pipe.starve(now)
    const writes = Array.from(served, ([lane, bytes]): ScheduleCommand => {
      lane.handed.push({ bytes, at: now, isHeldBack: false })
      return { kind: 'write', lane: lane.name, bytes }
    })
    return [...marks, ...writes]
  }

  #isOpen(canWait: boolean, now: number): boolean {
    return !this.#isTurnOver && this.#pipe.isOpen(canWait, now)
  }

  get #isTurnOver(): boolean {
    return this.#turn.sentBytes >= this.#pipe.mayInTurn(this.#turn.lateMs ?? 0)
  }

  #send(bytes: number, now: number): readonly ScheduleCommand[] {
    const mark = this.#pipe.send(bytes, now, this.#turn.lateMs !== undefined)
    return mark ? [{ kind: 'mark', mark }] : []
  }

  #next(): Lane | undefined {
    let next: Lane | undefined
    let oldest: Lane | undefined
    for (const lane of this.#lanes.values()) {
      if (
        lane.offers.length === 0 ||
        lane.handed[0]?.isHeldBack ||
        lane.rank > (next?.rank ?? Number.POSITIVE_INFINITY)
      )
        continue
      if (next && lane.rank < next.rank) next = oldest = undefined
      if (takesTurns(lane)) {
        if (oldest) continue
        oldest = lane
      }
      if (!next || this.#servedOf(lane) < this.#servedOf(next)) next = lane
    }
    return next
  }

  #servedOf(lane: Lane): number {
    return takesTurns(lane) ? Math.max(this.#turns[lane.rank] ?? 0, this.#clocks[lane.rank] ?? 0) : lane.served
  }

  /** Takes one piece out of a lane; gives its length. */
  #take(lane: Lane): number {
    const bytes = Math.min(
      this.#pipe.pieceBytes,
      lane.offers.reduce((sum, offer) => sum + offer.bytes, 0),
    )
    const started = this.#servedOf(lane)
    this.#clocks[lane.rank] = started
    if (takesTurns(lane)) this.#turns[lane.rank] = started + bytes
    else lane.served += bytes
    for (let left = bytes; left > 0; ) {
      const [first, ...rest] = lane.offers as [Offer, ...Offer[]]
      const taken = Math.min(first.bytes, left)
      left -= taken
      const remaining = first.bytes > taken ? [{ ...first, bytes: first.bytes - taken }] : []
      lane.offers.splice(0, lane.offers.length, ...remaining, ...rest)
    }
    this.#rank(lane)
    return bytes
  }

  /** A mark goes out with the piece that it follows; where only the mark has arrived, HTTP/2 holds the piece back. */
  #findHeldBack(mark: Mark): boolean {
    let isFound = false
    for (const lane of this.#lanes.values()) {
      for (const handed of lane.handed) {
        if (handed.isHeldBack || handed.at > mark.sentAt) continue
        handed.isHeldBack = true
        isFound = true
        this.#pipe.retract(handed.bytes)
      }
    }
    return isFound
  }
}

function takesTurns(lane: Lane): boolean {
  return lane.offers[0]?.incremental === false
}
