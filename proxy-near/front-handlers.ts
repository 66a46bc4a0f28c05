// What the front hands over, by HTTP/1.1 and by HTTP/2 alike, and the limit that both share.
// Knows: the shapes. Does not know: either protocol.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Fault } from '../shared/fault.ts'
import type { ClientResponse } from './client-response.ts'
import type { ClientRequest } from './ask-far.ts'

/** A TLS connection that near has opened. */
export interface OpenedConnection {
  /** What CONNECT named, as https URLs have it. */
  readonly authority: string
  /** Called when the client has sent something inside: it trusts the certificate. */
  readonly onUsed: () => void
}

export interface FrontHandlers {
  /** Why a client that is not inside an opened connection may not come in; `isOwn`: to near's own pages. */
  readonly refuse: (message: IncomingMessage, isOwn: boolean) => Fault | undefined
  /** A request for an origin. Never throws. */
  readonly onProxied: (request: ClientRequest, response: ClientResponse) => Promise<void>
  /** A request whose address is no web address. */
  readonly onBad: (fault: Fault, response: ClientResponse) => void
  /** CONNECT. Never throws. */
  readonly onTunnel: (request: IncomingMessage, client: Duplex, early: Uint8Array) => Promise<void>
  /** A WebSocket (RFC 6455). Never throws. */
  readonly onWebSocket: (request: ClientRequest, client: Duplex, early: Uint8Array) => Promise<void>
  /** A request for near itself. */
  readonly onOwn: (request: IncomingMessage, response: ServerResponse) => void
}

// HTTP/2 in Node carries no field longer than 64 KiB. Servers accept 8 to 32 KiB; above this the client gets a 431.
export const MAX_FIELDS_BYTES = 64 * 1024
