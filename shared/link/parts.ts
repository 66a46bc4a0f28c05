// The parts of an answer on the link, and how they are written: type, length, payload, as HTTP/3 frames are
// (RFC 9114 §7.1). docs/link.md is the normative text.
// Knows: bytes and bounds. Does not know: in which order parts may come (order.ts), what a head says (head.ts).
//
// Invariants:
// 1. Parts that carry content are given on as their bytes arrive; every other part is held whole and is at most
//    MAX_HELD_BYTES long. So a reader's memory is bounded whatever the other side sends.
// 2. Types that are not known are passed over, so that a later version of the protocol can add some.
import type { DeltaFormat } from '../delta/format.ts'
import { Fault } from '../fault.ts'
import { SHORT_DIGEST_BYTES } from '../version.ts'
import { decodeVarint, encodeVarint } from './varint.ts'

export type WholeCoding = 'identity' | 'br'

export type Part =
  /** A base is about to be sent, compressed with Brotli: its digest (hex) and its length when decoded. */
  | { readonly kind: 'speculation'; readonly digest: string; readonly length: number }
  | { readonly kind: 'base-bytes'; readonly bytes: Uint8Array }
  /** Status and fields, compressed (head.ts). */
  | { readonly kind: 'head'; readonly bytes: Uint8Array }
  /** An interim response (RFC 9110 §15.2): status and fields, as in a head. */
  | { readonly kind: 'interim'; readonly bytes: Uint8Array }
  /** The content is this version: the speculation, or one that near named (short digest, hex). */
  | { readonly kind: 'confirmation'; readonly base: string }
  /** A delta follows. `baseLength`: how much of the base it was made from, which may be a prefix. */
  | {
      readonly kind: 'delta'
      readonly format: DeltaFormat
      readonly base: string
      readonly baseLength: number
    }
  | { readonly kind: 'delta-bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'whole'; readonly coding: WholeCoding }
  | { readonly kind: 'whole-bytes'; readonly bytes: Uint8Array }
  /** All content up to `length` is right if its SHA-256 starts with `digest` (short, hex). */
  | { readonly kind: 'check'; readonly length: number; readonly digest: string }
  /** The content is complete: its digest (hex), its length, and the trailer fields as text (head.ts). */
  | { readonly kind: 'end'; readonly digest: string; readonly length: number; readonly trailers: Uint8Array }
  /** The answer ends here without its content. `code` is one of the table of faults. */
  | { readonly kind: 'failure'; readonly code: string; readonly message: string }

export type PartKind = Part['kind']

// The numbers are the wire's: they are never reused.
const typeOf = {
  speculation: 1,
  'base-bytes': 2,
  head: 3,
  confirmation: 4,
  delta: 5,
  'delta-bytes': 6,
  whole: 7,
  'whole-bytes': 8,
  check: 9,
  end: 10,
  failure: 11,
  interim: 12,
} as const satisfies Record<PartKind, number>

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table is complete and const
const kinds = Object.keys(typeOf) as readonly PartKind[]
const kindOf = new Map<number, PartKind>(kinds.map(kind => [typeOf[kind], kind]))

type HeldKind = Exclude<PartKind, StreamedKind>
type StreamedKind = Extract<PartKind, 'base-bytes' | 'delta-bytes' | 'whole-bytes'>

const formats = ['vcdiff', 'dcb'] as const satisfies readonly DeltaFormat[]
const codings = ['identity', 'br'] as const satisfies readonly WholeCoding[]

// Fields of 256 KiB are sixteen times what browsers and servers accept; compressed heads are smaller still.
export const MAX_HELD_BYTES = 256 * 1024
const DIGEST_BYTES = 32

/** The bytes of one part. */
export function encodePart(part: Part): Uint8Array {
  const payload = encodePayload(part)
  const length = payload.reduce((sum, piece) => sum + piece.length, 0)
  return Buffer.concat([encodeVarint(typeOf[part.kind]), encodeVarint(length), ...payload])
}

// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
function encodePayload(part: Part): Uint8Array[] {
  switch (part.kind) {
    case 'speculation':
      return [fromHex(part.digest), encodeVarint(part.length)]
    case 'base-bytes':
    case 'delta-bytes':
    case 'whole-bytes':
    case 'head':
    case 'interim':
      return [part.bytes]
    case 'confirmation':
      return [fromHex(part.base)]
    case 'delta':
      return [Uint8Array.of(formats.indexOf(part.format)), fromHex(part.base), encodeVarint(part.baseLength)]
    case 'whole':
      return [Uint8Array.of(codings.indexOf(part.coding))]
    case 'check':
      return [fromHex(part.digest), encodeVarint(part.length)]
    case 'end':
      return [fromHex(part.digest), encodeVarint(part.length), part.trailers]
    case 'failure':
      return [Buffer.from(`${part.code}\n${part.message}`)]
  }
}

/** Reads parts from the bytes of an answer, in whatever pieces these come. Raises LINK_BAD_PART. */
export class PartReader {
  #held: Uint8Array = new Uint8Array(0)
  /** The part whose payload is being passed on or over, and how much of it is still to come. */
  #current: { readonly kind: StreamedKind | undefined; remaining: number } | undefined;

  /** The parts, or pieces of content parts, that `bytes` completes. */
  *push(bytes: Uint8Array): Generator<Part, void> {
    let rest = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    for (;;) {
      if (this.#current) {
        const piece = rest.subarray(0, this.#current.remaining)
        rest = rest.subarray(piece.length)
        this.#current.remaining -= piece.length
        const { kind, remaining } = this.#current
        if (remaining === 0) this.#current = undefined
        if (piece.length > 0 && kind !== undefined) yield { kind, bytes: piece }
        if (remaining > 0) break
      }
      const header = readHeader(rest)
      if (!header) break
      const { kind, length, end } = header
      if (kind === undefined || isStreamed(kind)) {
        this.#current = { kind, remaining: length }
        rest = rest.subarray(end)
        continue
      }
      if (length > MAX_HELD_BYTES) throw malformed(`a ${kind} part of ${length} bytes; at most ${MAX_HELD_BYTES}`)
      if (rest.length < end + length) break
      const payload = rest.subarray(end, end + length)
      rest = rest.subarray(end + length)
      yield decodePayload(kind, payload)
    }
    // Copied, because what is held may be a small view of a large buffer.
    this.#held = this.#current ? new Uint8Array(0) : Uint8Array.from(rest)
  }

  /** Says that no more bytes come. Raises LINK_BAD_PART inside a part. */
  end(): void {
    if (this.#current || this.#held.length > 0) throw malformed('the answer ends inside a part')
  }
}

function isStreamed(kind: PartKind): kind is StreamedKind {
  return kind === 'base-bytes' || kind === 'delta-bytes' || kind === 'whole-bytes'
}

function readHeader(bytes: Uint8Array): { kind: PartKind | undefined; length: number; end: number } | undefined {
  const type = decodeVarint(bytes, 0)
  if (!type) return undefined
  const length = decodeVarint(bytes, type.end)
  if (!length) return undefined
  if (!Number.isFinite(length.value)) throw malformed('a part of more than 2^53 bytes')
  return { kind: kindOf.get(type.value), length: length.value, end: length.end }
}

// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
function decodePayload(kind: HeldKind, bytes: Uint8Array): Part {
  switch (kind) {
    case 'head':
    case 'interim':
      return { kind, bytes }
    case 'speculation':
      return { kind, digest: hex(bytes, 0, DIGEST_BYTES), length: lastNumber(kind, bytes, DIGEST_BYTES) }
    case 'confirmation':
      requireLength(kind, bytes, SHORT_DIGEST_BYTES)
      return { kind, base: hex(bytes, 0, SHORT_DIGEST_BYTES) }
    case 'delta':
      return {
        kind,
        format: oneOf(formats, bytes, kind),
        base: hex(bytes, 1, SHORT_DIGEST_BYTES),
        baseLength: lastNumber(kind, bytes, 1 + SHORT_DIGEST_BYTES),
      }
    case 'whole':
      requireLength(kind, bytes, 1)
      return { kind, coding: oneOf(codings, bytes, kind) }
    case 'check':
      return { kind, digest: hex(bytes, 0, SHORT_DIGEST_BYTES), length: lastNumber(kind, bytes, SHORT_DIGEST_BYTES) }
    case 'end': {
      const length = decodeVarint(bytes, DIGEST_BYTES)
      if (!length || !Number.isFinite(length.value)) throw malformed('an end part without its length')
      return { kind, digest: hex(bytes, 0, DIGEST_BYTES), length: length.value, trailers: bytes.subarray(length.end) }
    }
    case 'failure': {
      const text = Buffer.from(bytes).toString('utf8')
      const newline = text.indexOf('\n')
      if (newline < 0) throw malformed('a failure part without a code')
      return { kind, code: text.slice(0, newline), message: text.slice(newline + 1) }
    }
  }
}

function oneOf<Name extends string>(names: readonly Name[], bytes: Uint8Array, kind: PartKind): Name {
  const name = names[bytes[0] ?? -1]
  if (name === undefined) throw malformed(`a ${kind} part of an unknown sort`)
  return name
}

function requireLength(kind: PartKind, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw malformed(`a ${kind} part of ${bytes.length} bytes instead of ${length}`)
}

function hex(bytes: Uint8Array, offset: number, length: number): string {
  if (bytes.length < offset + length) throw malformed('a part without its digest')
  return Buffer.from(bytes.subarray(offset, offset + length)).toString('hex')
}

function lastNumber(kind: PartKind, bytes: Uint8Array, offset: number): number {
  const number = decodeVarint(bytes, offset)
  if (!number || number.end !== bytes.length || !Number.isFinite(number.value)) {
    throw malformed(`a ${kind} part whose length does not fit`)
  }
  return number.value
}

function fromHex(digest: string): Uint8Array {
  return Buffer.from(digest, 'hex')
}

function malformed(what: string): Fault {
  return new Fault('LINK_BAD_PART', `The answer holds ${what}.`)
}
