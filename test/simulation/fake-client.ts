// A client of near: a response that is written to it, in memory, as Node's HTTP/1.1 server has one.
// Knows: what ClientResponse calls. Does not know: what a right response is (judge.ts).
import { Writable } from 'node:stream'
import { type FieldList, fromRaw } from '../../shared/http/fields.ts'

export class FakeClient extends Writable {
  sendDate = true
  headersSent = false
  readonly shouldKeepAlive = true
  status: number | undefined
  fields: FieldList = []
  readonly #pieces: Uint8Array[] = []
  #receivedBytes = 0
  readonly #leavesAt: number

  /** The client breaks off when it has had more than that. */
  constructor(leavesAt: number | undefined) {
    super()
    this.#leavesAt = leavesAt ?? Number.POSITIVE_INFINITY
    this.on('error', () => {})
  }

  writeHead(status: number, raw: readonly string[]): void {
    if (this.headersSent) throw new Error('two heads')
    this.headersSent = true
    this.status = status
    this.fields = fromRaw(raw)
  }

  writeInformation(): void {}

  addTrailers(): void {}

  get content(): Buffer {
    return Buffer.concat(this.#pieces)
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    // A copy: what is damaged in a store later was right when it was given.
    this.#pieces.push(Buffer.from(chunk))
    this.#receivedBytes += chunk.length
    done()
    if (this.#receivedBytes > this.#leavesAt) this.destroy()
  }
}
