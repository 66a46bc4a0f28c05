// Bytes that arrive in chunks and are taken in pieces of other sizes.
// Knows: chunks. Does not copy a piece that lies within one chunk. Does not know: formats, streams.

export class ByteQueue {
  #chunks: Uint8Array[] = []
  #first = 0
  #offset = 0
  #length = 0

  /** How many bytes are held. */
  get length(): number {
    return this.#length
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** The first `bytes` bytes, or fewer when fewer are held; they stay in the queue. */
  peek(bytes: number): Uint8Array {
    const wanted = Math.min(bytes, this.#length)
    const head = this.#chunks[this.#first]
    if (head === undefined) return new Uint8Array(0)
    if (head.length - this.#offset >= wanted) return head.subarray(this.#offset, this.#offset + wanted)
    const joined = new Uint8Array(wanted)
    let filled = 0
    let offset = this.#offset
    for (let i = this.#first; filled < wanted; i++) {
      const piece = this.#chunks[i]!.subarray(offset, offset + wanted - filled)
      joined.set(piece, filled)
      filled += piece.length
      offset = 0
    }
    return joined
  }

  /** Drops the first `bytes` bytes, which must be held. */
  drop(bytes: number): void {
    this.#length -= bytes
    let rest = bytes
    while (rest > 0) {
      const left = this.#chunks[this.#first]!.length - this.#offset
      if (rest < left) {
        this.#offset += rest
        break
      }
      rest -= left
      this.#chunks[this.#first] = new Uint8Array(0)
      this.#first++
      this.#offset = 0
    }
    // Dropped slots are given back once they are half of the list, so that dropping stays linear.
    if (this.#first > 32 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first)
      this.#first = 0
    }
  }

  /** Takes the first `bytes` bytes out; they must be held. */
  take(bytes: number): Uint8Array {
    const piece = this.peek(bytes)
    this.drop(bytes)
    return piece
  }
}
