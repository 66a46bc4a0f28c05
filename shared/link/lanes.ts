// The streams of one session as lanes of its schedule: who has bytes to send puts them in a lane, and they reach HTTP/2
// when it is their turn, in the order that the schedule decides.
// Knows: the bytes that wait, streams, back-pressure. Does not know: what is next (schedule.ts), HTTP/2 but for its PING.
//
// Invariants:
// 1. The bytes of a lane reach its stream in the order in which they were put in.
// 2. All that is put in is settled: it went out, it was taken back, or its stream closed.
import { Writable } from 'node:stream'
import { Fault } from '../fault.ts'
import { type Offer, type Rank, Schedule, type ScheduleCommand, type ScheduleEvent } from './schedule.ts'

/** A stream of HTTP/2, and what is needed of its session. */
export interface LinkStream extends Writable {
  readonly session?: LinkSession | undefined
}

interface LinkSession {
  readonly destroyed: boolean
  ping(answered: (error: Error | null) => void): boolean
}

/**
 * Milliseconds, ever rising, from any start; `wake` calls once in `delayMs`, in the next turn of the event loop at the
 * soonest, unless what it returns is called before.
 */
export interface LaneClock {
  now(): number
  wake(delayMs: number, action: () => void): () => void
}

/** How urgent bytes are, and whether they may share their turn (RFC 9218 §4). */
export interface Standing {
  readonly rank: Rank
  readonly incremental: boolean
}

/** Bytes to be sent. */
export interface Load extends Standing {
  readonly bytes: Uint8Array
}

interface Item {
  readonly bytes: Uint8Array
  readonly offer: Offer
  /** Whether the stream ends with it. */
  last: boolean
  sentBytes: number
  readonly awaited: Awaited | undefined
}

/** Who waits for an item to go out. */
interface Awaited {
  /** True once it has gone out, false when it was taken back. */
  readonly settle: (isSent: boolean) => void
  readonly fail: (fault: Fault) => void
}

function makeItem({ bytes, rank, incremental }: Load, awaited?: Awaited): Item {
  return { bytes, offer: { bytes: bytes.length, rank, incremental }, last: false, sentBytes: 0, awaited }
}

const known = new WeakMap<object, Lanes>()

/** The lane of a stream. `onFirst` is called right before its first bytes go out, to send a head with them. */
export function openLane(stream: LinkStream, clock: LaneClock, onFirst: () => void = () => undefined): Lane {
  const key = stream.session ?? stream
  const lanes = known.get(key) ?? new Lanes(stream.session, clock)
  known.set(key, lanes)
  return lanes.open(stream, onFirst)
}

class Lanes {
  readonly #schedule = new Schedule()
  readonly #session: LinkSession | undefined
  readonly #clock: LaneClock
  readonly #lanes = new Map<number, Lane>()
  #opened = 0
  #staySleeping: () => void = () => undefined
  #wakesAt = Number.POSITIVE_INFINITY

  constructor(session: LinkSession | undefined, clock: LaneClock) {
    this.#session = session
    this.#clock = clock
  }

  get pieceBytes(): number {
    return this.#schedule.pieceBytes
  }

  open(stream: LinkStream, onFirst: () => void): Lane {
    this.#opened += 1
    const name = this.#opened
    const lane = new Lane(name, stream, this, onFirst)
    this.#lanes.set(name, lane)
    stream.once('close', () => {
      this.#lanes.delete(name)
      lane.close()
      this.tell({ kind: 'closed', lane: name })
    })
    return lane
  }

  tell(event: ScheduleEvent): void {
    for (const command of this.#schedule.handle(event, this.#clock.now())) this.#perform(command)
    this.#sleep()
  }

  /** One timer; where it turns out to be too early, it is set again. */
  #sleep(): void {
    const { wakeAt } = this.#schedule
    if (wakeAt === undefined || this.#wakesAt <= wakeAt) return
    this.#staySleeping()
    this.#wakesAt = wakeAt
    this.#staySleeping = this.#clock.wake(wakeAt - this.#clock.now(), () => {
      this.#wakesAt = Number.POSITIVE_INFINITY
      this.tell({ kind: 'woke' })
    })
  }

  #perform(command: ScheduleCommand): void {
    switch (command.kind) {
      case 'write':
        this.#lanes.get(command.lane)?.release(command.bytes)
        return
      case 'mark':
        // Streams close a moment after their session, and until then are written to; a PING would throw.
        if (this.#session?.destroyed !== false) return
        this.#session.ping(error => {
          if (!error) this.tell({ kind: 'mark-arrived', mark: command.mark })
        })
    }
  }
}

export class Lane {
  readonly #name: number
  readonly #stream: LinkStream
  readonly #lanes: Lanes
  readonly #onFirst: () => void
  readonly #items: Item[] = []
  /** What the stream has been handed whole and not let go. */
  readonly #handed = new Set<Item>()
  /** Those who wait until less is queued. */
  readonly #waiting: { readonly resolve: () => void; readonly reject: (fault: Fault) => void }[] = []
  #queuedBytes = 0
  #hasBegun = false

  constructor(name: number, stream: LinkStream, lanes: Lanes, onFirst: () => void) {
    this.#name = name
    this.#stream = stream
    this.#lanes = lanes
    this.#onFirst = onFirst
  }

  /** How many bytes go out at once: what is put in should not be more where it is to be taken back. */
  get pieceBytes(): number {
    return this.#lanes.pieceBytes
  }

  /**
   * Puts loads in, together, so that small ones share a packet, and waits until the lane takes more: what is left is one
   * piece at most. The stream ends with the `last`. Raises LINK_CLOSED when it closes before.
   */
  async put(loads: readonly Load[], last = false): Promise<void> {
    if (this.#isClosed) throw closed()
    const items = loads.filter(({ bytes }) => bytes.length > 0).map(load => makeItem(load))
    this.#add(items)
    if (last) this.finish()
    this.#offer(items)
    if (this.#queuedBytes <= this.pieceBytes) return
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** Puts a load in and waits until HTTP/2 has let it go; false when `signal` took it back before any of it went out. */
  async deliver(load: Load, signal: AbortSignal): Promise<boolean> {
    if (this.#isClosed) throw closed()
    if (signal.aborted) return false
    if (load.bytes.length === 0) return true
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    const item = makeItem(load, { settle: resolve, fail: reject })
    const takeBack = () => this.#takeBack(item)
    signal.addEventListener('abort', takeBack)
    this.#add([item])
    this.#offer([item])
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', takeBack)
    }
  }

  /** Ends the stream behind all that was put in. */
  finish(): void {
    const item = this.#items.at(-1)
    if (item) item.last = true
    else if (!this.#stream.destroyed) this.#stream.end()
  }

  /**
   * The lane as a stream of Node's, for pipelines; to be made once. Where it is known how many bytes there will be, the
   * stream ends with the last of them, and not in a packet of its own.
   */
  asWritable(standing: Standing, lengthBytes = Number.POSITIVE_INFINITY): Writable {
    const stream = this.#stream
    let leftBytes = lengthBytes
    const writable = new Writable({
      write: (bytes: Uint8Array, _encoding, taken) => {
        leftBytes -= bytes.length
        void this.put([{ ...standing, bytes }], leftBytes === 0).then(() => taken(), taken)
      },
      final: done => {
        if (stream.writableFinished) return done()
        stream.once('finish', done)
        if (!stream.writableEnded) this.finish()
      },
      destroy: (error, done) => {
        if (error) stream.destroy(error)
        done(error)
      },
    })
    stream.once('close', () => {
      if (!writable.writableFinished) writable.destroy(closed())
    })
    return writable
  }

  /** Hands so many bytes to the stream. */
  release(count: number): void {
    if (this.#stream.destroyed) return
    const pieces: Uint8Array[] = []
    const done: Item[] = []
    for (let left = count; left > 0; ) {
      const item = this.#items[0] as Item
      const piece = item.bytes.subarray(item.sentBytes, item.sentBytes + left)
      item.sentBytes += piece.length
      left -= piece.length
      pieces.push(piece)
      if (item.sentBytes === item.bytes.length) done.push(...this.#items.splice(0, 1))
    }
    this.#queuedBytes -= count
    if (!this.#hasBegun) this.#onFirst()
    this.#hasBegun = true
    const [first] = pieces
    const bytes = first && pieces.length === 1 ? first : Buffer.concat(pieces)
    for (const item of done) this.#handed.add(item)
    const letGo = (error?: Error | null) => {
      // A stream whose write fails closes, too.
      if (error) return
      for (const item of done) {
        this.#handed.delete(item)
        item.awaited?.settle(true)
      }
      this.#lanes.tell({ kind: 'let-go', lane: this.#name })
    }
    // The end goes into the frame of the last bytes when it is said with them.
    if (done.some(item => item.last)) this.#stream.end(bytes, letGo)
    else this.#stream.write(bytes, letGo)
    if (this.#queuedBytes <= this.pieceBytes) for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  close(): void {
    for (const item of [...this.#handed, ...this.#items.splice(0)]) item.awaited?.fail(closed())
    for (const { reject } of this.#waiting.splice(0)) reject(closed())
  }

  get #isClosed(): boolean {
    return this.#stream.closed || this.#stream.destroyed
  }

  #add(items: readonly Item[]): void {
    this.#items.push(...items)
    for (const { bytes } of items) this.#queuedBytes += bytes.length
  }

  #offer(items: readonly Item[]): void {
    if (items.length === 0) return
    this.#lanes.tell({ kind: 'offered', lane: this.#name, offers: items.map(({ offer }) => offer) })
  }

  #takeBack(item: Item): void {
    const index = this.#items.indexOf(item)
    if (index < 0 || item.sentBytes > 0) return
    this.#items.splice(index, 1)
    this.#queuedBytes -= item.bytes.length
    item.awaited?.settle(false)
    this.#lanes.tell({ kind: 'withdrawn', lane: this.#name, offer: item.offer })
  }
}

function closed(): Fault {
  return new Fault('LINK_CLOSED', 'The stream closed before its bytes had gone out.')
}
