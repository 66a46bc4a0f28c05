// The SHA-256 of a content while it passes, with its value so far.
// Knows: node:crypto. Does not know: where the content comes from.
import { createHash, type Hash } from 'node:crypto'
import { type Digest, shorten } from '../version.ts'

export class RunningDigest {
  readonly #hash: Hash = createHash('sha256')
  #length = 0

  get length(): number {
    return this.#length
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#length += bytes.length
  }

  /** The digest of all content so far; more may follow. */
  digest(): Digest {
    return this.#hash.copy().digest('hex')
  }

  /** The short digest of all content so far, as a `check` part has it. */
  short(): string {
    return shorten(this.digest())
  }
}
