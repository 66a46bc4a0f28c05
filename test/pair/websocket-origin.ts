// A WebSocket origin that echoes messages and closes with the code that it was closed with; frames as in RFC 6455 §5.
// Knows: the handshake and frames. Does not know: proxies, extensions.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { acceptOf } from '../../shared/http/websocket.ts'

const CLOSE = 8

/** Accepts a WebSocket (RFC 6455 §4.2.2). */
export function accept(request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => undefined)
  const value = acceptOf(request.headers['sec-websocket-key'] ?? '')
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n')
  socket.write(`Sec-WebSocket-Accept: ${value}\r\nSet-Cookie: opened=1\r\n\r\n`)
}

/** Echoes every message of an accepted WebSocket, frame by frame, the closing one among them. */
export function echo(socket: Duplex): void {
  let held: Uint8Array = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes])
    for (let frame = readFrame(held); frame; frame = readFrame(held)) {
      held = held.subarray(frame.length)
      socket.write(makeFrame(frame.first, frame.payload))
      if ((frame.first & 0x0f) === CLOSE) socket.end()
    }
  })
}

/** An unmasked frame, as servers send it; `first`: whether it ends a message, and its opcode. */
export function makeFrame(first: number, payload: Uint8Array): Buffer {
  const { length } = payload
  const head = Buffer.alloc(10)
  head[0] = first
  if (length < 126) return Buffer.concat([head.fill(length, 1, 2).subarray(0, 2), payload])
  if (length < 65_536) {
    head.fill(126, 1, 2).writeUInt16BE(length, 2)
    return Buffer.concat([head.subarray(0, 4), payload])
  }
  head.fill(127, 1, 2).writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

/** A masked frame at the start of `bytes`; undefined when it is not there to its end. */
function readFrame(bytes: Uint8Array): { first: number; payload: Uint8Array; length: number } | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.length < 14 && view.length < 6 + ((view[1] ?? 0) & 0x7f)) return undefined
  const short = view.readUInt8(1) & 0x7f
  const start = short === 126 ? 8 : short === 127 ? 14 : 6
  const size = short === 126 ? view.readUInt16BE(2) : short === 127 ? Number(view.readBigUInt64BE(2)) : short
  if (bytes.length < start + size) return undefined
  const mask = bytes.subarray(start - 4, start)
  const payload = Uint8Array.from(bytes.subarray(start, start + size), (byte, at) => byte ^ (mask[at % 4] ?? 0))
  return { first: view.readUInt8(0), payload, length: start + size }
}
