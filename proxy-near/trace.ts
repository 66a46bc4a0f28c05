// The trace of this near: a line about each exchange, when it has ended.
// Knows: what is worth telling. Does not know: how a line is written (trace-line.ts), the file, exchanges under way.
import type { Thresholds } from '../shared/config/options.ts'
import {
  beginTrace,
  siteOf,
  thresholdsBeside,
  type TracedExchange,
  writeExchange,
} from '../shared/exchange/trace-line.ts'
import { TraceFile, type TraceFileOptions } from '../store/trace-file.ts'
import type { LinkFigures } from './dashboard/activity.ts'
import type { Exchange } from './exchange-log.ts'
import type { LiveSettings } from './live-settings.ts'

export interface TraceOptions extends TraceFileOptions {
  readonly mode: string
  readonly thresholds: Thresholds
  /** Milliseconds since the epoch. */
  readonly now: number
}

export class Trace {
  readonly #options: TraceOptions
  readonly #file: TraceFile

  /** Raises CANNOT_READ when the file cannot be written. */
  constructor(options: TraceOptions) {
    const { now: startedAt, mode, showsNames: isNamed, thresholds } = options
    this.#options = options
    this.#file = TraceFile.open(options)
    this.#file.write(beginTrace({ startedAt, mode, isNamed, thresholds }))
  }

  /** Notes an exchange that has ended. */
  note(exchange: Exchange, link: LinkFigures, fault: string | undefined, settings: LiveSettings, now: number): void {
    if (!this.#file.isOpen) return
    const seen = traceExchange(exchange, link, fault, now)
    const set = thresholdsBeside(this.#options.thresholds, settings.of(seen.site).thresholds)
    const at = seen.at - this.#options.now
    const named = { site: this.#file.name(seen.site), url: this.#file.name(seen.url) }
    this.#file.write(writeExchange({ ...seen, at, ...named, ...(set ? { set } : {}) }))
  }

  /** Resolves when all that was noted is in the file. */
  close(): Promise<void> {
    return this.#file.close()
  }
}

/** What is worth knowing of an exchange that has ended, by its names as they are; `at` in milliseconds since the epoch. */
export function traceExchange(
  exchange: Exchange,
  link: LinkFigures,
  fault: string | undefined,
  now: number,
): TracedExchange {
  const { method, url, startedAt, status, way, firstByteMs, originWaitMs, wholeCostBytes, plan } = exchange
  const { contentBytes = 0, baseBytes = 0, deltaBytes = 0, wholeBytes = 0 } = exchange
  const { bandwidthBytesPerSecond: bandwidth, roundTripMs: roundTrip } = link
  return {
    at: startedAt,
    site: siteOf(url),
    url,
    method,
    ...(status === undefined ? {} : { status }),
    ...(way === undefined ? {} : { way }),
    ...(fault === undefined ? {} : { fault }),
    totalMs: now - startedAt,
    ...(firstByteMs === undefined ? {} : { firstByteMs }),
    ...(originWaitMs === undefined ? {} : { originWaitMs }),
    contentBytes,
    baseBytes,
    deltaBytes,
    wholeBytes,
    ...(wholeCostBytes === undefined ? {} : { wholeCostBytes }),
    ...(bandwidth === undefined ? {} : { bandwidthBytesPerSecond: Math.round(bandwidth) }),
    ...(roundTrip === undefined ? {} : { roundTripMs: Math.round(roundTrip) }),
    ...(plan ? { plan } : {}),
  }
}
