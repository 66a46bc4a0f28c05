// A client's response that can be continued by another answer when the link breaks under the first: the other one's
// beginning is compared with what the client has, and only what follows is given.
// Knows: what the client was given. Does not know: asks, the link.
//
// 1. The client gets the content of one answer, verified to its end by that answer's digest: what it had before is the
//    same as that answer's beginning, by SHA-256.
// 2. The heads of both say the same, or name the same strong validator (RFC 9110 §8.8.1).
import { RunningDigest } from '../shared/exchange/running-digest.ts'
import { Fault } from '../shared/fault.ts'
import { type FieldList, valueOf } from '../shared/http/fields.ts'
import type { AnswerSink } from './ask-far.ts'

// As much is brought over the link again. Of longer contents a client that needs it asks for the rest by itself.
const MAX_BYTES = 1_048_576
// They differ from answer to answer, whatever the answer is (RFC 9110 §6.6.1, RFC 9111 §5.1, RFC 9211).
const ofOneAnswer: ReadonlySet<string> = new Set(['age', 'cache-status', 'date', 'server-timing'])

interface Head {
  readonly status: number
  readonly fields: FieldList
  readonly contentLength: number | undefined | null
}

export class ResumableResponse implements AnswerSink {
  readonly #response: AnswerSink
  /** Of what the client was given. */
  readonly #given = new RunningDigest()
  #head: Head | undefined
  #begun = false
  /** Of what this answer has brought, while that is what the client has already. */
  #again: RunningDigest | undefined

  constructor(response: AnswerSink) {
    this.#response = response
  }

  get gone(): AbortSignal {
    return this.#response.gone
  }

  /** Whether the present answer has begun. */
  get begun(): boolean {
    return this.#begun
  }

  /** What the client has. */
  get state(): 'nothing' | 'beginning' | 'much' {
    if (!this.#head) return 'nothing'
    return this.#given.length < MAX_BYTES ? 'beginning' : 'much'
  }

  /** Another answer follows, from its beginning. */
  restart(): void {
    this.#begun = false
    this.#again = this.#head && new RunningDigest()
  }

  inform(status: number, fields: FieldList): void {
    if (!this.#head) this.#response.inform(status, fields)
  }

  begin(status: number, fields: FieldList, contentLength: number | undefined | null): void {
    const head: Head = { status, fields, contentLength }
    if (this.#head && !isSame(this.#head, head)) throw changed()
    if (!this.#head) this.#response.begin(status, fields, contentLength)
    this.#head ??= head
    this.#begun = true
  }

  async write(bytes: Uint8Array): Promise<void> {
    const fresh = this.#again ? this.#skip(this.#again, bytes) : bytes
    if (fresh.length === 0) return
    if (this.#given.length < MAX_BYTES) this.#given.update(fresh)
    await this.#response.write(fresh)
  }

  /** What of `bytes` the client has not. */
  #skip(again: RunningDigest, bytes: Uint8Array): Uint8Array {
    const had = bytes.subarray(0, this.#given.length - again.length)
    again.update(had)
    if (again.length < this.#given.length) return bytes.subarray(had.length)
    this.#again = undefined
    if (again.digest() !== this.#given.digest()) throw changed()
    return bytes.subarray(had.length)
  }

  end(trailers?: FieldList): void {
    if (this.#again && this.#again.length < this.#given.length) throw changed()
    this.#response.end(trailers)
  }

  flushHead(): void {
    if (!this.#again) this.#response.flushHead()
  }
}

function isSame(one: Head, other: Head): boolean {
  if (one.status !== other.status) return false
  // A client that was not told the length learns the end from the connection. One that was told it takes the last byte for
  // the end, and so far must know the length again, for near to hold that byte until all is verified (reception.ts).
  if (one.contentLength !== undefined && one.contentLength !== other.contentLength) return false
  const tag = valueOf(one.fields, 'etag')
  if (tag?.startsWith('"')) return tag === valueOf(other.fields, 'etag')
  return describe(one.fields) === describe(other.fields)
}

function describe(fields: FieldList): string {
  return JSON.stringify(fields.filter(([name]) => !ofOneAnswer.has(name.toLowerCase())))
}

function changed(): Fault {
  return new Fault('LINK_CLOSED', 'The link broke in the middle of an answer, and the next answer was another.')
}
