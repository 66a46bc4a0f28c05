// One HTTP/2 session with far, from the first bytes to the last: introduces near, carries requests, watches and measures.
// Knows: HTTP/2 streams and windows; does what pulse.ts and credit.ts decide.
// Does not know: how the socket came to be, what comes after this session (link.ts), what is asked.

import { EventEmitter } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2'

import { Fault, asFault } from '../shared/fault.ts'
import { Credit, type CreditCommand, type LinkEstimate } from '../shared/link/credit.ts'
import {
  FAR_AUTHORITY,
  FAULT_FIELD,
  linkHttp2Options,
  MAX_BODY_BYTES,
  nearHttp2Settings,
  PROTOCOL_FIELD,
} from '../shared/link/protocol.ts'
import { Pulse, type PulseCommand } from '../shared/link/pulse.ts'
import type { Clock } from './clock.ts'
import type { Connection } from './dial.ts'

export interface SessionOptions {
  readonly clock: Clock
  readonly pingIntervalMs: number
  readonly patienceMs: number
  /** What the link carried before. */
  readonly estimate?: LinkEstimate | undefined
}

export interface RequestOptions {
  readonly endStream?: boolean
  readonly signal?: AbortSignal
}

/** What the link was seen to carry; a member is missing until it was seen. */
export interface Measured {
  readonly roundTripMs?: number
  readonly bandwidthBytesPerSecond?: number
}

interface SessionEvents {
  /** No more requests: far said GOAWAY. Those under way go on. */
  retired: []
  /** It is over; every stream that was open failed with this fault. */
  ended: [fault: Fault]
}

const MAX_LISTENERS = 20

export class LinkSession extends EventEmitter<SessionEvents> {
  readonly #http2: ClientHttp2Session
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #credit: Credit
  readonly #pulse: Pulse
  #authorization: { readonly credential: string; readonly version: number } | undefined
  #openStreams = 0
  #wishedBytes: number
  #grantedBytes: number
  #cancelLook: () => void = () => undefined
  #endedBy: Fault | undefined

  /** Takes over `connection`, whose other end is far. */
  constructor(connection: Connection, { clock, pingIntervalMs, patienceMs, estimate }: SessionOptions) {
    super()
    this.#credit = new Credit(estimate)
    this.#connection = connection
    const { socket } = connection
    this.#clock = clock
    this.#pulse = new Pulse({ intervalMs: pingIntervalMs, patienceMs, startedAt: clock.now() })
    this.#wishedBytes = this.#credit.bytes
    this.#grantedBytes = this.#wishedBytes
    // Ahead of the listener that HTTP/2 adds: it would end the streams as if they had been cancelled, without an error.
    socket.once('close', () => void this.end(new Fault('LINK_CLOSED', 'The connection to the far proxy closed.')))
    this.#http2 = connect(`https://${FAR_AUTHORITY}`, {
      createConnection: () => socket,
      settings: nearHttp2Settings(this.#grantedBytes),
      ...linkHttp2Options,
    })
    this.#http2.once('connect', () => {
      if (this.#endedBy !== undefined) return
      this.#http2.setLocalWindowSize(this.#grantedBytes)
      this.#look()
    })
    this.#http2.on('localSettings', () => this.#grant([]))
    this.#http2.on('error', error => void this.end(asFault(error, 'LINK_CLOSED')))
    this.#http2.once('goaway', () => this.emit('retired'))
    this.#http2.once('close', () => void this.end(new Fault('LINK_CLOSED', 'The far proxy closed the session.')))
  }

  /** This machine's own address on the connection. */
  get localAddress(): string | undefined {
    return this.#connection.localAddress
  }

  /** Whether it has ended, and everything on it. */
  get over(): boolean {
    // HTTP/2 says it of its streams before it says it of itself.
    return this.#endedBy !== undefined || this.#http2.destroyed
  }

  get usable(): boolean {
    return this.#authorization !== undefined && !this.#http2.closed && !this.#http2.destroyed
  }

  /** What the link carries and what was granted for it; undefined until both are known. */
  get estimate(): LinkEstimate | undefined {
    return this.#credit.estimate
  }

  get measured(): Measured {
    const { roundTripMs, bandwidthBytesPerSecond } = this.#credit
    return {
      ...(roundTripMs === undefined ? {} : { roundTripMs }),
      ...(bandwidthBytesPerSecond === undefined ? {} : { bandwidthBytesPerSecond }),
    }
  }

  /** Asks far for a sign of life at once, and gives it up in seconds when there is none. */
  doubt(): void {
    if (this.#endedBy === undefined) this.#perform(this.#pulse.handle({ kind: 'doubted' }, this.#clock.now()))
  }

  /** From now on requests carry this credential and this version of the protocol. */
  authorize(credential: string, version: number): void {
    this.#authorization = { credential, version }
  }

  /** Sends a small JSON body to far itself and gives its answer. Raises LINK_CLOSED, LINK_PROTOCOL, … */
  async tell(path: string, body: string, signal: AbortSignal): Promise<{ status: number; body: string }> {
    signal.throwIfAborted()
    const headers = {
      ':method': 'POST',
      ':authority': FAR_AUTHORITY,
      ':path': path,
      'content-type': 'application/json',
    }
    const stream = this.#open(headers, { signal })
    let status = 0
    stream.once('response', fields => {
      status = Number(fields[':status'])
    })
    stream.end(body)
    try {
      return { body: await readText(stream), status }
    } catch (error) {
      // The stream says only that it was aborted.
      throw signal.aborted ? signal.reason : error
    }
  }

  /** Opens a stream. Raises LINK_CLOSED when the session takes no more. */
  request(headers: OutgoingHttpHeaders, options: RequestOptions): ClientHttp2Stream {
    const stream = this.#open(headers, options)
    stream.once('response', fields => {
      const code = fields[FAULT_FIELD]
      // Far judges every ask; these two are about the link and not about what was asked.
      if (code === 'LINK_CREDENTIAL') {
        void this.end(new Fault(code, 'The far proxy does not accept the credential of this near any more.'))
      }
      if (code === 'LINK_PROTOCOL') {
        stream.destroy(new Fault(code, 'The far proxy does not speak the version of the protocol it spoke before.'))
      }
    })
    return stream
  }

  /** Ends the session at once; every open stream fails with `fault`. Resolves when the connection is closed. */
  async end(fault: Fault): Promise<void> {
    if (this.#endedBy === undefined) {
      this.#endedBy = fault
      this.#cancelLook()
      this.#http2.destroy(fault, constants.NGHTTP2_NO_ERROR)
      this.emit('ended', fault)
    }
    const { socket, drop } = this.#connection
    // Behind what Node does by itself: it only ends the socket of a session that was closed before (GOAWAY), and then waits
    // for the other side, which may be gone.
    setImmediate(drop)
    if (!socket.closed) await new Promise<void>(resolve => void socket.once('close', () => resolve()))
  }

  #open(headers: OutgoingHttpHeaders, options: RequestOptions): ClientHttp2Stream {
    if (this.#endedBy !== undefined) throw this.#endedBy
    const authorization = this.#authorization && {
      'proxy-authorization': `Bearer ${this.#authorization.credential}`,
      [PROTOCOL_FIELD]: String(this.#authorization.version),
    }
    const stream = this.#request({ ...headers, ...authorization }, options)
    // A tunnel's two pipelines alone listen ten times for its end; Node warns of a leak from the eleventh on.
    stream.setMaxListeners(MAX_LISTENERS)
    this.#openStreams += 1
    stream.once('close', () => {
      this.#openStreams -= 1
    })
    // Only so that a failure before the caller listens is no uncaught one; the caller sees `stream.errored`.
    stream.on('error', () => undefined)
    // The head is the first sign that the link is about to be loaded.
    stream.once('response', () => this.#look())
    this.#perform(this.#pulse.handle({ kind: 'stream-opened' }, this.#clock.now()))
    return stream
  }

  #request(headers: OutgoingHttpHeaders, options: RequestOptions): ClientHttp2Stream {
    try {
      return this.#http2.request(headers, options)
    } catch (error) {
      // Bad fields are the caller's; anything else says that this session takes no more.
      if (error instanceof TypeError) throw error
      throw asFault(error, 'LINK_CLOSED')
    }
  }

  #look(): void {
    const now = this.#clock.now()
    const receivedBytes = this.#connection.receivedBytes()
    this.#grant(this.#credit.handle({ kind: 'counted', receivedBytes }, now))
    const { probing } = this.#credit
    const openStreams = this.#openStreams
    const sentBytes = this.#connection.sentBytes()
    this.#perform(this.#pulse.handle({ kind: 'counted', receivedBytes, sentBytes, openStreams, probing }, now))
  }

  #perform(commands: readonly PulseCommand[]): void {
    for (const command of commands) {
      switch (command.kind) {
        case 'send-ping':
          this.#ping()
          break
        case 'give-up': {
          const seconds = Math.round(command.silentMs / 1000)
          void this.end(new Fault('LINK_TIMEOUT', `The far proxy has been silent for ${seconds} s.`))
          return
        }
      }
    }
    this.#cancelLook()
    if (this.#endedBy !== undefined) return
    this.#cancelLook = this.#clock.wake(this.#pulse.wakeAt() - this.#clock.now(), () => this.#look())
  }

  #ping(): void {
    // It says that it has closed a moment after it was destroyed.
    if (this.#http2.destroyed) return
    const sentAt = this.#clock.now()
    const bytesBefore = this.#connection.receivedBytes()
    this.#http2.ping(error => {
      if (error !== null || this.#endedBy !== undefined) return
      const now = this.#clock.now()
      this.#pulse.handle({ kind: 'ping-answered' }, now)
      const receivedBytes = this.#connection.receivedBytes() - bytesBefore
      this.#grant(this.#credit.handle({ kind: 'round-ended', sentAt, receivedBytes }, now))
      this.#look()
    })
  }

  /** Brings the windows to what the credit wishes; one SETTINGS at a time, the next when far has acknowledged the last. */
  #grant(commands: readonly CreditCommand[]): void {
    for (const command of commands) this.#wishedBytes = command.bytes
    const bytes = this.#wishedBytes
    if (bytes === this.#grantedBytes || this.#http2.pendingSettingsAck || this.#http2.destroyed) return
    this.#grantedBytes = bytes
    this.#http2.settings({ initialWindowSize: bytes })
    this.#http2.setLocalWindowSize(bytes)
  }
}

/** The whole content of a small answer. Raises LINK_PROTOCOL when it is not small. */
async function readText(stream: ClientHttp2Stream): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw new Fault('LINK_PROTOCOL', 'The server at that address is not a far proxy.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
