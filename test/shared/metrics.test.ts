// Claims about figures for Prometheus: the text format, histograms, the page.
import t from 'tap'
import { counter, describeMetrics, gauge, Histogram, type MetricRow, metricsText } from '../../shared/metrics.ts'

t.test('a scrape has help, type and samples, and none of what is not known', t => {
  const table = { up: gauge('1 when it runs'), unknown: gauge('Never seen'), asks_total: counter('Asks', 'way') }
  const text = metricsText(table, { up: 1, unknown: undefined, asks_total: { delta: 2, 'a"\\\nb': 3 } })
  t.equal(
    text,
    `# HELP up 1 when it runs.
# TYPE up gauge
up 1
# HELP unknown Never seen.
# TYPE unknown gauge
# HELP asks_total Asks.
# TYPE asks_total counter
asks_total{way="delta"} 2
asks_total{way="a\\"\\\\\\nb"} 3
`,
  )
  t.end()
})

t.test('buckets count what is at most their limit, each with those below', t => {
  const wait = new Histogram([0.1, 1])
  for (const value of [0.05, 0.1, 0.5, 7]) wait.note(value)
  const table = { wait: { type: 'histogram', help: 'Waits' } } as const satisfies Record<string, MetricRow>
  t.match(
    metricsText(table, { wait }),
    /wait_bucket\{le="0.1"\} 2\nwait_bucket\{le="1"\} 3\nwait_bucket\{le="\+Inf"\} 4\nwait_sum 7.65\nwait_count 4\n$/,
  )
  t.end()
})

t.test('the page has a row for each metric', t => {
  t.equal(
    describeMetrics({ asks_total: counter('Asks', 'way') }),
    '| Metric | Type | Label | Meaning |\n| --- | --- | --- | --- |\n| `asks_total` | counter | `way` | Asks |\n',
  )
  t.end()
})
