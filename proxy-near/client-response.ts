// What the client gets: a head, a content with back-pressure, or a page that says what failed.
// Knows: Node's HTTP/1.1 response and HTTP/2 stream, which differ in how a head is written and how a connection breaks.
// Does not know: where content comes from.
import type { ServerResponse } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { Fault } from '../shared/fault.ts'
import { type FieldList, endToEnd, toLists, toRaw, valueOf, without } from '../shared/http/fields.ts'
import { proxyStatus } from '../shared/http/proxy-status.ts'
import { failurePage } from './failure-page.ts'

/** What of the request decides how its response looks. */
export interface Asker {
  readonly method?: string | undefined
  readonly headers: { readonly accept?: string | undefined; readonly te?: string | string[] | undefined }
  /** Of HTTP/1; undefined for HTTP/2. */
  readonly httpVersion?: string
}

// A client that still sends so long behind a response that it has read will hardly stop.
const LINGER_MS = 2_000

export class ClientResponse {
  readonly #response: ServerResponse | ServerHttp2Stream
  readonly #request: Asker
  /** Fires, with the fault, when the client closes its connection or resets its stream before it has all of it. */
  readonly gone: AbortSignal
  #announcedBytes: number | undefined
  #sentBytes = 0
  #takesTrailers = false

  constructor(request: Asker, response: ServerResponse | ServerHttp2Stream) {
    this.#request = request
    this.#response = response
    const gone = new AbortController()
    this.gone = gone.signal
    response.once('close', () => {
      // A client that knows the length closes when it has it all, which may be before the end was written.
      // Node ends a stream that was reset, so that it has finished; it says apart that it was cut off.
      const isCut = 'aborted' in response && response.aborted
      if ((response.writableFinished && !isCut) || this.#sentBytes === this.#announcedBytes) return
      gone.abort(new Fault('CLIENT_GONE', 'The client closed its connection.'))
    })
    // The origin's Date, or none, is what the client gets.
    if ('sendDate' in response) response.sendDate = false
    response.on('error', () => {})
  }

  /** Resolves when all has left for the client, or the client has gone. Never rejects. */
  get left(): Promise<void> {
    const response = this.#response
    if (response.closed || response.destroyed || response.writableFinished) return Promise.resolve()
    return new Promise(resolve => {
      response.once('finish', resolve)
      response.once('close', resolve)
    })
  }

  get begun(): boolean {
    return this.#response.headersSent
  }

  /** Sends an interim response (RFC 9110 §15.2), where the client can take one. */
  inform(status: number, fields: FieldList): void {
    if (this.begun || this.#response.destroyed) return
    if (!('writeHead' in this.#response)) {
      this.#response.additionalHeaders({ ':status': status, ...toHeaders(fields) })
      return
    }
    if (this.#request.httpVersion === '1.0') return // RFC 9110 §15.2: it knows none.
    // Node has this from 24.17 on only; a hint may be lost.
    this.#response.writeInformation?.(status, toRaw(endToEnd(fields)))
  }

  /**
   * Sends the head. `contentLength`: the length of the content that follows, undefined when it is not known yet; null
   * when none follows and the fields stay as they are (HEAD, 204, 304).
   */
  begin(status: number, fields: FieldList, contentLength: number | undefined | null): void {
    if (typeof contentLength === 'number') this.#announcedBytes = contentLength
    const plain = contentLength === null ? fields : without(fields, 'content-length')
    const length = typeof contentLength === 'number' ? [['Content-Length', String(contentLength)] as const] : []
    const all = [...plain, ...length]
    const announced = valueOf(fields, 'trailer') !== undefined
    if ('writeHead' in this.#response) {
      // RFC 9112 §7.1.2: trailers come behind chunks, and there are chunks where no length is told.
      const hasChunks = contentLength === undefined && this.#request.httpVersion !== '1.0'
      this.#takesTrailers = hasChunks && (announced || /\btrailers\b/i.test(String(this.#request.headers.te)))
      this.#response.writeHead(status, toRaw(hasChunks ? all : without(all, 'trailer')))
      return
    }
    if (status === 205) {
      // RFC 9110 §15.3.6: it has no content, and a stream of Node ends with its head.
      respond(this.#response, status, without(plain, 'trailer'), false)
      return
    }
    this.#takesTrailers = contentLength === undefined || (announced && contentLength !== null)
    // RFC 9110 §15: above 599 a status is invalid, and taken for a 5xx; HTTP/2 in Node carries none.
    const taken = status > 599 ? 500 : status
    if (!this.#response.destroyed) respond(this.#response, taken, all, this.#takesTrailers)
  }

  /** Sends the head at once, for a content that may be long in coming. */
  flushHead(): void {
    // Not `flushHeaders`, which writes fields as UTF-8: what is left of an origin's bytes is one character each.
    // HTTP/2 sends a head at once, and has ended the stream when no content can follow it.
    if ('writeHead' in this.#response) this.#response.write(new Uint8Array(0))
  }

  /** Sends content; resolves when the client can take more, or has gone. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#sentBytes += bytes.length
    // What comes behind a head that ended its stream goes nowhere.
    if (this.#response.writableEnded) return
    if (this.#response.write(bytes) || this.gone.aborted) return
    await new Promise<void>(resolve => {
      const settle = () => {
        this.#response.off('drain', settle)
        this.#response.off('close', settle)
        resolve()
      }
      this.#response.on('drain', settle)
      this.#response.on('close', settle)
    })
  }

  /** Ends the content. `trailers` go to a client that said or was told that it would get some (RFC 9110 §6.5.1). */
  end(trailers: FieldList = []): void {
    const response = this.#response
    if (!('writeHead' in response)) {
      // RFC 9113 §8.1: behind the content; the stream waits for them.
      if (this.#takesTrailers) response.once('wantTrailers', () => response.sendTrailers(toHeaders(trailers)))
    } else if (this.#takesTrailers && trailers.length > 0)
      response.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]))
    if ('writeHead' in response) endBehindRequest(response)
    else response.end()
  }

  /** Answers with a content that is known. */
  answer(status: number, fields: FieldList, content: Uint8Array): void {
    this.begin(status, fields, content.length)
    void this.write(content)
    this.end()
  }

  /** A page for a fault before the head was sent; else the connection breaks, so that nothing looks complete. */
  fail(fault: Fault, more: FieldList = []): void {
    if (this.#response.destroyed) return
    if (this.begun) {
      // RFC 9113 §8.1: a stream that is reset is not complete, and the others of its connection live on.
      if ('writeHead' in this.#response) this.#response.destroy()
      else this.#response.close(constants.NGHTTP2_INTERNAL_ERROR)
      return
    }
    const page = failurePage(fault, this.#request.headers.accept)
    const fields: FieldList = [
      ['Content-Type', page.type],
      ['Cache-Control', 'no-store'],
      ['Proxy-Status', proxyStatus(fault, 'hunch-near')],
      ['Cache-Status', 'hunch-near; fwd=uri-miss; detail=failed'],
      ...more,
      ...(fault.retryAfterSeconds === undefined ? [] : [['Retry-After', String(fault.retryAfterSeconds)] as const]),
    ]
    const isChallenge = more.some(([name]) => name === 'WWW-Authenticate')
    this.begin(isChallenge ? 401 : fault.status, fields, Buffer.byteLength(page.text))
    this.#response.end(this.#request.method === 'HEAD' ? undefined : page.text)
  }
}

/**
 * RFC 9112 §9.6: where the connection closes behind a response while its request still arrives, the kernel resets it, and
 * the client may lose what it had not read. So the end waits for the request's, for a while.
 */
function endBehindRequest(response: ServerResponse): void {
  const { req: request } = response
  if (response.shouldKeepAlive || request.complete || request.destroyed) {
    response.end()
    return
  }
  const settle = () => {
    clearTimeout(late)
    request.off('end', settle).off('close', settle)
    response.end()
  }
  const late = setTimeout(settle, LINGER_MS)
  request.once('end', settle).once('close', settle)
}

/** RFC 9113 §8.2: names in lower case, nothing about the connection, no reason phrase. */
function respond(stream: ServerHttp2Stream, status: number, fields: FieldList, waitForTrailers: boolean): void {
  const lines = endToEnd(fields).map(([name, value]) => [name.toLowerCase(), value] as const)
  // Not an object: repeated fields, Set-Cookie above all, stay apart and in order.
  stream.respond([':status', String(status), ...toRaw(lines)], { sendDate: false, waitForTrailers } as object)
}

/** The same as an object, where Node takes no list; repeated names become lists of values. */
function toHeaders(fields: FieldList): Record<string, string[]> {
  return toLists(endToEnd(fields))
}
