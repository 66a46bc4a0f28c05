// Near's HTTP/1.1 front: what a browser or a program talks to. Requests with an absolute URL and CONNECT go through the
// proxy; everything else is for near's own pages.
// Knows: Node's HTTP server, which request is whose. Does not know: how a request is served (serve.ts).
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { Fault } from '../shared/fault.ts'
import { type FieldList, endToEnd, fromRaw } from '../shared/http/fields.ts'
import { NEAR_HOST, canonicalUrl } from '../shared/http/url.ts'
import { ClientResponse } from './client-response.ts'
import { failurePage } from './failure-page.ts'
import type { ClientRequest } from './serve.ts'

export interface FrontHandlers {
  /** A request for an origin. Never throws. */
  readonly onProxied: (request: ClientRequest, response: ClientResponse) => Promise<void>
  /** A request whose address is no web address. */
  readonly onBad: (fault: Fault, response: ClientResponse) => void
  /** CONNECT. Never throws. */
  readonly onTunnel: (request: IncomingMessage, client: Duplex, early: Uint8Array) => Promise<void>
  /** A request for near itself. */
  readonly onOwn: (request: IncomingMessage, response: ServerResponse) => void
}

// HTTP/2 in Node carries no field longer than 64 KiB. Servers accept 8 to 32 KiB; above this the client gets a 431.
const MAX_FIELDS_BYTES = 64 * 1024
// A client that opens a connection and sends no complete head is cut off; uploads may take as long as they take.
const HEAD_TIMEOUT_MS = 60_000

/** The server; not yet listening. */
export function makeFront(handlers: FrontHandlers): Server {
  const options = {
    maxHeaderSize: MAX_FIELDS_BYTES,
    requestTimeout: 0,
    headersTimeout: HEAD_TIMEOUT_MS,
    keepAliveTimeout: HEAD_TIMEOUT_MS,
    noDelay: true,
  }
  const server = createServer(options, (request, response) => {
    const target = targetOf(request)
    if (target.kind === 'own') handlers.onOwn(request, response)
    else if (target.kind === 'bad') handlers.onBad(target.fault, new ClientResponse(request, response))
    else void handlers.onProxied(target.request, new ClientResponse(request, response))
  })
  // Tunnels live as long as they live.
  server.timeout = 0
  server.on('connect', (request, socket, head) => void handlers.onTunnel(request, socket, head))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseMalformed(error, socket))
  return server
}

type Target =
  | { readonly kind: 'own' }
  | { readonly kind: 'proxied'; readonly request: ClientRequest }
  | { readonly kind: 'bad'; readonly fault: Fault }

/** RFC 9112 §3.2: absolute-form is for a proxy, origin-form and asterisk-form are for the server itself. */
function targetOf(message: IncomingMessage): Target {
  const target = message.url ?? ''
  if (target.startsWith('/') || target === '*') return { kind: 'own' }
  try {
    const url = canonicalUrl(target)
    if (new URL(url).hostname === NEAR_HOST) {
      message.url = url.slice(url.indexOf('/', 'https://'.length))
      return { kind: 'own' }
    }
    const fields: FieldList = endToEnd(fromRaw(message.rawHeaders))
    const facts = { method: message.method ?? 'GET', url, fields }
    return { kind: 'proxied', request: { facts, body: hasContent(message) ? message : undefined } }
  } catch (error) {
    if (error instanceof Fault) return { kind: 'bad', fault: error }
    throw error
  }
}

/** RFC 9112 §6.3: a request has a content when it says so. */
function hasContent({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** What Node's parser refuses never becomes a request; the client is told why, and the connection is closed. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const fault =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new Fault('CLIENT_FIELDS_TOO_LARGE', `The request's fields are larger than ${MAX_FIELDS_BYTES / 1024} KiB.`)
      : new Fault('CLIENT_BAD_REQUEST', `What was sent is not an HTTP request: ${error.message}.`)
  const { type, text } = failurePage(fault, undefined)
  const status = fault.status === 431 ? '431 Request Header Fields Too Large' : '400 Bad Request'
  const head = `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close`
  socket.end(`${head}\r\n\r\n${text}`)
}
