// A span of OpenTelemetry for each exchange, where this process has somebody who wants them: a tracer provider that was
// registered before near started (`node --import`). Else nothing of the API is even loaded.
// Knows: the API, what is known of an exchange. Does not know: who collects spans, exchanges under way.
import type * as Api from '@opentelemetry/api'
import type { Fault } from '../shared/fault.ts'
import { isTelemetryWanted, type TraceParent } from '../shared/link/trace-parent.ts'
import type { Exchange } from './exchange-log.ts'

export class Spans {
  readonly #api: typeof Api
  readonly #begun = new WeakMap<Exchange, Api.Span>()

  private constructor(api: typeof Api) {
    this.#api = api
  }

  /** Undefined when nobody wants spans. */
  static async open(): Promise<Spans | undefined> {
    return isTelemetryWanted(globalThis) ? new Spans(await import('@opentelemetry/api')) : undefined
  }

  /** Always a trace of its own: one that a client may have begun is between it and the origin. */
  begin(exchange: Exchange): void {
    const { trace, SpanKind } = this.#api
    const options = { kind: SpanKind.SERVER, root: true, startTime: exchange.startedAt }
    const span = trace.getTracer('hunch-near').startSpan(exchange.method, options)
    // The sampler may leave it out.
    if (span.isRecording()) this.#begun.set(exchange, span)
  }

  /** For far, whose span belongs below. */
  parentOf(exchange: Exchange): TraceParent | undefined {
    return this.#begun.get(exchange)?.spanContext()
  }

  /** Tells what became of it as `shown`; events are at the times at which they were. */
  end(exchange: Exchange, shown: Exchange, fault: Fault | undefined, now: number): void {
    const span = this.#begun.get(exchange)
    if (!span) return
    const { startedAt, method, url, status, way, plan, tunnelledFor, askedAgainFor } = shown
    const { baseBytes, deltaBytes, wholeBytes, savedBytes, contentBytes, originWaitMs } = shown
    const said = {
      'http.request.method': method,
      'url.full': url,
      'http.response.status_code': status,
      'hunch.way': way,
      'hunch.plan': plan?.word,
      'hunch.tunnelled_for': tunnelledFor,
      'hunch.asked_again_for': askedAgainFor,
      'hunch.base.size': baseBytes,
      'hunch.delta.size': deltaBytes,
      'hunch.whole.size': wholeBytes,
      'hunch.saved.size': savedBytes,
      'hunch.origin_wait_ms': originWaitMs,
      'http.response.body.size': contentBytes,
      'error.type': fault?.code,
    }
    span.setAttributes(said)
    const events = { ask: shown.askedMs, verdict: shown.verdictMs, release: shown.firstByteMs }
    for (const [name, ms] of Object.entries(events)) if (ms !== undefined) span.addEvent(name, startedAt + ms)
    if (fault) span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: fault.message })
    span.end(now)
  }
}
