// Near's front: what a browser or a program talks to. Requests with an absolute URL, CONNECT, and all that comes inside
// opened TLS connections go through the proxy; everything else is for near's own pages.
// Knows: Node's HTTP server, which request is whose. Does not know: how a request is served (serve.ts), how a connection
// is opened (interception.ts).
import { type IncomingMessage, STATUS_CODES, type Server, createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { Fault } from '../shared/fault.ts'
import { type FieldList, endToEnd, fromRaw, oddTransferCoding } from '../shared/http/fields.ts'
import { urlInside } from '../shared/http/inside-url.ts'
import { NEAR_HOST, canonicalUrl } from '../shared/http/url.ts'
import { ClientResponse } from './client-response.ts'
import { failurePage } from './failure-page.ts'
import { type FrontHandlers, MAX_FIELDS_BYTES, type OpenedConnection } from './front-handlers.ts'
import { serveHttp2 } from './front-http2.ts'
import type { ClientRequest } from './ask-far.ts'

// A client that opens a connection and sends no complete head is cut off; uploads may take as long as they take.
const HEAD_TIMEOUT_MS = 60_000

// Browsers open some hundred; each costs a file and some kilobytes.
const MAX_CONNECTIONS = 4096

export interface Front {
  /** Not yet listening. */
  readonly server: Server
  /** Serves what comes inside an opened TLS connection as requests for its authority. */
  readonly serveInside: (socket: TLSSocket, connection: OpenedConnection) => void
}

export function makeFront(handlers: FrontHandlers): Front {
  const options = {
    maxHeaderSize: MAX_FIELDS_BYTES,
    requestTimeout: 0,
    headersTimeout: HEAD_TIMEOUT_MS,
    keepAliveTimeout: HEAD_TIMEOUT_MS,
    noDelay: true,
    // RFC 9110 §7.8: an offer to change the protocol may be passed over; this is the one that near takes.
    shouldUpgradeCallback: (request: IncomingMessage) => {
      const isProxied = opened.has(request.socket) || !request.url?.startsWith('/')
      return isProxied && isWebSocket(request)
    },
  }
  const opened = new WeakMap<Duplex, OpenedConnection>()
  const server = createServer(options, (request, response) => {
    const connection = opened.get(request.socket)
    connection?.onUsed()
    const retire = () => void (response.shouldKeepAlive = false)
    const target = targetOf(request, retire, connection?.authority)
    const refused = connection === undefined ? handlers.refuse(request, target.kind === 'own') : undefined
    if (refused !== undefined) {
      new ClientResponse(request, response).fail(refused, challenge(refused, target.kind === 'own'))
      // Some clients read nothing before they have sent all.
      request.resume()
    } else if (target.kind === 'own') handlers.onOwn(request, response)
    else if (target.kind === 'bad') handlers.onBad(target.fault, new ClientResponse(request, response))
    else void handlers.onProxied(target.request, new ClientResponse(request, response))
  })
  server.maxConnections = MAX_CONNECTIONS
  // Tunnels live as long as they live.
  server.timeout = 0
  server.on('connect', (request, socket, head) => {
    const refused = handlers.refuse(request, false)
    if (opened.has(socket)) refuseInside(socket)
    else if (refused !== undefined) refuse(refused, statusLine(refused), socket, challenge(refused, false))
    else void handlers.onTunnel(request, socket, head)
  })
  server.on('upgrade', (request, socket, head) => {
    const connection = opened.get(socket)
    connection?.onUsed()
    // A connection that was to be upgraded takes no more requests, whatever comes of it.
    const target = targetOf(request, () => undefined, connection?.authority)
    const refused = connection === undefined ? handlers.refuse(request, false) : undefined
    if (refused !== undefined) refuse(refused, statusLine(refused), socket, challenge(refused, false))
    else if (target.kind === 'proxied') void handlers.onWebSocket(target.request, socket, head)
    else refuse(target.kind === 'bad' ? target.fault : NO_OWN_SOCKET, '400 Bad Request', socket)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Who sends what is no HTTP has sent something all the same, and so trusts the certificate.
    if (error.code?.startsWith('HPE_')) opened.get(socket)?.onUsed()
    refuseMalformed(error, socket)
  })
  return {
    server,
    serveInside: (socket, connection) => {
      if (socket.alpnProtocol === 'h2') {
        serveHttp2(socket, connection, handlers)
        return
      }
      opened.set(socket, connection)
      server.emit('connection', socket)
    },
  }
}

type Target =
  | { readonly kind: 'own' }
  | { readonly kind: 'proxied'; readonly request: ClientRequest }
  | { readonly kind: 'bad'; readonly fault: Fault }

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Programs that send everything to their proxy mean near's page, and not what listens there on far's host. */
function isOwnUrl({ protocol, hostname, port }: URL, localPort: number | undefined): boolean {
  if (hostname === NEAR_HOST) return true
  return protocol === 'http:' && loopbackNames.has(hostname) && Number(port || 80) === localPort
}

/** `authority`: that of the opened connection in which the request came, if it did. */
function targetOf(message: IncomingMessage, retire: () => void, authority: string | undefined): Target {
  const target = message.url ?? ''
  // RFC 9112 §3.2: absolute-form is for a proxy, origin-form and asterisk-form are for the server itself.
  if (authority === undefined && (target.startsWith('/') || target === '*')) return { kind: 'own' }
  try {
    const url = authority === undefined ? canonicalUrl(target) : urlInside(authority, target, message.headers.host)
    if (authority === undefined && isOwnUrl(new URL(url), message.socket.localPort)) {
      message.url = url.slice(url.indexOf('/', 'https://'.length))
      return { kind: 'own' }
    }
    const received = fromRaw(message.rawHeaders)
    const odd = oddTransferCoding(received, message.httpVersion === '1.0')
    if (odd !== undefined) {
      // Whatever comes behind may be read as another message than the client sent.
      retire()
      throw new Fault('CLIENT_BAD_REQUEST', `The transfer coding "${odd.slice(0, 100)}" cannot be read.`)
    }
    const fields: FieldList = endToEnd(received)
    const facts = { method: message.method ?? 'GET', url, fields }
    const body = hasContent(message) ? message : undefined
    return {
      kind: 'proxied',
      request: { facts, body, receivedBy: message.httpVersion, retire: authority === undefined ? undefined : retire },
    }
  } catch (error) {
    if (error instanceof Fault) return { kind: 'bad', fault: error }
    throw error
  }
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
}

const NO_OWN_SOCKET = new Fault('CLIENT_BAD_REQUEST', 'Near itself has no WebSocket.')

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
  refuse(fault, fault.status === 431 ? '431 Request Header Fields Too Large' : '400 Bad Request', socket)
}

/** RFC 9110 §9.3.6: what is inside belongs to one site; a tunnel to another is asked for outside. */
function refuseInside(socket: Duplex): void {
  const fault = new Fault('NEAR_UNSUPPORTED', 'A tunnel was asked for inside an opened connection.')
  refuse(fault, '501 Not Implemented', socket)
}

/** RFC 9110 §11.6: who asks for a password says how it is to be sent. */
function challenge({ code }: Fault, isOwn: boolean): FieldList {
  if (code !== 'CLIENT_CREDENTIAL') return []
  return [[isOwn ? 'WWW-Authenticate' : 'Proxy-Authenticate', 'Basic realm="hunch", charset="UTF-8"']]
}

function statusLine({ status }: Fault): string {
  return `${status} ${STATUS_CODES[status]}`
}

function refuse(fault: Fault, status: string, socket: Duplex, more: FieldList = []): void {
  const { type, text } = failurePage(fault, undefined)
  const length = Buffer.byteLength(text)
  const fields: FieldList = [
    ['Content-Type', type],
    ['Content-Length', String(length)],
    ...more,
    ['Connection', 'close'],
  ]
  const head = `HTTP/1.1 ${status}\r\n${fields.map(([name, value]) => `${name}: ${value}`).join('\r\n')}`
  socket.end(`${head}\r\n\r\n${text}`)
}
