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

${describeMetrics(nearMetrics)}`
}

if (import.meta.main) await writeFile(new URL('../docs/metrics.md', import.meta.url), describeMetricsPage())
