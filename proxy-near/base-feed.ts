// The base of a speculation while it arrives.
// Knows: Brotli, how much was announced. Does not know: verdicts; nothing of it reaches a client before one.
import { createBrotliDecompress } from 'node:zlib'
import { Feed } from '../shared/exchange/feed.ts'
import { Fault, asFault } from '../shared/fault.ts'

/** A base while it arrives: what of it can be decoded so far. */
export class BaseFeed {
  readonly digest: string
  readonly feed = new Feed(createBrotliDecompress())
  readonly #content: Uint8Array
  #length = 0

  constructor(digest: string, length: number) {
    this.digest = digest
    this.#content = new Uint8Array(length)
  }

  async take(bytes: Uint8Array): Promise<void> {
    const decoded = await this.feed.write(bytes).catch((error: unknown) => {
      throw asFault(error, 'LINK_BAD_PART')
    })
    if (this.#length + decoded.length > this.#content.length) {
      throw new Fault('LINK_BAD_PART', 'A base is longer than it was said to be.')
    }
    this.#content.set(decoded, this.#length)
    this.#length += decoded.length
  }

  content(start: number, end: number): Uint8Array {
    if (end > this.#length) throw new Fault('LINK_BAD_PART', 'More of a base was used than was sent.')
    return this.#content.subarray(start, end)
  }
}
