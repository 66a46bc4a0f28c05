// What the client gets: a head, a content with back-pressure, or a page that says what failed.
// Knows: Node's HTTP/1.1 response. Does not know: where content comes from.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fault } from '../shared/fault.ts'
import { type FieldList, toRaw, without } from '../shared/http/fields.ts'
import { proxyStatus } from '../shared/http/proxy-status.ts'
import { failurePage } from './failure-page.ts'

export class ClientResponse {
  readonly #response: ServerResponse
  readonly #request: IncomingMessage
  /** Fires when the client closes its connection before the response has ended. */
  readonly gone: AbortSignal
  #sentBytes = 0

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request
    this.#response = response
    const gone = new AbortController()
    this.gone = gone.signal
    response.once('close', () => {
      if (!response.writableFinished) gone.abort()
    })
    // The origin's Date, or none, is what the client gets.
    response.sendDate = false
    response.on('error', () => {})
  }

  get begun(): boolean {
    return this.#response.headersSent
  }

  /** Bytes of content that the client was sent. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /**
   * Sends the head. `contentLength`: the length of the content that follows, undefined when it is not known yet; null
   * when none follows and the fields stay as they are (HEAD, 204, 304).
   */
  begin(status: number, fields: FieldList, contentLength: number | undefined | null): void {
    const plain = contentLength === null ? fields : without(fields, 'content-length')
    const length = typeof contentLength === 'number' ? [['Content-Length', String(contentLength)] as const] : []
    this.#response.writeHead(status, toRaw([...plain, ...length]))
  }

  /** Sends the head at once, for a content that may be long in coming. */
  flushHead(): void {
    // Not `flushHeaders`, which writes fields as UTF-8: what is left of an origin's bytes is one character each.
    this.#response.write(new Uint8Array(0))
  }

  /** Sends content; resolves when the client can take more, or has gone. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#sentBytes += bytes.length
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

  end(): void {
    this.#response.end()
  }

  /** A page for a fault before the head was sent; else the connection breaks, so that nothing looks complete. */
  fail(fault: Fault): void {
    if (this.#response.destroyed) return
    if (this.begun) {
      this.#response.destroy()
      return
    }
    const page = failurePage(fault, this.#request.headers.accept)
    const fields: FieldList = [
      ['Content-Type', page.type],
      ['Cache-Control', 'no-store'],
      ['Proxy-Status', proxyStatus(fault, 'hunch-near')],
      ['Cache-Status', 'hunch-near; fwd=uri-miss; detail=failed'],
    ]
    this.begin(fault.status, fields, Buffer.byteLength(page.text))
    this.#response.end(this.#request.method === 'HEAD' ? undefined : page.text)
  }
}
