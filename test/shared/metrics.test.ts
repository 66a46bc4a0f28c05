// Claims about figures for Prometheus: the text format, histograms, the page.
import t from 'tap'
import {
  combineMetrics,
  counter,
  describeMetrics,
  gauge,
  Histogram,
  type MetricRow,
  metricsText,
} from '../../shared/metrics.ts'

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

t.test(
  'of several processes: sums, and what is the same for all once; what ended processes counted stays counted',
  t => {
    const table = {
      asks_total: counter('Asks', 'way'),
      wait: { type: 'histogram', help: 'Waits' },
      sessions: gauge('Sessions'),
      nears: gauge('Nears', undefined, 'max'),
      started: gauge('Start', undefined, 'min'),
    } as const satisfies Record<string, MetricRow>
    const told = (asks: Record<string, number>, waits: readonly number[], sessions: number, started: number) => {
      const wait = new Histogram([0.1])
      for (const each of waits) wait.note(each)
      return metricsText(table, { asks_total: asks, wait, sessions, nears: 3, started })
    }
    const running = [told({ 'a} b': 2 }, [0.05], 1, 20), told({ 'a} b': 3, whole: 1 }, [0.05, 7], 2, 10)]
    const past = [told({ whole: 5 }, [7], 4, 5)]
    t.equal(
      combineMetrics(table, running, past),
      `# HELP asks_total Asks.
# TYPE asks_total counter
asks_total{way="whole"} 6
asks_total{way="a} b"} 5
# HELP wait Waits.
# TYPE wait histogram
wait_bucket{le="0.1"} 2
wait_bucket{le="+Inf"} 4
wait_sum 14.1
wait_count 4
# HELP sessions Sessions.
# TYPE sessions gauge
sessions 3
# HELP nears Nears.
# TYPE nears gauge
nears 3
# HELP started Start.
# TYPE started gauge
started 10
`,
    )
    const gone = combineMetrics(table, [], [...past, ...past])
    t.match(gone, /way="whole"} 10\n/)
    t.notMatch(gone, /^sessions/m)
    t.end()
  },
)
