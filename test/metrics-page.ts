// Writes docs/metrics.md from the tables of both proxies: `npm run docs`. A test checks that it was run.
import { writeFile } from 'node:fs/promises'
import { farMetrics } from '../proxy-far/metrics.ts'
import { nearMetrics } from '../proxy-near/dashboard/metrics.ts'
import { describeMetrics } from '../shared/metrics.ts'

/** The whole of docs/metrics.md. */
export function describeMetricsPage(): string {
  return `# Metrics

Made from the tables in \`proxy-far/metrics.ts\` and \`proxy-near/dashboard/metrics.ts\` by \`npm run docs\`; do not edit.

Both proxies speak the text format of Prometheus. [grafana.json](grafana.json) is a dashboard of them for Grafana.

## Far

Far's own port is open to the world, so its figures have an address of their own, and none unless it is set:
\`hunch far --metrics 127.0.0.1:9464\`. There \`/metrics\` and \`/healthz\` are answered in clear and without a credential: keep it
on a loopback address, or in a network where everybody may know how much is carried. No figure names a site, a URL or a near.

${describeMetrics(farMetrics)}
## Near

At \`http://localhost:8080/metrics\`, for programs of this machine.

${describeMetrics(nearMetrics)}
## Spans

Near and far make spans by the API of OpenTelemetry where their process has a tracer provider, and load nothing of it where it has
none. Where spans go is up to you: Hunch brings no exporter. In a directory of your own, with this as \`spans.mjs\`:

\`\`\`
import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

const resource = resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME ?? 'hunch' })
const spanProcessors = [new BatchSpanProcessor(new OTLPTraceExporter())]
trace.setGlobalTracerProvider(new BasicTracerProvider({ resource, spanProcessors }))
\`\`\`

\`\`\`
npm install @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base @opentelemetry/exporter-trace-otlp-http
OTEL_SERVICE_NAME=hunch-near NODE_OPTIONS="--import $PWD/spans.mjs" hunch near
\`\`\`

It sends them to a collector at \`http://localhost:4318\`, or where \`OTEL_EXPORTER_OTLP_ENDPOINT\` says; for far the same.

| Span | of | Says |
| --- | --- | --- |
| the method, \`hunch-near\` | a request at near, a trace of its own | events \`ask\`, \`verdict\`, \`release\` (the first byte for the client) at their times; \`hunch.way\`, \`hunch.plan\`, sizes, \`error.type\` |
| the method, \`hunch-far\` | its ask at far, below near's span where near makes any | \`hunch.verdict\`, \`hunch.why\`, \`hunch.base.size\` (sent ahead), \`hunch.delta.size\`, \`hunch.whole.size\` |
| \`origin\`, \`hunch-far\` | the wait for the site | |

URLs are without queries unless \`--log-queries\`. Near's span travels to far as \`hunch-traceparent\` (link.md) and goes no further; a
\`traceparent\` that a client sends itself goes to the site as it came. Load no instrumentation of HTTP clients into far: it would add
fields of its own to what sites get.
`
}

if (import.meta.main) await writeFile(new URL('../docs/metrics.md', import.meta.url), describeMetricsPage())
