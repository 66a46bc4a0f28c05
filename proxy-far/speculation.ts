// Sends a version while the origin has not answered, and stops at once when it has.
// Knows: the compressed form, the answer's stream. Does not know: whether speculating pays (plan-speculation.ts), what else is on
// the link (schedule.ts).
//
// Invariant: `sentLength` counts content that near can decode from what was written.
import { createBrotliDecompress } from 'node:zlib'
import { Feed } from '../shared/exchange/feed.ts'
import { RunningDigest } from '../shared/exchange/running-digest.ts'
import type { Part } from '../shared/link/parts.ts'
import { compressedOf, decodableLength } from '../shared/store/compressed.ts'
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

  /** How much of the content near can decode; known when it was stopped. */
  get sentLength(): number {
    return this.#sentLength
  }

  /** Takes back what waits to be sent; resolves when what has begun to go out is out. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    const { content } = this.#version
    const compressed = await compressedOf(content)
    const isAll = this.#sentBytes === compressed.length
    this.#sentLength = isAll ? content.length : await decodableLength(compressed.subarray(0, this.#sentBytes))
  }

  /** Sends the rest of a speculation that was stopped and then confirmed; near may release what each check covers. */
  async sendRest(): Promise<void> {
    const { content } = this.#version
    const compressed = await compressedOf(content)
    const digest = new RunningDigest()
    const check = (length: number): Part => {
      digest.update(content.subarray(digest.length, length))
      return { kind: 'check', length, digest: digest.short() }
    }
    const decoder = new Feed(createBrotliDecompress())
    try {
      let length = (await decoder.write(compressed.subarray(0, this.#sentBytes))).length
      await this.#answer.send(check(length))
      while (this.#sentBytes < compressed.length) {
        const bytes = compressed.subarray(this.#sentBytes, this.#sentBytes + CHECK_EVERY_BYTES)
        length += (await decoder.write(bytes)).length
        await this.#answer.send({ kind: 'base-bytes', bytes }, check(length))
        this.#sentBytes += bytes.length
        this.#sentLength = length
      }
    } finally {
      decoder.destroy()
    }
  }

  /** By pieces that fill a packet: each goes out as soon as nothing else is to be sent. */
  async #run(): Promise<void> {
    const { digest, content } = this.#version
    const { signal } = this.#stopping
    const compressed = await compressedOf(content)
    let announcement: readonly Part[] = [{ kind: 'speculation', digest, length: content.length }]
    while (this.#sentBytes < compressed.length) {
      const room = this.#answer.pieceBytes - PART_HEADER_BYTES - announcement.length * ANNOUNCEMENT_BYTES
      const bytes = compressed.subarray(this.#sentBytes, this.#sentBytes + room)
      if (!(await this.#answer.speculate([...announcement, { kind: 'base-bytes', bytes }], signal))) return
      announcement = []
      this.#announced = true
      this.#sentBytes += bytes.length
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
// Near releases what is checked; a check is 13 bytes.
const CHECK_EVERY_BYTES = 2048
