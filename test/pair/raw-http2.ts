// An HTTP/2 origin over TLS that writes each frame as the test says, also those that Node's server would not.
// Knows: frames (RFC 9113 §4), a few bytes of HPACK. Does not know: what requests say.
import { createServer, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import { listen } from './odd-origin.ts'
import { makeLeaf, trust } from './tls-origin.ts'

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const GOAWAY = 7
const ACK = 1
const END_STREAM = 1
const END_HEADERS = 4
const PREFACE_BYTES = 24
const FRAME_BYTES = 9
// RFC 7541 appendix A: `:status: 200` is entry 8 of the static table.
const STATUS_200 = Buffer.from([0x88])

/** One request, and what can be written to answer it. */
export interface RawStream {
  /** Counts the requests of the origin, from 1. */
  readonly number: number
  /** Counts the connections of the origin, from 1. */
  readonly connection: number
  readonly socket: TLSSocket
  head(): RawStream
  data(text: string, last?: 'last'): RawStream
  reset(code: number): RawStream
  /** `lastStream`: the last that was or will be handled; this one unless it is said. */
  goAway(code: number, lastStream?: number): RawStream
}

/** Gives the origin's URL. */
export async function startRawHttp2(t: Test, serve: (stream: RawStream) => void): Promise<string> {
  const leaf = await makeLeaf()
  trust(t, leaf)
  let requests = 0
  let connections = 0
  const server = createServer({ ...leaf, ALPNProtocols: ['h2'] }, socket => {
    const connection = ++connections
    let held = Buffer.alloc(0)
    let isGreeted = false
    socket.write(frame(SETTINGS, 0, 0))
    socket.on('data', bytes => {
      held = Buffer.concat([held, bytes])
      if (!isGreeted && held.length < PREFACE_BYTES) return
      if (!isGreeted) held = held.subarray(PREFACE_BYTES)
      isGreeted = true
      while (held.length >= FRAME_BYTES && held.length >= FRAME_BYTES + held.readUIntBE(0, 3)) {
        const [type, flags, id] = [held[3], held[4] ?? 0, held.readUInt32BE(5)]
        held = held.subarray(FRAME_BYTES + held.readUIntBE(0, 3))
        if (type === SETTINGS && flags !== ACK) socket.write(frame(SETTINGS, ACK, 0))
        if (type === PING && flags !== ACK) socket.write(frame(PING, ACK, 0, Buffer.alloc(8)))
        if (type === HEADERS) serve(openStream(socket, id, ++requests, connection))
      }
    })
  })
  return `https://127.0.0.1:${await listen(t, server)}`
}

function openStream(socket: TLSSocket, id: number, number: number, connection: number): RawStream {
  const write = (type: number, flags: number, on: number, payload: Buffer) => {
    socket.write(frame(type, flags, on, payload))
    return stream
  }
  const stream: RawStream = {
    number,
    connection,
    socket,
    head: () => write(HEADERS, END_HEADERS, id, STATUS_200),
    data: (text, last) => write(DATA, last ? END_STREAM : 0, id, Buffer.from(text)),
    reset: code => write(RST_STREAM, 0, id, integer(code)),
    goAway: (code, lastStream = id) => write(GOAWAY, 0, 0, Buffer.concat([integer(lastStream), integer(code)])),
  }
  return stream
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(FRAME_BYTES)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
