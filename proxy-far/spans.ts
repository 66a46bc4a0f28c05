// A span of OpenTelemetry for each ask, and one below it for the origin's wait, where this process has somebody who wants
// them: a tracer provider that was registered before far started (`node --import`). Else nothing of the API is loaded.
// They are made when all is known, so that nothing of them is on the way of an answer.
// Knows: the API, what is known of an exchange. Does not know: who collects spans.
import type * as Api from '@opentelemetry/api'
import type { Fault } from '../shared/fault.ts'
import { withoutQuery } from '../shared/http/url.ts'
import { isTelemetryWanted } from '../shared/link/trace-parent.ts'
import type { Exchange } from './exchange-log.ts'

export class Spans {
  readonly #api: typeof Api
  readonly #showsQueries: boolean

  private constructor(api: typeof Api, showsQueries: boolean) {
    this.#api = api
    this.#showsQueries = showsQueries
  }

  /** Undefined when nobody wants spans. */
  static async open({ logQueries }: { readonly logQueries: boolean }): Promise<Spans | undefined> {
    return isTelemetryWanted(globalThis) ? new Spans(await import('@opentelemetry/api'), logQueries) : undefined
  }

  /** Notes an exchange that has ended. */
  note(exchange: Exchange, fault: Fault | undefined, now: number): void {
    const { trace, ROOT_CONTEXT, SpanKind, SpanStatusCode } = this.#api
    const { method, url, startedAt, ask, originWaitMs, status, verdict, why, nearId } = exchange
    const above = ask?.parent ? trace.setSpanContext(ROOT_CONTEXT, { ...ask.parent, isRemote: true }) : ROOT_CONTEXT
    const tracer = trace.getTracer('hunch-far')
    const span = tracer.startSpan(method, { kind: SpanKind.SERVER, startTime: startedAt }, above)
    if (!span.isRecording()) return
    const named = { 'http.request.method': method, 'url.full': this.#showsQueries ? url : withoutQuery(url) }
    span.setAttributes({
      ...named,
      'http.response.status_code': status,
      'hunch.near_id': nearId,
      'hunch.verdict': verdict?.kind,
      'hunch.why': why ?? (verdict?.kind === 'whole' ? verdict.why : undefined),
      'hunch.base.size': exchange.baseBytes,
      'hunch.delta.size': exchange.deltaBytes,
      'hunch.whole.size': exchange.wholeBytes,
      'error.type': fault?.code,
    })
    if (originWaitMs !== undefined) {
      const options = { kind: SpanKind.CLIENT, startTime: startedAt, attributes: named }
      tracer.startSpan('origin', options, trace.setSpan(above, span)).end(startedAt + originWaitMs)
    }
    if (fault) span.setStatus({ code: SpanStatusCode.ERROR, message: fault.message })
    span.end(now)
  }
}
