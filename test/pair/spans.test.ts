// Claims about spans of OpenTelemetry: one for each exchange at near, far's below it, and nothing of it at origins.
import { SpanKind, trace } from '@opentelemetry/api'
import { BasicTracerProvider, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import t from 'tap'
import { Spans as FarSpans } from '../../proxy-far/spans.ts'
import { Spans } from '../../proxy-near/spans.ts'
import { ask } from './client.ts'
import { makeText, Origin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

t.test('where nobody wants spans there are none', async t => {
  t.equal(await Spans.open(), undefined)
  t.equal(await FarSpans.open({ logQueries: false }), undefined)
})

t.test('an exchange is one trace over near, far and the origin, and the origin does not see it', async t => {
  const ended = new Ended()
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [ended] }))
  t.teardown(() => trace.disable())
  const pair = await startPair(t)
  const seen: string[][] = []
  let page = makeText(20_000)
  const origin = await Origin.start(t, (request, response) => {
    seen.push(request.rawHeaders)
    if (request.url === '/broken') request.socket.destroy()
    else response.writeHead(200, { 'content-type': 'text/html' }).end(page)
  })

  const url = `${origin.url}/page`
  t.equal((await ask(pair.near.address, `${url}?secret=1`)).way, 'whole')
  page = `${page.slice(0, 9000)}<p>changed</p>${page.slice(9100)}`
  t.equal((await ask(pair.near.address, `${url}?secret=1`)).way, 'delta')
  // For each of the two one of near, one of far, one for the origin's wait.
  const spans = await ended.take(6)
  const ofNear = spans.filter(({ instrumentationScope }) => instrumentationScope.name === 'hunch-near')
  const ofFar = spans.filter(({ instrumentationScope }) => instrumentationScope.name === 'hunch-far')
  t.equal(ofNear.length, 2)
  const near = ofNear[1]
  const far = ofFar.find(({ kind, parentSpanContext: above }) => {
    return kind === SpanKind.SERVER && above?.spanId === near?.spanContext().spanId
  })
  const wait = ofFar.find(({ parentSpanContext: above }) => above?.spanId === far?.spanContext().spanId)
  t.equal(near?.parentSpanContext, undefined)
  t.match(near, { name: 'GET', kind: SpanKind.SERVER, attributes: { 'hunch.way': 'delta', 'url.full': url } })
  t.strictSame(
    near?.events.map(({ name }) => name),
    ['ask', 'verdict', 'release'],
  )
  t.match(far, { name: 'GET', attributes: { 'hunch.verdict': 'delta', 'url.full': url } })
  t.match(wait, { name: 'origin', kind: SpanKind.CLIENT })
  t.equal(far?.spanContext().traceId, near?.spanContext().traceId)
  t.not(ofNear[0]?.spanContext().traceId, near?.spanContext().traceId, 'each exchange is a trace')
  t.notOk(seen.flat().some(text => /traceparent/i.test(text)))

  const theirs = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  await ask(pair.near.address, `${origin.url}/theirs`, { fields: ['Traceparent', theirs] })
  const last = seen.at(-1) ?? []
  t.equal(last[last.indexOf('Traceparent') + 1], theirs, 'what a client says itself goes to the origin as it came')
  t.notOk((await ended.take(3)).some(span => span.spanContext().traceId === theirs.split('-')[1]))

  await ask(pair.near.address, `${origin.url}/broken`)
  for (const { attributes } of await ended.take(2)) t.equal(attributes['error.type'], 'ORIGIN_RESET')
})

/** Spans as they end: a proxy ends its span behind the answer. */
class Ended implements SpanProcessor {
  #spans: ReadableSpan[] = []
  #wake = () => {}

  async take(count: number): Promise<readonly ReadableSpan[]> {
    while (this.#spans.length < count) await new Promise<void>(resolve => (this.#wake = resolve))
    return this.#spans.splice(0)
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.#spans.push(span)
    this.#wake()
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
