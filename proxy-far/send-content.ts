// Sends the content of an answer in the form that the verdict chose: confirmed, as a delta, or whole; from memory when
// it is known completely, else as the origin sends it.
// Knows: compressors, deltas in the making, parts. Does not know: why this form (plan-answer.ts), versions' stores.
import { constants, createBrotliCompress } from 'node:zlib'
import { createDeltaDecoder, type DeltaFormat } from '../shared/delta/format.ts'
import { RunningDigest } from '../shared/exchange/running-digest.ts'
import { EASY_QUALITY } from '../shared/exchange/whole-quality.ts'
import type { Part, WholeCoding } from '../shared/link/parts.ts'
import { compress, compressHere } from '../shared/store/compressed.ts'
import { type Version, shorten } from '../shared/version.ts'
import type { AnswerStream } from './answer-stream.ts'
import { Feed, type Stepwise } from '../shared/exchange/feed.ts'
import type { DeltaBase, MadeDelta, OpenDelta } from './make-delta.ts'
import type { Arrival } from './paused.ts'
import type { SpeculationPump } from './speculation.ts'

/** What was sent, for the log and for the version that is kept. */
export interface SentContent {
  readonly length: number
  readonly digest: string
  /** Bytes of content parts on the link. */
  readonly wireBytes: number
  /** The content, when it was gathered to be kept. */
  readonly content: Uint8Array | undefined
}

// Near releases nothing that no check covers, so a long delta is checked every so often: 13 bytes on the link for each.
const CHECK_EVERY_BYTES = 64 * 1024

/** Contents up to this length come from an origin at once, as ten packets do (RFC 6928), and are compressed within a millisecond. */
export const SMALL_BYTES = 14 * 1024

export type End = Extract<Part, { kind: 'end' }>

/** The part that ends a content which is known completely. `trailers`: as `encodeTrailers` gives them. */
export function endOf(content: Uint8Array, digest: string, trailers: Uint8Array = new Uint8Array(0)): End {
  return { kind: 'end', digest, length: content.length, trailers }
}

/** Sends head and confirmation at once, and the rest of the speculation if that is what is confirmed. */
export async function sendConfirmed(
  answer: AnswerStream,
  head: Part,
  version: Version,
  pump: SpeculationPump | undefined,
  end: End,
): Promise<SentContent> {
  const confirmation: Part = { kind: 'confirmation', base: shorten(version.digest) }
  const before = answer.sentBytes
  if (pump?.announced && pump.version.digest === version.digest) {
    await answer.send(head, confirmation)
    await pump.sendRest()
    await answer.send(end)
  } else {
    await answer.send(head, confirmation, end)
  }
  const wireBytes = answer.sentBytes - before
  return { length: version.content.length, digest: version.digest, wireBytes, content: version.content }
}

/** A content that is known completely, compressed as it is sent whole. */
export async function compressWhole(content: Uint8Array, quality: number): Promise<Uint8Array> {
  // To hand it to a thread and back takes longer than that.
  if (quality <= EASY_QUALITY && content.length <= SMALL_BYTES) return compressHere(content, quality)
  return compress(content, quality)
}

/**
 * Sends a delta that is complete: head, verdict and delta in one write. `releaseBytes`: of a delta that is longer, near may
 * release what it has made so often.
 */
export async function sendReadyDelta(
  answer: AnswerStream,
  head: Part,
  base: DeltaBase,
  delta: MadeDelta,
  content: Uint8Array,
  end: End,
  releaseBytes: number,
): Promise<SentContent> {
  const parts = await withChecks(base, delta, content, releaseBytes)
  await answer.send(head, deltaPart(delta.format, base), ...parts, end)
  return { length: content.length, digest: end.digest, wireBytes: delta.bytes.length, content }
}

/** The parts of a delta; one that is long comes in pieces, with a check behind each of what can be made of it so far. */
export async function withChecks(
  base: DeltaBase,
  { format, bytes }: MadeDelta,
  content: Uint8Array,
  everyBytes: number,
): Promise<readonly Part[]> {
  if (bytes.length < 2 * everyBytes) return [{ kind: 'delta-bytes', bytes }]
  const from = base.version.content.subarray(0, base.length)
  const decoder = new Feed(createDeltaDecoder(format, from, { framing: 'link', maxTargetBytes: content.length }))
  const digest = new RunningDigest()
  const parts: Part[] = []
  try {
    for (let start = 0; start < bytes.length; start += everyBytes) {
      const piece = bytes.subarray(start, start + everyBytes)
      parts.push({ kind: 'delta-bytes', bytes: piece })
      // What near makes of the same bytes is as much, however they come (shared/store/compressed.ts).
      const { length } = await decoder.write(piece)
      if (length === 0 || digest.length + length === content.length) continue
      digest.update(content.subarray(digest.length, digest.length + length))
      parts.push({ kind: 'check', length: digest.length, digest: digest.short() })
    }
  } finally {
    decoder.destroy()
  }
  return parts
}

/** Sends a whole content that is compressed already, or not worth compressing. */
export async function sendReadyWhole(
  answer: AnswerStream,
  head: Part,
  coding: WholeCoding,
  coded: Uint8Array,
  content: Uint8Array,
  end: End,
): Promise<SentContent> {
  await answer.send(head, { kind: 'whole', coding }, { kind: 'whole-bytes', bytes: coded }, end)
  return { length: content.length, digest: end.digest, wireBytes: coded.length, content }
}

export interface StreamedContent {
  readonly arrivals: AsyncIterable<Arrival>
  /** Contents up to this length are gathered for a version. 0: none. */
  readonly keepUpToBytes: number
  readonly trailers: () => Uint8Array
}

/** Sends a delta while its target still arrives; every window that near can decode is covered by a check. */
export async function streamDelta(
  answer: AnswerStream,
  head: Part,
  base: DeltaBase,
  { format, feed }: OpenDelta,
  streamed: StreamedContent,
): Promise<SentContent> {
  return stream(answer, [head, deltaPart(format, base)], feed, 'delta-bytes', streamed, CHECK_EVERY_BYTES)
}

/** Sends a whole content while it still arrives. */
export async function streamWhole(
  answer: AnswerStream,
  head: Part,
  coding: WholeCoding,
  streamed: StreamedContent,
): Promise<SentContent> {
  const verdict: readonly Part[] = [head, { kind: 'whole', coding }]
  return stream(answer, verdict, coding === 'br' ? brotliFeed() : undefined, 'whole-bytes', streamed, undefined)
}

/** Sends the verdict with the first bytes, in one packet where they fit, or by itself when the origin pauses before. */
async function stream(
  answer: AnswerStream,
  verdict: readonly Part[],
  feed: Stepwise | undefined,
  kind: 'delta-bytes' | 'whole-bytes',
  streamed: StreamedContent,
  checkEveryBytes: number | undefined,
): Promise<SentContent> {
  const digest = new RunningDigest()
  const kept: Uint8Array[] = []
  let wireBytes = 0
  let checkedLength = 0
  let waiting = verdict
  const send = async (bytes: Uint8Array, ...more: readonly Part[]) => {
    wireBytes += bytes.length
    const parts: readonly Part[] = [...waiting, ...(bytes.length > 0 ? [{ kind, bytes }] : []), ...more]
    waiting = []
    if (parts.length > 0) await answer.send(...parts)
  }
  const flush = async () => {
    if (!feed || digest.length === checkedLength) {
      await send(new Uint8Array(0))
      return
    }
    checkedLength = digest.length
    const check: Part = { kind: 'check', length: digest.length, digest: digest.short() }
    await send(await feed.flush(), ...(checkEveryBytes === undefined ? [] : [check]))
  }
  try {
    for await (const arrival of streamed.arrivals) {
      if (arrival.kind === 'pause') {
        await flush()
        continue
      }
      digest.update(arrival.bytes)
      if (digest.length <= streamed.keepUpToBytes) kept.push(arrival.bytes)
      const made = feed ? await feed.write(arrival.bytes) : arrival.bytes
      // A small content comes in one arrival, and its end right behind.
      const isFirst = digest.length === arrival.bytes.length
      if (made.length > 0 || !isFirst) await send(made)
      if (checkEveryBytes !== undefined && digest.length - checkedLength >= checkEveryBytes) await flush()
    }
    const last = feed ? await feed.end() : new Uint8Array(0)
    const whole = digest.digest()
    await send(last, { kind: 'end', digest: whole, length: digest.length, trailers: streamed.trailers() })
    const content = digest.length <= streamed.keepUpToBytes ? Buffer.concat(kept) : undefined
    return { length: digest.length, digest: whole, wireBytes, content }
  } finally {
    feed?.destroy()
  }
}

function brotliFeed(): Feed {
  const brotli = createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: EASY_QUALITY } })
  return new Feed(brotli, () => new Promise<void>(resolve => brotli.flush(resolve)))
}

function deltaPart(format: DeltaFormat, base: DeltaBase): Part {
  return { kind: 'delta', format, base: shorten(base.version.digest), baseLength: base.length }
}
