// HTTP/2 with a client, inside a TLS connection that near has opened: each stream is a request like any other.
// Knows: Node's HTTP/2 session and streams. Does not know: TLS, how a request is served (serve.ts).
import { constants, performServerHandshake, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { Fault, asFault } from '../shared/fault.ts'
import { MAX_RESPONSE_FIELDS_BYTES, endToEnd, fromRaw, valueOf, withField } from '../shared/http/fields.ts'
import { urlInside } from '../shared/http/inside-url.ts'
import { ClientResponse } from './client-response.ts'
import { type FrontHandlers, MAX_FIELDS_BYTES, type OpenedConnection } from './front-handlers.ts'

// Browsers open up to 100; more wait at the client, whose priorities are then ours too.
const MAX_STREAMS = 256
// Uploads on loopback: enough that a window is never what they wait for.
const WINDOW_BYTES = 1024 ** 2
// Cookies come as one pair for each crumb (RFC 9113 §8.2.3); Node's default is 128.
const MAX_PAIRS = 1024
// Mebibytes; Node refuses streams beyond it. A stream holds a window at most.
const MAX_SESSION_MEMORY_MIB = 256

/** Serves all requests of one connection, each for its authority. */
export function serveHttp2(
  socket: TLSSocket,
  { authority, onUsed }: OpenedConnection,
  handlers: Pick<FrontHandlers, 'onProxied' | 'onBad'>,
): void {
  const session = performServerHandshake(socket, {
    maxHeaderListPairs: MAX_PAIRS,
    maxSessionMemory: MAX_SESSION_MEMORY_MIB,
    // Counted before compression, with 12 bytes for each field; Node's default is 64 KiB.
    maxSendHeaderBlockLength: 2 * MAX_RESPONSE_FIELDS_BYTES,
    // An origin's repeated fields are the client's to judge, as over HTTP/1.1.
    strictSingleValueFields: false,
    settings: {
      maxConcurrentStreams: MAX_STREAMS,
      initialWindowSize: WINDOW_BYTES,
      maxHeaderListSize: MAX_FIELDS_BYTES,
    },
  })
  // The session waits for this event, which the serving end of a connection gives only when a tls.Server made it.
  socket.emit('secureConnect')
  session.on('error', () => undefined)
  // Who does not trust the certificate does not send these.
  session.once('remoteSettings', onUsed)
  // The connection's window is for all streams together (RFC 9113 §6.9.1).
  session.once('connect', () => session.setLocalWindowSize(4 * WINDOW_BYTES))
  const retire = () => session.close()
  session.on('stream', (stream, headers, _flags, rawHeaders) => {
    // Cut off in the middle of its head, say; nobody is left to be told.
    stream.on('error', () => undefined)
    const method = headers[':method'] ?? 'GET'
    const response = new ClientResponse({ method, headers }, stream)
    try {
      const url = urlOf(headers, authority)
      if (headers.expect?.toLowerCase() === '100-continue') stream.additionalHeaders({ ':status': HTTP_CONTINUE })
      const facts = { method, url, fields: joinCookies(rawHeaders) }
      const body = stream.endAfterHeaders ? undefined : stream
      void handlers.onProxied({ facts, body, receivedBy: '2.0', retire }, response)
    } catch (error) {
      handlers.onBad(asFault(error, 'CLIENT_BAD_REQUEST'), response)
      drain(stream)
    }
  })
}

const { HTTP_STATUS_CONTINUE: HTTP_CONTINUE } = constants

function urlOf(headers: IncomingHttpHeaders, authority: string): string {
  const { ':method': method, ':scheme': scheme, ':authority': named, ':path': path = '' } = headers
  if (method === 'CONNECT') throw new Fault('NEAR_UNSUPPORTED', 'A tunnel was asked for inside an opened connection.')
  if (scheme !== 'https')
    throw new Fault('CLIENT_MISDIRECTED', `The connection is for https, the request for ${scheme}.`)
  // RFC 9113 §8.3.1: Host has to say the same as :authority.
  if (headers.host !== undefined) urlInside(authority, '/', headers.host)
  return urlInside(authority, path, named)
}

/** RFC 9113 §8.2.3: what leaves HTTP/2 has one Cookie field. */
function joinCookies(rawHeaders: readonly string[]) {
  const fields = endToEnd(fromRaw(rawHeaders))
  const cookie = valueOf(fields, 'cookie')
  return cookie === undefined ? fields : withField(fields, 'cookie', cookie)
}

function drain(stream: ServerHttp2Stream): void {
  stream.resume()
}
