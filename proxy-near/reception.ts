// Receives one answer from far: rebuilds the content from base, delta or whole, and releases only what is verified.
// Knows: parts and their order, decoders, the versions that were named. Does not know: clients, whether to ask again.
//
// Invariants:
// 1. Content that was rebuilt (confirmed, delta) is released when a check or the end part covers it, never before.
// 2. A content ends without a fault only when its digest and length are those of the end part. Where the client knows
//    the length, the bytes that complete it are held until then; else it waits for the end of the chunks.
import type { ClientHttp2Stream } from 'node:http2'
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib'
import { createDeltaDecoder } from '../shared/delta/format.ts'
import { Feed } from '../shared/exchange/feed.ts'
import { RunningDigest } from '../shared/exchange/running-digest.ts'
import { Fault, asFault, isFaultCode } from '../shared/fault.ts'
import type { FieldList } from '../shared/http/fields.ts'
import type { Way } from '../shared/http/cache-status.ts'
import { type Head, type HeadFacts, decodeHead, decodeTrailers, fieldsId } from '../shared/link/head.ts'
import { type AnswerState, advance } from '../shared/link/order.ts'
import { type Part, PartReader } from '../shared/link/parts.ts'
import { type Version, shorten } from '../shared/version.ts'
import { BaseFeed } from './base-feed.ts'

export type Verdict = Extract<Part, { kind: 'confirmation' | 'delta' | 'whole' | 'end' }>

export interface ReceptionOptions {
  /** The versions that the ask named. */
  readonly bases: readonly Version[]
  /** A delta that makes more is refused. */
  readonly maxTargetBytes: number
  /** A base that is longer, and rebuilt content beyond it that far neither checks nor ends, is refused. */
  readonly maxHeldBytes: number
  /** Interim responses (RFC 9110 §15.2) as they come. */
  readonly onInterim?: (status: number, fields: FieldList) => void
}

/** Bytes of content parts that came over the link. */
export interface ReceivedBytes {
  base: number
  delta: number
  whole: number
}

// A stream and its thread cost more than to decompress this here.
const AT_ONCE_BYTES = 64 * 1024

export class Reception {
  readonly #parts: AsyncGenerator<Part>
  readonly #options: ReceptionOptions
  readonly #digest = new RunningDigest()
  readonly received: ReceivedBytes = { base: 0, delta: 0, whole: 0 }
  #base: BaseFeed | undefined
  #verdict: Verdict | undefined
  #facts: HeadFacts = {}
  #trailers: FieldList = []

  constructor(stream: ClientHttp2Stream, options: ReceptionOptions) {
    this.#parts = readParts(stream)
    this.#options = options
  }

  /** Which way the content comes; known once `open` has resolved. */
  get way(): Way {
    switch (this.#verdict?.kind) {
      case 'confirmation':
        return 'confirmed'
      case 'delta':
        return this.#base ? 'corrected' : 'delta'
      default:
        return this.#base ? 'abandoned' : 'whole'
    }
  }

  /** Reads up to the verdict. Raises the fault that far reports, LINK_BAD_PART, LINK_CLOSED. */
  async open(): Promise<Head> {
    let head: Head | undefined
    for (let next = await this.#parts.next(); !next.done; next = await this.#parts.next()) {
      const part = next.value
      switch (part.kind) {
        case 'speculation':
          this.#base = this.#openBase(part.digest, part.length)
          break
        case 'base-bytes':
          await this.#takeBase(part.bytes)
          break
        case 'interim': {
          const { status, fields } = decodeHead(part.bytes, () => undefined)
          this.#options.onInterim?.(status, fields)
          break
        }
        case 'head':
          head = decodeHead(part.bytes, id => this.#fieldsOf(id))
          this.#facts = head.facts
          break
        case 'confirmation':
        case 'delta':
        case 'whole':
        case 'end':
          this.#verdict = part
          // The order of parts (order.ts) puts a head before every verdict.
          return head as Head
        default:
          throw faultOf(part)
      }
    }
    throw new Fault('LINK_CLOSED', 'The answer ended before its verdict.')
  }

  /** The content, as it is verified. Raises LINK_DIGEST, LINK_BAD_PART, DELTA_*, LINK_CLOSED and what far reports. */
  async *content(): AsyncGenerator<Uint8Array> {
    const verdict = this.#verdict as Verdict
    switch (verdict.kind) {
      case 'confirmation':
        yield* this.#confirmed(verdict.base)
        return
      case 'delta':
        yield* this.#rebuilt(verdict)
        return
      case 'whole':
        yield* this.#whole(verdict.coding)
        return
      case 'end':
        this.#verifyEnd(verdict)
    }
  }

  /** Digest and length of what was released; final when the content has ended. */
  get digest(): RunningDigest {
    return this.#digest
  }

  /** Trailer fields; complete when the content has ended. */
  get trailers(): FieldList {
    return this.#trailers
  }

  /** Releases what decoders hold; for answers that are given up. */
  destroy(): void {
    this.#base?.feed.destroy()
  }

  async *#confirmed(short: string): AsyncGenerator<Uint8Array> {
    const held = this.#options.bases.find(base => shorten(base.digest) === short)
    if (held) {
      // The end follows at once. Until it agrees, what near holds could be damaged, and another ask could mend it.
      this.#digest.update(held.content)
      for await (const part of this.#rest()) if (part.kind === 'end') this.#verifyEnd(part)
      yield held.content
      return
    }
    const base = this.#base
    if (!base || shorten(base.digest) !== short)
      throw new Fault('LINK_BAD_PART', 'A version was confirmed that near has not.')
    let released = 0
    const release = () => {
      const bytes = base.content(released, this.#digest.length)
      released = this.#digest.length
      return bytes
    }
    for await (const part of this.#rest()) {
      if (part.kind === 'base-bytes') await this.#takeBase(part.bytes)
      if (part.kind !== 'check' && part.kind !== 'end') continue
      this.#digest.update(base.content(this.#digest.length, part.length))
      if (part.kind === 'end') this.#verifyEnd(part)
      else this.#verifyCheck(part)
      yield release()
    }
  }

  async *#rebuilt(verdict: Extract<Part, { kind: 'delta' }>): AsyncGenerator<Uint8Array> {
    const base = this.#baseOf(verdict.base, verdict.baseLength)
    const { maxTargetBytes } = this.#options
    const decoder = new Feed(createDeltaDecoder(verdict.format, base, { framing: 'link', maxTargetBytes }))
    const held: Uint8Array[] = []
    let heldBytes = 0
    const hold = async (pieces: AsyncIterable<Uint8Array>) => {
      for await (const bytes of pieces) {
        this.#digest.update(bytes)
        held.push(bytes)
        heldBytes += bytes.length
        if (heldBytes > this.#options.maxHeldBytes)
          throw new Fault('LINK_BAD_PART', `A delta made ${heldBytes} bytes that nothing vouches for.`)
      }
    }
    try {
      for await (const part of this.#rest()) {
        if (part.kind === 'delta-bytes') {
          this.received.delta += part.bytes.length
          await hold(decoder.unfold(part.bytes))
        }
        if (part.kind === 'check') this.#verifyCheck(part)
        if (part.kind === 'end') {
          await hold(decoder.unfoldEnd())
          this.#verifyEnd(part)
        }
        if (part.kind !== 'check' && part.kind !== 'end') continue
        heldBytes = 0
        yield* held.splice(0)
      }
    } finally {
      decoder.destroy()
    }
  }

  async *#whole(coding: 'identity' | 'br'): AsyncGenerator<Uint8Array> {
    let decoder: Feed | undefined
    const unfold = (bytes: Uint8Array) => {
      if (coding === 'identity') return [bytes]
      if (!decoder && this.#isAll(bytes)) {
        return [brotliDecompressSync(bytes, { maxOutputLength: this.#facts.contentLength })]
      }
      decoder ??= new Feed(createBrotliDecompress())
      return decoder.unfold(bytes)
    }
    let last: Uint8Array = new Uint8Array(0)
    try {
      for await (const part of this.#rest()) {
        if (part.kind === 'whole-bytes') {
          this.received.whole += part.bytes.length
          for await (const bytes of unfold(part.bytes)) {
            this.#digest.update(bytes)
            if (!this.#isLast()) yield bytes
            else last = Buffer.concat([last, bytes])
          }
        }
        if (part.kind !== 'end') continue
        for await (const bytes of decoder ? decoder.unfoldEnd() : []) {
          this.#digest.update(bytes)
          this.#isLast()
          last = Buffer.concat([last, bytes])
        }
        this.#verifyEnd(part)
        if (last.length > 0) yield last
      }
    } catch (error) {
      throw asFault(error, 'LINK_BAD_PART')
    } finally {
      decoder?.destroy()
    }
  }

  /** Whether these bytes are a small content in full, compressed. */
  #isAll(bytes: Uint8Array): boolean {
    const { wholeBytes, contentLength = 0 } = this.#facts
    return wholeBytes === bytes.length && contentLength > 0 && contentLength <= AT_ONCE_BYTES
  }

  /** Whether the client would have all that was announced now. Raises LINK_BAD_PART beyond it. */
  #isLast(): boolean {
    const { contentLength } = this.#facts
    if (contentLength === undefined || this.#digest.length < contentLength) return false
    if (this.#digest.length === contentLength) return true
    throw new Fault('LINK_BAD_PART', `A content of ${contentLength} bytes goes on behind its end.`)
  }

  /** The parts behind the verdict; a failure among them is raised. */
  async *#rest(): AsyncGenerator<Part> {
    for (let next = await this.#parts.next(); !next.done; next = await this.#parts.next()) {
      if (next.value.kind === 'failure') throw faultOf(next.value)
      yield next.value
    }
  }

  #openBase(digest: string, length: number): BaseFeed {
    if (length > this.#options.maxHeldBytes) throw new Fault('LINK_BAD_PART', `A base of ${length} bytes is too large.`)
    return new BaseFeed(digest, length)
  }

  async #takeBase(bytes: Uint8Array): Promise<void> {
    this.received.base += bytes.length
    await this.#base?.take(bytes)
  }

  #baseOf(short: string, length: number): Uint8Array {
    const held = this.#options.bases.find(base => shorten(base.digest) === short)
    if (held && length === held.content.length) return held.content
    if (this.#base && shorten(this.#base.digest) === short) return this.#base.content(0, length)
    throw new Fault('LINK_BAD_PART', 'A delta was made from a base that near has not.')
  }

  #fieldsOf(id: string): FieldList | undefined {
    return this.#options.bases.find(base => fieldsId(base.fields) === id)?.fields
  }

  #verifyCheck(part: Extract<Part, { kind: 'check' }>): void {
    if (part.length === this.#digest.length && part.digest === this.#digest.short()) return
    throw new Fault('LINK_DIGEST', `The first ${part.length} bytes are not those that far sent.`)
  }

  #verifyEnd(part: Extract<Part, { kind: 'end' }>): void {
    const announced = this.#verdict?.kind === 'end' ? undefined : this.#facts.contentLength
    if (announced !== undefined && announced !== part.length) {
      throw new Fault('LINK_BAD_PART', `A content of ${part.length} bytes was announced with ${announced}.`)
    }
    if (part.length === this.#digest.length && part.digest === this.#digest.digest()) {
      this.#trailers = decodeTrailers(part.trailers)
      return
    }
    throw new Fault('LINK_DIGEST', `The content of ${part.length} bytes is not the one that far sent.`)
  }
}

async function* readParts(stream: ClientHttp2Stream): AsyncGenerator<Part> {
  const reader = new PartReader()
  let state: AnswerState = 'start'
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      for (const part of reader.push(chunk)) {
        state = advance(state, part.kind)
        yield part
      }
    }
  } catch (error) {
    // A stream may say that it closed too early when its last part was read a moment before: that part decides.
    if (state !== 'ended') throw asFault(error, 'LINK_CLOSED')
  }
  if (state !== 'ended') throw new Fault('LINK_CLOSED', 'The link broke in the middle of an answer.')
  reader.end()
}

function faultOf(part: Part): Fault {
  if (part.kind !== 'failure') return new Fault('LINK_BAD_PART', `A ${part.kind} part came before the verdict.`)
  return isFaultCode(part.code) ? new Fault(part.code, part.message) : new Fault('FAR_INTERNAL', part.message)
}
