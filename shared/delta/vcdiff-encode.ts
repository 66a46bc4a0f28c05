// Makes a VCDIFF delta (RFC 3284) from a base index and a target that arrives in chunks, window by window.
// Knows: the header, when a window is full. Does not know: streams, compression, how matches are found.
// Invariant 1: each window can be decoded on its own with the base, so what was flushed never waits for what follows.

import type { BaseIndex } from './base-index.ts'
import { ByteQueue } from './byte-queue.ts'
import { ByteSink } from './byte-sink.ts'
import { type Effort, efforts } from './effort.ts'
import { parseLazily } from './parse-lazy.ts'
import { parseOptimally } from './parse-optimal.ts'
import { linkCosts, plainCosts } from './vcdiff-costs.ts'
import { HEADER_APPLICATION, MAGIC, PLAIN_HEADER } from './vcdiff-layout.ts'
import { WindowWriter } from './vcdiff-window.ts'

// xdelta3 makes windows of 8 MiB and refuses windows beyond 16 MiB. A window is held in memory, some five times over.
export const MAX_WINDOW_BYTES = 8 * 1024 * 1024

export interface VcdiffOptions {
  readonly effort: Effort
  /** Whether each window carries the Adler-32 of its target. */
  readonly checksum: boolean
  /** On the link the header is left out, and windows are parsed for what Brotli makes of them. */
  readonly framing: 'file' | 'link'
  /** Noted in the header, for a person or a program; not needed to decode. */
  readonly application?: Uint8Array
}

/** A stretch of the base with its index: what the copies of one window come from. */
export interface IndexedSegment {
  /** Where the stretch begins in the base. */
  readonly at: number
  readonly index: BaseIndex
}

/** Says which stretch of a base a target window is encoded against. */
export interface SegmentSource {
  segmentFor(target: Uint8Array): IndexedSegment
}

/** The source for a base that is indexed as a whole. */
export function wholeSegment(index: BaseIndex): SegmentSource {
  const segment = { at: 0, index }
  return { segmentFor: () => segment }
}

export class VcdiffEncoding {
  readonly #source: SegmentSource
  readonly #options: VcdiffOptions
  readonly #queue = new ByteQueue()
  #started = false

  constructor(source: SegmentSource, options: VcdiffOptions) {
    this.#source = source
    this.#options = options
  }

  push(target: Uint8Array): void {
    this.#queue.push(target)
  }

  /** The next full window, or nothing until more is pushed. */
  next(): Uint8Array | undefined {
    return this.#queue.length >= MAX_WINDOW_BYTES ? this.#encode(MAX_WINDOW_BYTES) : undefined
  }

  /** What was pushed and not given out yet, as a window. Ends the delta as well as the window: nothing follows it. */
  flush(): Uint8Array {
    if (this.#queue.length > 0) return this.#encode(this.#queue.length)
    return this.#start()
  }

  #encode(bytes: number): Uint8Array {
    const target = this.#queue.take(bytes)
    const { at, index } = this.#source.segmentFor(target)
    const writer = new WindowWriter({ at, bytes: index.base.length }, target)
    this.#parse(index, target, writer)
    return Buffer.concat([this.#start(), writer.finish(this.#options.checksum)])
  }

  #parse(index: BaseIndex, target: Uint8Array, writer: WindowWriter): void {
    const { search, optimalUpToBytes } = efforts[this.#options.effort]
    if (target.length > optimalUpToBytes) return parseLazily(index, target, search, writer)
    const costs = this.#options.framing === 'link' ? linkCosts : plainCosts
    parseOptimally(index, target, search, costs, writer)
  }

  #start(): Uint8Array {
    if (this.#started || this.#options.framing === 'link') return new Uint8Array(0)
    this.#started = true
    return encodeHeader(this.#options.application)
  }
}

function encodeHeader(application: Uint8Array | undefined): Uint8Array {
  if (application === undefined) return PLAIN_HEADER
  const header = new ByteSink(application.length + 16)
  header.bytes(MAGIC)
  header.byte(HEADER_APPLICATION)
  header.integer(application.length)
  header.bytes(application)
  return header.taken()
}
