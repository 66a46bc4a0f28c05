// Sends a version while the origin has not answered, and stops at once when it has.
// Knows: segments, the answer's stream. Does not know: whether speculating pays (plan-speculation.ts), what else is on
// the link (schedule.ts).
//
// Invariant: `sentLength` counts content that near can decode from what was written: it grows at flushes only.
import { RunningDigest } from '../shared/exchange/running-digest.ts'
import type { Part } from '../shared/link/parts.ts'
import { segmentsOf } from '../shared/store/segments.ts'
import type { Version } from '../shared/version.ts'
import type { AnswerStream } from './answer-stream.ts'

export class SpeculationPump {
  readonly #answer: AnswerStream
  readonly #version: Version
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
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

  /** Bytes of base parts that were sent. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** How much of the content near can decode. */
  get sentLength(): number {
    return this.#sentLength
  }

  /** Takes back what waits to be sent; resolves when what has begun to go out is out. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  /** Sends the rest of a speculation that was stopped and then confirmed; near may release each segment. */
  async sendRest(): Promise<void> {
    const { content } = this.#version
    const digest = new RunningDigest()
    digest.update(content.subarray(0, this.#sentLength))
    await this.#answer.send({ kind: 'check', length: digest.length, digest: digest.short() })
    let end = 0
    for (const { bytes, contentEnd } of await segmentsOf(content)) {
      end += bytes.length
      if (end <= this.#sentBytes) continue
      digest.update(content.subarray(digest.length, contentEnd))
      const rest = bytes.subarray(bytes.length - (end - this.#sentBytes))
      const check: Part = { kind: 'check', length: digest.length, digest: digest.short() }
      await this.#answer.send({ kind: 'base-bytes', bytes: rest }, check)
      this.#sentBytes = end
      this.#sentLength = contentEnd
    }
  }

  /** By pieces that fill a packet, wherever segments end: each goes out as soon as nothing else is to be sent. */
  async #run(): Promise<void> {
    const { digest, content } = this.#version
    const { signal } = this.#stopping
    const segments = await segmentsOf(content)
    const stream = Buffer.concat(segments.map(({ bytes }) => bytes))
    let announcement: readonly Part[] = [{ kind: 'speculation', digest, length: content.length }]
    let next = 0
    let nextEnd = segments[0]?.bytes.length ?? 0
    while (this.#sentBytes < stream.length) {
      const room = this.#answer.pieceBytes - PART_HEADER_BYTES - announcement.length * ANNOUNCEMENT_BYTES
      const bytes = stream.subarray(this.#sentBytes, this.#sentBytes + room)
      if (!(await this.#answer.speculate([...announcement, { kind: 'base-bytes', bytes }], signal))) return
      announcement = []
      this.#announced = true
      this.#sentBytes += bytes.length
      for (let segment = segments[next]; segment && nextEnd <= this.#sentBytes; segment = segments[next]) {
        this.#sentLength = segment.contentEnd
        next += 1
        nextEnd += segments[next]?.bytes.length ?? 0
      }
    }
  }

  /** Whether near was told of this speculation at all. */
  get announced(): boolean {
    return this.#announced
  }
}

// Type and length of a part (RFC 9000 §16), and a whole part that announces a speculation.
const PART_HEADER_BYTES = 5
const ANNOUNCEMENT_BYTES = 48
