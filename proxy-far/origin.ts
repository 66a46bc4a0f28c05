// Asking origins: one request, one response whose content is a stream, every failure a fault of the origin's side.
// Knows: undici. Does not know: versions, deltas, the link.
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { LRUCache } from 'lru-cache'
import { Agent, type Dispatcher } from 'undici'
import { Fault } from '../shared/fault.ts'
import {
  type FieldList,
  MAX_RESPONSE_FIELDS_BYTES,
  endToEnd,
  fromRaw,
  oddTransferCoding,
  toRaw,
  valueOf,
  withVia,
  without,
} from '../shared/http/fields.ts'
import { type Forwarding, planForwarding } from '../shared/http/max-forwards.ts'
import { hearOut } from './hear-out.ts'
import { originFault } from '../shared/origin-fault.ts'
import type { Reach } from './reach.ts'
import { mendResets } from './stream-resets.ts'

export interface OriginRequest {
  readonly method: string
  /** Absolute, as `canonicalUrl` gives it. */
  readonly url: string
  /** End-to-end fields, as the near or the client sent them. */
  readonly fields: FieldList
  readonly body: Readable | undefined
  readonly signal: AbortSignal
  /** Interim responses (RFC 9110 §15.2) as they come. */
  readonly onInterim?: (status: number, fields: FieldList) => void
}

export interface OriginResponse {
  readonly status: number
  /** End-to-end fields in the order and case in which they came, and far's own Via. */
  readonly fields: FieldList
  /** The content as it was sent, its coding still on. Fails with a fault of the origin's side. */
  readonly body: AsyncIterable<Uint8Array>
  /** Trailer fields; complete when the body has ended. */
  readonly trailers: () => FieldList
  /** Throws the rest of the content away; the connection lives on when little is left of it. */
  readonly discard: () => void
}

export interface OriginsOptions {
  /** The longest silence before the response begins. */
  readonly originTimeoutMs: number
  /** The longest silence inside a content while somebody waits for more of it; may be Infinity. */
  readonly originSilenceMs: number
}

// An entry takes about a hundred bytes, and what is forgotten is known again with the next connection.
const MOST_PROTOCOLS = 10_000

// RFC 9110 §9.2.2: asked twice, these mean what they mean once.
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** The connections to all origins. */
export class Origins {
  readonly #agent: Agent
  readonly #timeoutMs: number
  readonly #silenceMs: number
  /** By origin, the protocol that it spoke last, as Via says it. */
  readonly #protocols = new LRUCache<string, string>({ max: MOST_PROTOCOLS })

  constructor(options: OriginsOptions, reach: Reach) {
    this.#timeoutMs = options.originTimeoutMs
    this.#silenceMs = options.originSilenceMs
    // As browsers offer it: some origins take what is named first.
    const connect = reach.connector({ preferH2: true })
    this.#agent = new Agent({
      connect: (to, callback) => {
        connect(to, (...[error, socket]) => {
          if (!socket) return callback(error, null)
          const isHttp2 = 'alpnProtocol' in socket && socket.alpnProtocol === 'h2'
          this.#protocols.set(`${to.protocol}//${to.host}`, isHttp2 ? '2.0' : '1.1')
          return callback(null, mendResets(hearOut(socket)))
        })
      },
      headersTimeout: options.originTimeoutMs,
      // See `withinSilence`: undici has no limit that differs between a head and a content that was begun.
      bodyTimeout: 0,
      maxHeaderSize: MAX_RESPONSE_FIELDS_BYTES,
      // One slow response must not hold up others of its origin.
      pipelining: 1,
    })
  }

  /**
   * Asks an origin; resolves when the response begins. A connection that breaks before that is no reason to fail where
   * asking again is safe: the origin may just have closed one that lay idle. Raises ORIGIN_* and, when `signal` fires,
   * CLIENT_GONE.
   */
  async fetch(request: OriginRequest): Promise<OriginResponse> {
    let isUntold = true
    const onInterim: OriginRequest['onInterim'] = (status, fields) => {
      isUntold = false
      request.onInterim?.(status, fields)
    }
    try {
      return await this.#send({ ...request, onInterim })
    } catch (error) {
      const isSafe = idempotent.has(request.method) && !request.body && isUntold
      if (!isSafe || !(error instanceof Fault) || error.code !== 'ORIGIN_RESET') throw error
      return this.#send(request)
    }
  }

  async #send(request: OriginRequest): Promise<OriginResponse> {
    const forwarding = planForwarding(request)
    if (forwarding.kind === 'answer') return ownResponse(forwarding)
    const { protocol, host } = new URL(request.url)
    const origin = `${protocol}//${host}`
    const path = request.url.slice(origin.length)
    // HTTP/1.1 where nothing is known.
    const received = (raw: IncomingHttpHeaders) => receivedFields(raw, this.#protocols.get(origin) ?? '1.1')
    let response: Dispatcher.ResponseData
    try {
      response = await this.#agent.request({
        origin,
        path,
        method: request.method,
        headers: toRaw([
          ['Host', host],
          ...withVia(without(forwarding.fields, 'host', 'expect', 'trailer'), '2.0', 'hunch-far'),
        ]),
        body: request.body ?? null,
        signal: request.signal,
        responseHeaders: 'raw',
        onInfo: ({ statusCode, headers }) => request.onInterim?.(statusCode, received(headers)),
      })
    } catch (error) {
      throw this.#toFault(error, request)
    }
    const odd = oddTransferCoding(readFields(response.headers))
    if (odd !== undefined) {
      response.body.on('error', () => {}).destroy()
      throw new Fault('ORIGIN_BAD_RESPONSE', `${host} sent the transfer coding "${odd.slice(0, 100)}".`)
    }
    const fields = received(response.headers)
    return {
      status: response.statusCode,
      fields,
      body: this.#readBody(response.body, fields, request),
      trailers: () => readTrailers(response.trailers),
      discard: () => void response.body.dump().catch(() => {}),
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  async *#readBody(body: Readable, fields: FieldList, request: OriginRequest): AsyncGenerator<Uint8Array> {
    const announced = request.method === 'HEAD' ? undefined : valueOf(fields, 'content-length')
    let received = 0
    try {
      for await (const chunk of withinSilence(body, this.#silenceMs, hostOf(request))) {
        received += chunk.length
        yield chunk
      }
    } catch (error) {
      if (error instanceof Fault) throw error
      const fault = this.#toFault(error, request)
      if (fault.code !== 'ORIGIN_RESET' || announced === undefined || received >= Number(announced)) throw fault
      const message = `${hostOf(request)} announced ${announced} bytes and sent ${received}.`
      throw new Fault('ORIGIN_LENGTH', message, { cause: error })
    }
  }

  #toFault(error: unknown, request: OriginRequest): Fault {
    if (request.signal.aborted) return new Fault('CLIENT_GONE', 'The client closed its connection.', { cause: error })
    return originFault(error, hostOf(request), this.#timeoutMs)
  }
}

/** The chunks of `body`; fails with ORIGIN_TIMEOUT when the next one is waited for longer than `silenceMs`. */
async function* withinSilence(body: Readable, silenceMs: number, host: string): AsyncGenerator<Uint8Array> {
  if (silenceMs === Infinity) {
    yield* body as AsyncIterable<Uint8Array>
    return
  }
  // Only while it is waited for: a client that is slow to take what came is no silence of the site.
  const watch = () =>
    setTimeout(() => {
      body.destroy(new Fault('ORIGIN_TIMEOUT', `${host} was silent for ${silenceMs / 1000} s inside its content.`))
    }, silenceMs)
  let silence = watch()
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      clearTimeout(silence)
      yield chunk
      silence = watch()
    }
  } finally {
    clearTimeout(silence)
  }
}

/** Far is the last that a request may come to (RFC 9110 §7.6.2). */
function ownResponse({ status, fields, content }: Extract<Forwarding, { kind: 'answer' }>): OriginResponse {
  const length: FieldList = [['Content-Length', String(content.length)]]
  const body = Readable.from([content], { objectMode: false })
  return { status, fields: [...fields, ...length], body, trailers: () => [], discard: () => void body.destroy() }
}

/** What a proxy passes on of a response, with its own word that it did (RFC 9110 §7.6). */
function receivedFields(raw: IncomingHttpHeaders | readonly string[], protocol: string): FieldList {
  return withVia(endToEnd(readFields(raw)), protocol, 'hunch-far')
}

/** With `responseHeaders: 'raw'` undici gives a flat list, each byte as one character: so Node's servers write it again. */
function readFields(raw: IncomingHttpHeaders | readonly string[]): FieldList {
  const isFlat = Array.isArray(raw)
  return fromRaw(isFlat ? (raw as string[]) : Object.entries(raw).flatMap(([name, value]) => [name, String(value)]))
}

/** undici gives trailers as an object; its types do not say that a repeated one is a list. */
function readTrailers(trailers: Record<string, string | string[]>): FieldList {
  return Object.entries(trailers).flatMap(([name, value]) => [value].flat().map(each => [name, each] as const))
}

function hostOf(request: OriginRequest): string {
  return new URL(request.url).host
}
