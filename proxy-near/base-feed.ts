// The base of a speculation while it arrives.
// Knows: Brotli, how much was announced. Does not know: verdicts; nothing of it reaches a client before one.
import { createBrotliDecompress } from 'node:zlib'
import { Feed } from '../shared/exchange/feed.ts'
import { Fault, asFault } from '../shared/fault.ts'

// Most pages fit.
const FIRST_BYTES = 256 * 1024

/** A base while it arrives: what of it can be decoded so far. */
export class BaseFeed {
  readonly digest: string
  readonly feed = new Feed(createBrotliDecompress())
  readonly #announced: number
  #content: Uint8Array
  #length = 0

  constructor(digest: string, length: number) {
    this.digest = digest
    this.#announced = length
    // What is announced need not come: far may be made to say anything.
    this.#content = new Uint8Array(Math.min(length, FIRST_BYTES))
  }

  async take(bytes: Uint8Array): Promise<void> {
    try {
      for await (const decoded of this.feed.unfold(bytes)) this.#put(decoded)
    } catch (error) {
      throw asFault(error, 'LINK_BAD_PART')
    }
  }

  #put(decoded: Uint8Array): void {
    const length = this.#length + decoded.length
    if (length > this.#announced) throw new Fault('LINK_BAD_PART', 'A base is longer than it was said to be.')
    if (length > this.#content.length) {
      const grown = new Uint8Array(Math.min(this.#announced, Math.max(length, 2 * this.#content.length)))
      grown.set(this.#content.subarray(0, this.#length))
      this.#content = grown
    }
    this.#content.set(decoded, this.#length)
    this.#length = length
  }

  content(start: number, end: number): Uint8Array {
    if (end > this.#length) throw new Fault('LINK_BAD_PART', 'More of a base was used than was sent.')
    return this.#content.subarray(start, end)
  }
}
