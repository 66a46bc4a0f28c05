// The trace of this near: a line about each exchange, written behind it.
// Knows: the file, how names are hidden. Does not know: what a line means (trace-line.ts), exchanges under way.
//
// Invariants:
// 1. No exchange waits for the file: what the disk does not take is held up to a bound, and beyond it lost and counted.
// 2. Without `showsUrls` nothing in the file tells an URL or a host: their hashes are keyed, and the key is kept nowhere.
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { pino } from 'pino'
import type { FastifyBaseLogger } from 'fastify'
import type { Thresholds } from '../shared/config/options.ts'
import { beginTrace, thresholdsBeside, type TracedExchange, writeExchange } from '../shared/exchange/trace-line.ts'
import { Fault } from '../shared/fault.ts'
import type { LinkFigures } from './dashboard/activity.ts'
import type { Exchange } from './exchange-log.ts'
import type { LiveSettings } from './live-settings.ts'

export interface TraceOptions {
  readonly path: string
  readonly showsUrls: boolean
  readonly mode: string
  readonly thresholds: Thresholds
  readonly log: Pick<FastifyBaseLogger, 'warn'>
  /** Milliseconds since the epoch. */
  readonly now: number
}

// A few thousand exchanges: more than a disk that works is behind.
const MOST_WAITING_BYTES = 1024 ** 2
// A write of its own for each line costs near as much as answering from its cache. What a kill may cost is a second's lines.
const WRITTEN_BYTES = 8192
const WRITTEN_MS = 1000
// 72 bits: of ten thousand URLs no two are likely to be taken for one.
const NAME_CHARACTERS = 12

export class Trace {
  readonly #options: TraceOptions
  readonly #file: ReturnType<typeof pino.destination>
  readonly #key = randomBytes(16)
  #lost = 0
  #isBroken = false
  #closed: Promise<void> | undefined

  private constructor(options: TraceOptions, file: ReturnType<typeof pino.destination>) {
    this.#options = options
    this.#file = file
    file.on('drop', () => (this.#lost += 1))
    file.on('error', (error: Error) => this.#break(error))
    const { now: startedAt, mode, showsUrls: isNamed, thresholds } = options
    file.write(beginTrace({ startedAt, mode, isNamed, thresholds }))
  }

  /** Goes on with the file that is there. Raises CANNOT_READ when it cannot be written. */
  static open(options: TraceOptions): Trace {
    try {
      const dest = openSync(options.path, 'a', 0o600)
      const bounds = { minLength: WRITTEN_BYTES, periodicFlush: WRITTEN_MS, maxLength: MOST_WAITING_BYTES }
      return new Trace(options, pino.destination({ dest, sync: false, ...bounds }))
    } catch (cause) {
      throw new Fault('CANNOT_READ', `the trace ${options.path} cannot be written`, { cause })
    }
  }

  /** Notes an exchange that has ended. */
  note(exchange: Exchange, link: LinkFigures, fault: string | undefined, settings: LiveSettings, now: number): void {
    if (this.#isBroken || this.#closed) return
    const seen = traceExchange(exchange, link, fault, now)
    const set = thresholdsBeside(this.#options.thresholds, settings.of(seen.site).thresholds)
    const at = seen.at - this.#options.now
    const named = { site: this.#name(seen.site), url: this.#name(seen.url) }
    this.#file.write(writeExchange({ ...seen, at, ...named, ...(set ? { set } : {}) }))
  }

  /** Resolves when all that was noted is in the file. */
  close(): Promise<void> {
    return (this.#closed ??= this.#end())
  }

  async #end(): Promise<void> {
    if (this.#lost > 0) this.#options.log.warn({ lost: this.#lost }, 'the disk was too slow for the trace')
    if (this.#isBroken) return
    const closed = once(this.#file, 'close')
    this.#file.end()
    // What cannot be written has been told by then.
    await closed.catch(() => {})
  }

  #name(text: string): string {
    if (this.#options.showsUrls) return text
    return createHmac('sha256', this.#key).update(text).digest('base64url').slice(0, NAME_CHARACTERS)
  }

  /** A full disk ends the trace, not near. */
  #break(error: Error): void {
    if (!this.#isBroken) this.#options.log.warn({ error: error.message }, 'the trace has ended: it cannot be written')
    this.#isBroken = true
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
    site: hostOf(url),
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

/** Without the port and brackets; of CONNECT's target, too. */
function hostOf(url: string): string {
  const whole = url.includes('://') ? url : `https://${url}`
  return URL.canParse(whole) ? new URL(whole).hostname.replaceAll(/^\[|\]$/g, '') : url
}
