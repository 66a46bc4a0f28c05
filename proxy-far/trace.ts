// The trace of this far: a line about each exchange, when it has ended.
// Knows: what is worth telling. Does not know: how a line is written (trace-line.ts), the file, exchanges under way.
import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { FarConfig, Thresholds } from '../shared/config/options.ts'
import { agreeThresholds } from '../shared/exchange/agree-thresholds.ts'
import { beginFarTrace, siteOf, thresholdsBeside, writeExchange } from '../shared/exchange/trace-line.ts'
import type { Fault } from '../shared/fault.ts'
import { TraceFile } from '../store/trace-file.ts'
import type { Exchange } from './exchange-log.ts'

export class Trace {
  readonly #file: TraceFile
  readonly #run = randomUUID().slice(0, 8)
  readonly #startedAt: number
  readonly #thresholds: Thresholds

  private constructor(file: TraceFile, { traceUrls: isNamed, thresholds }: FarConfig, startedAt: number) {
    this.#file = file
    this.#startedAt = startedAt
    this.#thresholds = thresholds
    file.write(beginFarTrace({ run: this.#run, startedAt, isNamed, thresholds }))
  }

  /** Undefined when none is wanted. Raises CANNOT_READ when the file cannot be written. */
  static open(config: FarConfig, log: FastifyBaseLogger, now: number): Trace | undefined {
    const { trace: path, traceUrls: showsNames } = config
    return path === undefined ? undefined : new Trace(TraceFile.open({ path, showsNames, log }), config, now)
  }

  /** Notes an exchange that has ended; `thresholds`: far's own, as they are now. */
  note(exchange: Exchange, fault: Fault | undefined, thresholds: Thresholds, now: number): void {
    if (!this.#file.isOpen) return
    const { method, url, nearId, startedAt, status, verdict, originWaitMs, wholeCostBytes, plan, ask } = exchange
    const { contentBytes = 0, baseBytes, deltaBytes, wholeBytes } = exchange
    const { bandwidthBytesPerSecond: bandwidth, roundTripMs: roundTrip } = ask?.link ?? {}
    const set = thresholdsBeside(this.#thresholds, agreeThresholds(thresholds, ask?.thresholds ?? {}))
    const line = writeExchange({
      run: this.#run,
      near: this.#file.name(nearId),
      at: startedAt - this.#startedAt,
      site: this.#file.name(siteOf(url)),
      url: this.#file.name(url),
      method,
      ...(status === undefined ? {} : { status }),
      ...(verdict ? { verdict: verdict.kind } : {}),
      ...(fault ? { fault: fault.code } : {}),
      totalMs: now - startedAt,
      ...(originWaitMs === undefined ? {} : { originWaitMs }),
      contentBytes,
      baseBytes,
      deltaBytes,
      wholeBytes,
      ...(wholeCostBytes === undefined ? {} : { wholeCostBytes }),
      ...(bandwidth === undefined ? {} : { bandwidthBytesPerSecond: bandwidth }),
      ...(roundTrip === undefined ? {} : { roundTripMs: roundTrip }),
      ...(ask ? { wish: ask.speculation } : {}),
      ...(plan ? { plan } : {}),
      ...(set ? { set } : {}),
    })
    this.#file.write(line)
  }

  /** Resolves when all that was noted is in the file. */
  close(): Promise<void> {
    return this.#file.close()
  }
}
