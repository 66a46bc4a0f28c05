// A TCP relay that reads what passes: the frames of a link without TLS, or the records of one with it, as they arrive.
// Knows: sockets, how long a frame and a record say that they are. Does not know: what is in them.
import { EventEmitter, once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A frame of HTTP/2 (RFC 9113 §4.1); of a TLS record (RFC 8446 §5.1) only type and bytes. */
export interface Unit {
  readonly type: number
  /** Its payload. */
  readonly bytes: number
  readonly stream: number
  readonly flags: number
}

export const DATA = 0
export const HEADERS = 1
export const END_STREAM = 1
/** A TLS record of HTTP/2, or of what TLS says behind its handshake. */
export const APPLICATION_DATA = 23

const shapes = {
  frames: {
    headBytes: 9,
    read: (head: Buffer): Unit => ({
      type: head.readUInt8(3),
      bytes: head.readUIntBE(0, 3),
      flags: head.readUInt8(4),
      stream: head.readUInt32BE(5),
    }),
  },
  records: {
    headBytes: 5,
    read: (head: Buffer): Unit => ({ type: head.readUInt8(0), bytes: head.readUInt16BE(3), flags: 0, stream: 0 }),
  },
} as const

// RFC 9113 §3.4: what a client says before its first frame.
const PREFACE_BYTES = 24

/** One direction of all connections: units that have passed whole. */
export class Way {
  readonly units: Unit[] = []
  readonly #shape: (typeof shapes)[keyof typeof shapes]
  readonly #passed = new EventEmitter()

  constructor(shape: (typeof shapes)[keyof typeof shapes]) {
    this.#shape = shape
  }

  /** Bytes of the payloads of these units. */
  bytesOf(isMeant: (unit: Unit) => boolean): number {
    return this.units.filter(isMeant).reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Resolves once that holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#passed, 'units')
  }

  /** What reads the bytes of one connection in this direction; `skip` so many at first. */
  reader(skip: number): (bytes: Buffer) => void {
    let rest: Buffer = Buffer.alloc(0)
    let toSkip = skip
    return bytes => {
      rest = Buffer.concat([rest, bytes.subarray(toSkip)])
      toSkip = Math.max(0, toSkip - bytes.length)
      const { headBytes, read } = this.#shape
      while (rest.length >= headBytes) {
        const unit = read(rest)
        if (rest.length < headBytes + unit.bytes) break
        rest = rest.subarray(headBytes + unit.bytes)
        this.units.push(unit)
      }
      this.#passed.emit('units')
    }
  }
}

export class Wiretap {
  readonly up: Way
  readonly down: Way
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, toPort: number, kind: keyof typeof shapes) {
    this.#server = server
    this.up = new Way(shapes[kind])
    this.down = new Way(shapes[kind])
    server.on('connection', near => {
      const far = connect({ host: '127.0.0.1', port: toPort, noDelay: true })
      this.#join(near, far, this.up.reader(kind === 'frames' ? PREFACE_BYTES : 0))
      this.#join(far, near, this.down.reader(0))
    })
  }

  /** Listens on a free port, in front of another one of this machine. */
  static async start(toPort: number, kind: keyof typeof shapes): Promise<Wiretap> {
    const server = createServer({ noDelay: true })
    const tap = new Wiretap(server, toPort, kind)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return tap
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #join(from: Socket, to: Socket, read: (bytes: Buffer) => void): void {
    this.#sockets.add(from)
    from.on('error', () => undefined)
    from.on('close', () => to.destroy())
    from.on('data', bytes => {
      read(bytes)
      // So that what is slow behind it is slow in front of it.
      if (to.write(bytes)) return
      from.pause()
      to.once('drain', () => from.resume())
    })
  }
}
