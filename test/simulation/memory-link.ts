// A link in memory: sessions of a bandwidth and a latency on which near opens streams and far answers them, and which
// break, stall and damage as the script of the simulation says.
// Knows: what the proxies' code needs of an HTTP/2 stream. Does not know: what is asked, what answers mean.
import { Duplex, PassThrough, type Readable, Writable } from 'node:stream'
import type { OutgoingHttpHeaders } from 'node:http2'
import { Fault } from '../../shared/fault.ts'
import type { FakeTime } from './fake-time.ts'
import { Tamper, type Tampering } from './tamper.ts'

export interface LinkSpeed {
  readonly bytesPerMs: number
  readonly latencyMs: number
}

/** A request as it comes out at far. */
export interface ArrivedAsk {
  readonly headers: OutgoingHttpHeaders
  readonly body: Readable | undefined
  readonly stream: FarStream
}

/** The connection between one near and far. */
export class MemoryLink {
  readonly #time: FakeTime
  readonly #speed: LinkSpeed
  readonly #onAsk: (ask: ArrivedAsk) => void
  readonly open = new Set<NearStream>()
  #session: MemorySession
  #downUntil = 0
  #busyUntil = 0

  constructor(time: FakeTime, speed: LinkSpeed, onAsk: (ask: ArrivedAsk) => void) {
    this.#time = time
    this.#speed = speed
    this.#onAsk = onAsk
    this.#session = new MemorySession(this)
  }

  get time(): FakeTime {
    return this.#time
  }

  get latencyMs(): number {
    return this.#speed.latencyMs
  }

  get measured() {
    const { bytesPerMs, latencyMs } = this.#speed
    return { bandwidthBytesPerSecond: bytesPerMs * 1000, roundTripMs: 2 * latencyMs }
  }

  /** As `Link.ready`: the session, at once or when there is one again; a fault where that takes longer than a second. */
  async ready(signal?: AbortSignal): Promise<MemorySession> {
    signal?.throwIfAborted()
    const waitMs = this.#downUntil - this.#time.now
    if (waitMs > 0) {
      await new Promise<void>(resolve => this.#time.wake(Math.min(waitMs, 1000), resolve))
      signal?.throwIfAborted()
    }
    if (this.#downUntil > this.#time.now) throw new Fault('LINK_UNREACHABLE', 'The simulated link is down.')
    if (this.#session.over) this.#session = new MemorySession(this)
    return this.#session
  }

  /** As `Link.request`. */
  async request(
    headers: OutgoingHttpHeaders,
    options: { readonly endStream?: boolean; readonly signal?: AbortSignal },
    tampering: Tampering,
    onEnd: (tamper: Tamper) => void,
  ): Promise<NearStream> {
    const session = await this.ready(options.signal)
    const near = new NearStream(session, new Tamper(tampering), tampering, onEnd)
    this.open.add(near)
    near.once('close', () => this.open.delete(near))
    const { signal } = options
    const leave = () => near.destroy(signal?.reason instanceof Error ? signal.reason : new Error('left'))
    signal?.addEventListener('abort', leave, { once: true })
    near.once('close', () => signal?.removeEventListener('abort', leave))
    if (options.endStream) near.end()
    const body = options.endStream ? undefined : near.uploaded
    this.#time.wake(this.latencyMs, () => {
      if (near.destroyed || session.over) return
      this.#onAsk({ headers, body, stream: near.far })
    })
    return near
  }

  /** When bytes that go out now have arrived. */
  carry(bytes: number): number {
    this.#busyUntil = Math.max(this.#busyUntil, this.#time.now) + bytes / this.#speed.bytesPerMs
    return this.#busyUntil + this.#speed.latencyMs - this.#time.now
  }

  /** Breaks the session; another one can be had after `downMs`. */
  cut(downMs: number): void {
    this.#downUntil = Math.max(this.#downUntil, this.#time.now + downMs)
    this.#busyUntil = 0
    this.#session.over = true
    const fault = new Fault('LINK_CLOSED', 'The simulated link was cut.')
    for (const stream of Array.from(this.open)) stream.destroy(fault)
  }
}

// What a PING and its answer are on the wire (RFC 9113 §6.7).
const PING_BYTES = 17

class MemorySession {
  readonly link: MemoryLink
  over = false
  /** As each side sees it; only the way down has a bandwidth. */
  readonly near = this.#side(() => 2 * this.link.latencyMs)
  readonly far = this.#side(() => this.link.carry(PING_BYTES) + this.link.latencyMs)

  constructor(link: MemoryLink) {
    this.link = link
  }

  #side(roundTripMs: () => number) {
    const ping = (answered: (error: Error | null) => void): boolean => {
      this.link.time.wake(roundTripMs(), () => {
        if (!this.over) answered(null)
      })
      return true
    }
    return { destroyed: false, ping }
  }
}

type MemorySide = MemorySession['near']

/** As near sees one ask and its answer. */
export class NearStream extends Duplex {
  readonly far: FarStream
  readonly uploaded = new PassThrough()
  rstCode = 0
  readonly session: MemorySide
  readonly #session: MemorySession
  readonly #tamper: Tamper
  readonly #how: Tampering
  readonly #onEnd: (tamper: Tamper) => void
  #arrivedBytes = 0
  /** What comes while nothing arrives. */
  #backlog: (() => void)[] | undefined
  #isStopped = false

  constructor(session: MemorySession, tamper: Tamper, how: Tampering, onEnd: (tamper: Tamper) => void) {
    super({ allowHalfOpen: true })
    this.session = session.near
    this.#session = session
    this.#tamper = tamper
    this.#how = how
    this.#onEnd = onEnd
    this.far = new FarStream(session, this)
    this.on('error', () => {})
    this.uploaded.on('error', () => {})
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#session.link.time.wake(this.#session.link.latencyMs, () => {
      if (!this.uploaded.destroyed) this.uploaded.write(chunk)
      done()
    })
  }

  override _final(done: () => void): void {
    this.#session.link.time.wake(this.#session.link.latencyMs, () => this.uploaded.end())
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#onEnd(this.#tamper)
    if (!this.uploaded.readableEnded && !this.uploaded.writableEnded) this.uploaded.destroy()
    const { time, latencyMs } = this.#session.link
    time.wake(latencyMs, () => this.far.destroy())
    done(error)
  }

  /** As HTTP/2 resets a stream. */
  close(code: number): void {
    if (this.destroyed) return
    this.rstCode = code
    this.destroy()
  }

  respond(headers: Readonly<Record<string, unknown>>): void {
    this.#after(20, () => this.emit('response', headers))
  }

  /** Bytes that far has sent. */
  deliver(bytes: Uint8Array): void {
    // What far goes on using must not be what near has.
    const copy = Buffer.from(this.#tamper.take(bytes))
    this.#after(bytes.length, () => this.#arrive(copy))
  }

  deliverEnd(): void {
    const rest = Buffer.from(this.#tamper.end())
    this.#after(0, () => {
      this.#arrive(rest)
      if (!this.#isStopped) this.push(null)
    })
  }

  #after(bytes: number, action: () => void): void {
    const { link } = this.#session
    link.time.wake(link.carry(bytes), () => this.#do(action))
  }

  #do(action: () => void): void {
    if (this.#backlog) this.#backlog.push(action)
    else if (!this.destroyed && !this.#isStopped) action()
  }

  #break(how: Tampering): void {
    if (how.kind === 'cut') this.#session.link.cut(how.downMs)
    else if (!this.destroyed) {
      this.rstCode = 2
      this.destroy(new Error('Stream closed with error code NGHTTP2_INTERNAL_ERROR'))
    }
  }

  #arrive(bytes: Uint8Array): void {
    const how = this.#how
    const before = this.#arrivedBytes
    this.#arrivedBytes += bytes.length
    if (!('at' in how) || 'part' in how || this.#arrivedBytes <= how.at || before > how.at) {
      if (bytes.length > 0) this.push(bytes)
      return
    }
    if (how.at > before) this.push(bytes.subarray(0, how.at - before))
    if (how.kind === 'delay') {
      this.emit('tampered')
      this.#backlog = [() => void this.push(bytes.subarray(how.at - before))]
      this.#session.link.time.wake(how.ms, () => {
        const backlog = this.#backlog ?? []
        this.#backlog = undefined
        for (const each of backlog) this.#do(each)
      })
      return
    }
    this.#isStopped = true
    this.emit('tampered')
    if (how.kind === 'truncate') this.push(null)
    // What has arrived is read before the break is seen.
    else this.#session.link.time.wake(0, () => this.#break(how))
  }
}

/** As far sees the same. */
export class FarStream extends Writable {
  readonly session: MemorySide
  readonly #near: NearStream

  constructor(session: MemorySession, near: NearStream) {
    super()
    this.session = session.far
    this.#near = near
    this.on('error', () => {})
  }

  respond(headers: Readonly<Record<string, unknown>>): void {
    this.#near.respond(headers)
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#near.deliver(chunk)
    process.nextTick(done)
  }

  override _final(done: () => void): void {
    this.#near.deliverEnd()
    done()
  }

  close(_code: number): void {
    this.destroy()
    this.#near.destroy(new Error('Stream closed with error code NGHTTP2_INTERNAL_ERROR'))
  }
}
