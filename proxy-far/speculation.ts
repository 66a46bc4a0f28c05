// Sends a version while the origin has not answered, and stops at the next flush when it has.
// Knows: Brotli, the answer's stream. Does not know: whether speculating pays (plan-speculation.ts).
//
// Invariant: `sentLength` counts content that near can decode from what was written: it grows at flushes only.
import { constants, createBrotliCompress } from 'node:zlib'
import { RunningDigest } from '../shared/exchange/running-digest.ts'
import type { Part } from '../shared/link/parts.ts'
import type { Version } from '../shared/version.ts'
import type { AnswerStream } from './answer-stream.ts'

export interface Segment {
  readonly bytes: Uint8Array
  /** How much of the content near can decode once it has this segment and those before. */
  readonly contentEnd: number
}

// A flush costs a new set of Huffman codes: at 8 KiB of text about 4 % of its 2 kB compressed, and it is what a
// verdict may have to wait for: half a second at 28.8 kbit/s.
const SEGMENT_CONTENT_BYTES = 8 * 1024
const QUALITY = 7

const prepared = new WeakMap<Version, Promise<readonly Segment[]>>()

/** The compressed form of a version in segments, made once and kept as long as the version is. */
export function prepareSpeculation(version: Version): Promise<readonly Segment[]> {
  const known = prepared.get(version)
  if (known) return known
  const segments = compressInSegments(version.content)
  prepared.set(version, segments)
  return segments
}

export class SpeculationPump {
  readonly #answer: AnswerStream
  readonly #version: Version
  readonly #running: Promise<void>
  #stopped = false
  #announced = false
  #sentLength = 0
  #sentBytes = 0

  /** Starts at once. */
  constructor(answer: AnswerStream, version: Version) {
    this.#answer = answer
    this.#version = version
    this.#running = this.#run()
    // Its failure is that of the stream, which whoever writes next sees too.
    this.#running.catch(() => {})
  }

  get version(): Version {
    return this.#version
  }

  /** Bytes of base parts that were written. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** How much of the content near can decode. */
  get sentLength(): number {
    return this.#sentLength
  }

  /** Sends nothing new; resolves when what was begun is written. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  /** Sends the rest of a speculation that was stopped and then confirmed; near may release each segment. */
  async sendRest(): Promise<void> {
    const { content } = this.#version
    const digest = new RunningDigest()
    digest.update(content.subarray(0, this.#sentLength))
    await this.#answer.send({ kind: 'check', length: digest.length, digest: digest.short() })
    for (const segment of await prepareSpeculation(this.#version)) {
      if (segment.contentEnd <= this.#sentLength) continue
      digest.update(content.subarray(this.#sentLength, segment.contentEnd))
      await this.#sendSegment(segment, { kind: 'check', length: digest.length, digest: digest.short() })
    }
  }

  async #run(): Promise<void> {
    const segments = await prepareSpeculation(this.#version)
    if (this.#stopped) return
    const { digest, content } = this.#version
    this.#announced = true
    await this.#answer.send({ kind: 'speculation', digest, length: content.length })
    for (const segment of segments) {
      if (this.#stopped) return
      await this.#sendSegment(segment)
    }
  }

  async #sendSegment(segment: Segment, ...more: readonly Part[]): Promise<void> {
    await this.#answer.deliver({ kind: 'base-bytes', bytes: segment.bytes }, ...more)
    this.#sentBytes += segment.bytes.length
    this.#sentLength = segment.contentEnd
  }

  /** Whether near was told of this speculation at all. */
  get announced(): boolean {
    return this.#announced
  }
}

async function compressInSegments(content: Uint8Array): Promise<readonly Segment[]> {
  const brotli = createBrotliCompress({
    params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    flush: constants.BROTLI_OPERATION_PROCESS,
  })
  const segments: Segment[] = []
  for (let start = 0; start < content.length; start += SEGMENT_CONTENT_BYTES) {
    const contentEnd = Math.min(start + SEGMENT_CONTENT_BYTES, content.length)
    brotli.write(content.subarray(start, contentEnd))
    await new Promise<void>(resolve => brotli.flush(resolve))
    const pieces: Uint8Array[] = []
    for (let piece = brotli.read(); piece !== null; piece = brotli.read()) pieces.push(piece as Uint8Array)
    segments.push({ bytes: Buffer.concat(pieces), contentEnd })
  }
  brotli.destroy()
  return segments
}
