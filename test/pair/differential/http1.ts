// HTTP/1.1 as bytes, written and read by hand, so that a test sees exactly what was sent and nothing that a library made
// of it.
// Knows: RFC 9112. Does not know: who sends what, proxies.
import type { Duplex } from 'node:stream'
import type { FieldList } from '../../../shared/http/fields.ts'

export type Framing = 'length' | 'chunked' | 'close' | 'none'

export interface Head {
  /** The request line or the status line. */
  readonly line: string
  readonly fields: FieldList
}

/** A content with what came behind it. */
export interface Content {
  readonly bytes: Buffer
  readonly trailers: FieldList
  /** Whether it ended as its framing says. */
  readonly complete: boolean
}

/** What one side reads from a connection. A connection that broke has ended, and `broken` says so. */
export class Wire {
  readonly socket: Duplex
  readonly #chunks: AsyncIterator<Buffer>
  #held: Buffer = Buffer.alloc(0)
  broken = false

  constructor(socket: Duplex) {
    this.socket = socket
    socket.on('error', () => (this.broken = true))
    this.#chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>
  }

  /** The next head; undefined when the connection ends before it has come. */
  async head(): Promise<Head | undefined> {
    const line = await this.#line()
    const fields = line === undefined ? undefined : await this.#fields()
    return line === undefined || fields === undefined ? undefined : { line, fields }
  }

  /** The content that a head announces. `onBytes` hears how much has come. */
  async content(framing: Framing, length: number, onBytes: (count: number) => void = () => {}): Promise<Content> {
    const pieces: Buffer[] = []
    let count = 0
    const take = (bytes: Buffer) => {
      pieces.push(bytes)
      count += bytes.length
      onBytes(count)
    }
    const [complete, trailers] = await this.#read(framing, length, take)
    return { bytes: Buffer.concat(pieces), trailers, complete }
  }

  /** Waits until the other side has closed the connection. */
  async closed(): Promise<void> {
    while (await this.#more());
  }

  async #read(framing: Framing, length: number, take: (bytes: Buffer) => void): Promise<[boolean, FieldList]> {
    if (framing === 'none') return [true, []]
    if (framing === 'length') return [await this.#exactly(length, take), []]
    if (framing === 'close') {
      do {
        if (this.#held.length > 0) take(this.#held)
        this.#held = Buffer.alloc(0)
      } while (await this.#more())
      return [!this.broken, []]
    }
    for (;;) {
      const size = Number.parseInt((await this.#line()) ?? '', 16)
      if (size === 0) {
        const trailers = await this.#fields()
        return [trailers !== undefined, trailers ?? []]
      }
      if (Number.isNaN(size) || !(await this.#exactly(size, take)) || (await this.#line()) !== '') return [false, []]
    }
  }

  async #exactly(length: number, take: (bytes: Buffer) => void): Promise<boolean> {
    for (let left = length; left > 0; ) {
      if (this.#held.length === 0 && !(await this.#more())) return false
      const bytes = this.#held.subarray(0, left)
      this.#held = this.#held.subarray(bytes.length)
      left -= bytes.length
      take(bytes)
    }
    return true
  }

  async #fields(): Promise<FieldList | undefined> {
    const fields: [string, string][] = []
    for (;;) {
      const line = await this.#line()
      if (line === '') return fields
      if (line === undefined) return undefined
      const colon = line.indexOf(':')
      fields.push([line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')])
    }
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#held.indexOf('\r\n')
      if (end >= 0) {
        const line = this.#held.toString('latin1', 0, end)
        this.#held = this.#held.subarray(end + 2)
        return line
      }
      if (!(await this.#more())) return undefined
    }
  }

  async #more(): Promise<boolean> {
    try {
      const { done, value } = await this.#chunks.next()
      if (done) return false
      this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value])
      return true
    } catch {
      this.broken = true
      return false
    }
  }
}

/** How the content behind a head is framed (RFC 9112 §6.3), and its length where that is told. */
export function framingOf({ line, fields }: Head, method: string): { framing: Framing; length: number } {
  const named = (name: string) => fields.find(([each]) => each.toLowerCase() === name)?.[1]
  const status = Number(/^HTTP\/\d\.\d (\d{3})/.exec(line)?.[1] ?? 0)
  const isEmpty = status > 0 && (method === 'HEAD' || status === 204 || status === 304 || status < 200)
  const length = named('content-length')
  if (isEmpty) return { framing: 'none', length: 0 }
  if (named('transfer-encoding') !== undefined) return { framing: 'chunked', length: 0 }
  if (length !== undefined) return { framing: 'length', length: Number(length) }
  return { framing: status > 0 ? 'close' : 'none', length: 0 }
}

/** A head as it is sent. */
export function writeHead(line: string, fields: FieldList): Buffer {
  return Buffer.from(`${line}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`, 'latin1')
}

/** Writes a content in pieces of `pieceBytes`, `count` bytes of it; with back-pressure. False when the other side left. */
export async function writePieces(
  socket: Duplex,
  bytes: Buffer,
  framing: Framing,
  pieceBytes: number,
  count = bytes.length,
): Promise<boolean> {
  for (let at = 0; at < count; at += pieceBytes) {
    const piece = bytes.subarray(at, Math.min(at + pieceBytes, count))
    const coded = framing === 'chunked' ? [`${piece.length.toString(16)}\r\n`, piece, '\r\n'] : [piece]
    if (!(await write(socket, Buffer.concat(coded.map(each => Buffer.from(each)))))) return false
  }
  return true
}

/** What ends a content that was framed by chunks. */
export function lastChunk(trailers: FieldList): Buffer {
  return writeHead('0', trailers)
}

async function write(socket: Duplex, bytes: Buffer): Promise<boolean> {
  if (socket.destroyed) return false
  if (socket.write(bytes)) return true
  await new Promise<void>(resolve => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle)
      resolve()
    }
    socket.on('drain', settle).on('close', settle)
  })
  return !socket.destroyed
}
