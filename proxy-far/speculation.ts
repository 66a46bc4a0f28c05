// Sends a version while the origin has not answered, and stops at the next flush when it has.
// Knows: segments, the answer's stream. Does not know: whether speculating pays (plan-speculation.ts).
//
// Invariant: `sentLength` counts content that near can decode from what was written: it grows at flushes only.
import { RunningDigest } from '../shared/exchange/running-digest.ts'
import type { Part } from '../shared/link/parts.ts'
import { type Segment, segmentsOf } from '../shared/store/segments.ts'
import type { Version } from '../shared/version.ts'
import type { AnswerStream } from './answer-stream.ts'

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
    for (const segment of await segmentsOf(this.#version.content)) {
      if (segment.contentEnd <= this.#sentLength) continue
      digest.update(content.subarray(this.#sentLength, segment.contentEnd))
      await this.#sendSegment(segment, { kind: 'check', length: digest.length, digest: digest.short() })
    }
  }

  async #run(): Promise<void> {
    const segments = await segmentsOf(this.#version.content)
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
