// A client of HTTP/2 that writes each frame as the test says, also those that no client of Node's would: for attacks.
// Knows: frames (RFC 9113 §4), literal HPACK fields. Does not know: what is asked.
import { EventEmitter, once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'

export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
export const SETTINGS = 4
export const PING = 6
export const GOAWAY = 7
export const CONTINUATION = 9
export const END_STREAM = 1
export const END_HEADERS = 4
const FRAME_BYTES = 9

export interface RawClient {
  readonly socket: TLSSocket
  /** Resolves with the stream of the next HEADERS that comes, or undefined when `over` comes before. */
  answered(): Promise<number | undefined>
  readonly write: (type: number, flags: number, stream: number, payload?: Uint8Array) => void
  /** Resolves when the other side has hung up, or has said that it will (GOAWAY). */
  readonly over: Promise<void>
}

/** Opens a connection by TLS 1.3 and HTTP/2 without looking at the certificate. */
export async function openRaw(t: Test, port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false })
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  const answers = new EventEmitter()
  const over = new Promise<void>(resolve => {
    socket.once('close', () => resolve())
    let held = Buffer.alloc(0)
    socket.on('data', bytes => {
      held = Buffer.concat([held, bytes])
      while (held.length >= FRAME_BYTES && held.length >= FRAME_BYTES + held.readUIntBE(0, 3)) {
        if (held[3] === HEADERS) answers.emit('headers', held.readUInt32BE(5))
        if (held[3] === GOAWAY) resolve()
        held = held.subarray(FRAME_BYTES + held.readUIntBE(0, 3))
      }
    })
  })
  const write: RawClient['write'] = (type, flags, stream, payload = Buffer.alloc(0)) => {
    if (!socket.destroyed) socket.write(frame(type, flags, stream, payload))
  }
  write(SETTINGS, 0, 0)
  const answered = async () => {
    const headers = once(answers, 'headers').then(([stream]: number[]) => stream)
    return Promise.race([headers, over.then(() => undefined)])
  }
  return { socket, answered, write, over }
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(FRAME_BYTES)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Fields as HPACK literals without indexing or Huffman coding (RFC 7541 §6.2.2). */
export function literal(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([0]),
      integer(name.length, 7, 0),
      Buffer.from(name),
      integer(value.length, 7, 0),
      Buffer.from(value),
    ]),
  )
}

/** A field that goes into the table, and then is named by one byte as often as one likes (RFC 7541 §6.2.1, §6.1). */
export function indexed(name: string, value: string, times: number): Buffer {
  const entry = [Buffer.from([0x40]), integer(name.length, 7, 0), Buffer.from(name), integer(value.length, 7, 0)]
  return Buffer.concat([...entry, Buffer.from(value), Buffer.alloc(times, 0x80 | 62)])
}

/** RFC 7541 §5.1. */
function integer(value: number, bits: number, high: number): Buffer {
  const most = 2 ** bits - 1
  if (value < most) return Buffer.from([high | value])
  const bytes = [high | most]
  let rest = value - most
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}
