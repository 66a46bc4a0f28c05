// Reads the first TLS message of a client, as far as near needs it: for whom it is, and what is to be spoken inside.
// Knows: records and ClientHello (RFC 8446 §4.1.2, §5.1). Does not know: sockets, what is done with it.
import type { FirstWords } from '../shared/exchange/plan-connect.ts'

// RFC 8446 §5.1: one record carries 2^14 bytes at most. Real ClientHellos have 0.2 to 2 KiB, and several keys of the
// post-quantum kind about 4; what is larger is tunnelled.
export const MAX_HELLO_BYTES = 16 * 1024 + 5

const HANDSHAKE_RECORD = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const PROTOCOLS = 16

/** What `bytes` say, from the first byte of a connection on; undefined while more are needed to know. */
export function readFirstWords(bytes: Uint8Array): FirstWords | undefined {
  const message = gatherMessage(bytes)
  if (message === 'other') return { kind: 'other' }
  if (message === 'more') return bytes.length >= MAX_HELLO_BYTES ? { kind: 'other' } : undefined
  try {
    return readClientHello(new Cursor(message))
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'other' }
    throw error
  }
}

/** The first handshake message, which may come in several records (RFC 8446 §5.1). */
function gatherMessage(bytes: Uint8Array): Uint8Array | 'more' | 'other' {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const pieces: Uint8Array[] = []
  let gathered = 0
  for (let at = 0; ; ) {
    // Major version 3 is SSL 3.0 and all of TLS.
    if ((view[at] ?? HANDSHAKE_RECORD) !== HANDSHAKE_RECORD || (view[at + 1] ?? 3) !== 3) return 'other'
    if (view.length < at + 5) return 'more'
    const length = view.readUInt16BE(at + 3)
    if (length === 0 || length > MAX_HELLO_BYTES - 5) return 'other'
    pieces.push(view.subarray(at + 5, at + 5 + length))
    gathered += Math.min(length, view.length - at - 5)
    const message = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
    if (gathered > 0 && message[0] !== CLIENT_HELLO) return 'other'
    const wanted =
      gathered >= 4 ? 4 + ((message[1]! << 16) | (message[2]! << 8) | message[3]!) : Number.MAX_SAFE_INTEGER
    if (gathered >= wanted) return message.subarray(4, wanted)
    at += 5 + length
    if (view.length <= at) return 'more'
  }
}

function readClientHello(hello: Cursor): FirstWords {
  hello.skip(2 + 32) // legacy_version, random
  hello.take(1) // legacy_session_id
  hello.take(2) // cipher_suites
  hello.take(1) // legacy_compression_methods
  let serverName: string | undefined
  let protocols: string[] | undefined
  const extensions = hello.atEnd ? hello : hello.take(2)
  while (!extensions.atEnd) {
    const type = extensions.number(2)
    const extension = extensions.take(2)
    if (type === SERVER_NAME) serverName = readServerName(extension)
    if (type === PROTOCOLS) protocols = readProtocols(extension)
  }
  return { kind: 'client-hello', serverName, protocols }
}

/** RFC 6066 §3: the only kind of name there is has type 0. */
function readServerName(extension: Cursor): string | undefined {
  const names = extension.take(2)
  while (!names.atEnd) {
    const type = names.number(1)
    const name = names.take(2)
    if (type === 0) return name.text()
  }
  return undefined
}

/** RFC 7301 §3.1. */
function readProtocols(extension: Cursor): string[] {
  const names = extension.take(2)
  const protocols: string[] = []
  while (!names.atEnd) protocols.push(names.take(1).text())
  return protocols
}

/** Reads from the front; raises RangeError where nothing is left. */
class Cursor {
  #rest: Buffer

  constructor(bytes: Uint8Array) {
    this.#rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get atEnd(): boolean {
    return this.#rest.length === 0
  }

  skip(length: number): void {
    if (length > this.#rest.length) throw new RangeError('The message ends too early.')
    this.#rest = this.#rest.subarray(length)
  }

  number(length: 1 | 2): number {
    const value = this.#rest.readUIntBE(0, length)
    this.skip(length)
    return value
  }

  /** A vector: a length of `lengthBytes` bytes, and that many bytes. */
  take(lengthBytes: 1 | 2): Cursor {
    const length = this.number(lengthBytes)
    const taken = this.#rest.subarray(0, length)
    this.skip(length)
    return new Cursor(taken)
  }

  text(): string {
    return this.#rest.toString('latin1')
  }
}
