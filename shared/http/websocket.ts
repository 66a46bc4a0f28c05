// The opening handshake of WebSocket (RFC 6455 §4): the one thing in it that has to be computed.
// Knows: the key and what accepts it. Does not know: connections, frames.
import { createHash } from 'node:crypto'

/** The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455 §4.2.2, step 5.4). */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}
