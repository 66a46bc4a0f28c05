// A WebSocket origin that echoes messages and closes with the code that it was closed with; frames as in RFC 6455 §5.
// Knows: the handshake and short frames of clients. Does not know: proxies, fragments, extensions.
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

/** Echoes every message of an accepted WebSocket, the closing one among them. */
export function echo(socket: Duplex): void {
  let held: Uint8Array = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes])
    for (let frame = readFrame(held); frame; frame = readFrame(held)) {
      held = held.subarray(frame.length)
      socket.write(makeFrame(frame.opcode, frame.payload))
      if (frame.opcode === CLOSE) socket.end()
    }
  })
}

/** An unmasked frame, as servers send it. */
function makeFrame(opcode: number, payload: Uint8Array): Buffer {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff]
  return Buffer.concat([Uint8Array.of(0x80 | opcode, ...length), payload])
}

function readFrame(bytes: Uint8Array): { opcode: number; payload: Uint8Array; length: number } | undefined {
  const [first = 0, second = 0, high = 0, low = 0] = bytes
  const short = second & 0x7f
  const start = short === 126 ? 8 : 6
  const size = short === 126 ? (high << 8) | low : short
  if (bytes.length < start + size) return undefined
  const mask = bytes.subarray(start - 4, start)
  const payload = Uint8Array.from(bytes.subarray(start, start + size), (byte, at) => byte ^ (mask[at % 4] ?? 0))
  return { opcode: first & 0x0f, payload, length: start + size }
}
