// Makes the delta of one answer: chooses format and effort by the link and the load, and has a thread encode it.
// Knows: the policy (choose.ts), the threads. Does not know: what becomes of the delta.
import { availableParallelism } from 'node:os'
import { chooseDelta, type DeltaChoice } from '../shared/delta/choose.ts'
import type { DeltaFormat } from '../shared/delta/format.ts'
import type { Thresholds } from '../shared/config/options.ts'
import type { Ask } from '../shared/link/ask.ts'
import type { Version } from '../shared/version.ts'
import { EncodePool } from './encode-pool.ts'
import { type EncodeStream, EncodeStreams } from './encode-streams.ts'
import { ProcessorLoad } from './processor-load.ts'

/** What near has of a version: all of it, or the prefix that a speculation delivered. */
export interface DeltaBase {
  readonly version: Version
  readonly length: number
}

export interface MadeDelta {
  readonly format: DeltaFormat
  readonly bytes: Uint8Array
  /** How long a thread worked on it. */
  readonly ms: number
}

/** A delta whose target still arrives. */
export interface OpenDelta {
  readonly format: DeltaFormat
  readonly feed: EncodeStream
}

// A line that nobody has measured yet is taken for a slow one: then bytes are worth more than milliseconds.
const UNKNOWN_BYTES_PER_SECOND = 125_000

export class DeltaMaker {
  readonly #pool: EncodePool
  readonly #streams = new EncodeStreams()
  readonly #load = new ProcessorLoad(performance.now())

  /** `processes`: how many share the machine; each gets its part of the threads. */
  constructor(processes = 1) {
    // One processor of each part is left to the event loop.
    this.#pool = new EncodePool({ threads: Math.max(1, Math.floor(availableParallelism() / processes) - 1) })
  }

  /** How busy this machine is, from 0 to 1. */
  get cpuLoad(): number {
    return this.#load.share(performance.now())
  }

  /** A delta may be wanted soon. */
  warm(): void {
    this.#pool.warm()
  }

  /** How many jobs wait for a thread, and how many run. */
  get load(): { readonly waiting: number; readonly running: number } {
    return this.#pool.load
  }

  /** The delta of a content that is known completely; undefined when none can be made now. */
  async make(
    base: DeltaBase,
    target: Uint8Array,
    ask: Ask,
    effort: Thresholds['deltaEffort'],
    signal: AbortSignal,
  ): Promise<MadeDelta | undefined> {
    const choice = this.#choose(base, target.length, ask, effort)
    if (choice.kind === 'skip') return undefined
    const result = await this.#pool.encode({
      baseKey: `${base.version.digest} ${base.length}`,
      base: bytesOf(base),
      target,
      attempts: choice.attempts,
      framing: 'link',
      signal,
    })
    return result.kind === 'encoded' ? { format: result.attempt.format, bytes: result.delta, ms: result.ms } : undefined
  }

  /** Begins the delta of a content that still arrives; undefined when near reads no format that fits. */
  open(base: DeltaBase, ask: Ask, effort: Thresholds['deltaEffort']): OpenDelta | undefined {
    // The new content is most often about as long as the old one.
    const choice = this.#choose(base, base.version.content.length, ask, effort)
    if (choice.kind === 'skip') return undefined
    const [attempt] = choice.attempts
    return { format: attempt.format, feed: this.#streams.open(bytesOf(base), attempt) }
  }

  /** Ends all threads; what is in the making fails. */
  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#streams.close()])
  }

  #choose(base: DeltaBase, targetBytes: number, ask: Ask, effort: Thresholds['deltaEffort']): DeltaChoice {
    const expectedRatio = ratioOfMissing(base)
    return chooseDelta({
      baseBytes: base.length,
      targetBytes,
      linkBytesPerSecond: ask.link.bandwidthBytesPerSecond ?? UNKNOWN_BYTES_PER_SECOND,
      cpuLoad: this.cpuLoad,
      formats: ask.formats,
      ...(expectedRatio === undefined ? {} : { expectedRatio }),
      ...(effort === 'auto' ? {} : { effort }),
    })
  }
}

/** What is missing of a base that came in part costs what it does in a whole, as a part of the content; else undefined. */
function ratioOfMissing({
  version: { content, wholeBytes = content.length / 4 },
  length,
}: DeltaBase): number | undefined {
  const missing = 1 - length / content.length
  return missing > 0 ? (missing * wholeBytes) / content.length : undefined
}

function bytesOf({ version, length }: DeltaBase): Uint8Array {
  return version.content.subarray(0, length)
}
