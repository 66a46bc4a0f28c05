// Claims about traces: what is written is read back, and what is no trace is refused by its line.
import t from 'tap'
import {
  beginFarTrace,
  beginTrace,
  defaultThresholds,
  readTrace,
  siteOf,
  thresholdsBeside,
  type TracedExchange,
  writeExchange,
} from '../../../shared/exchange/trace-line.ts'

const thresholds = defaultThresholds()
const exchange: TracedExchange = {
  at: 12,
  site: 'a',
  url: 'b',
  method: 'GET',
  status: 200,
  way: 'corrected',
  totalMs: 900,
  originWaitMs: 400,
  contentBytes: 40_000,
  baseBytes: 9_000,
  deltaBytes: 300,
  wholeBytes: 0,
  wholeCostBytes: 9_500,
  plan: { word: 'speculate', share: 0.03 },
  set: { monthlyBudgetBytes: 1024 ** 3, speculation: 'latency' },
}
const begun = beginTrace({ startedAt: 1_700_000_000_000, mode: 'optimistic', isNamed: true, thresholds })

t.test('runs and their exchanges are read as they were written', async t => {
  const text = begun + writeExchange(exchange) + begun
  t.strictSame(readTrace(text, 'trace'), [
    { startedAt: 1_700_000_000_000, mode: 'optimistic', isNamed: true, thresholds, exchanges: [exchange] },
    { startedAt: 1_700_000_000_000, mode: 'optimistic', isNamed: true, thresholds, exchanges: [] },
  ])
})

t.test('a line that a killed process left half is passed over', async t => {
  t.equal(readTrace(begun + writeExchange(exchange).slice(0, -9), 'trace')[0]?.exchanges.length, 0)
})

t.test('thresholds are written where they are not those of the run', async t => {
  t.equal(thresholdsBeside(thresholds, { ...thresholds }), undefined)
  t.strictSame(thresholdsBeside(thresholds, { ...thresholds, maxDeltaRatio: 0.5 }), { maxDeltaRatio: 0.5 })
})

t.test("far's trace tells its side and run, and is refused with what to read in its place", async t => {
  const run = { run: 'a1', startedAt: 1_700_000_000_000, isNamed: false, thresholds }
  t.match(JSON.parse(beginFarTrace(run)), {
    trace: 1,
    side: 'far',
    run: 'a1',
    thresholds: { monthlyBudgetBytes: 'none' },
  })
  const line = writeExchange({ ...exchange, run: 'a1', near: 'n', wish: 'balanced', verdict: 'delta' })
  t.match(JSON.parse(line), { run: 'a1', near: 'n', wish: 'balanced', verdict: 'delta', plan: 'speculate share=0.03' })
  t.throws(() => readTrace(beginFarTrace(run) + line, 'trace'), {
    code: 'USAGE',
    message: /line 1: .*hunch near --trace/,
  })
})

t.test('a site is a host, however it is named', async t => {
  const named = ['http://a.example:81/b?c', 'a.example:443', 'https://[::1]:8443/', 'not a host']
  t.strictSame(named.map(siteOf), ['a.example', 'a.example', '::1', 'not a host'])
})

t.test('what is no trace is refused, and where', async t => {
  for (const [text, where] of [
    ['', /^trace: not a trace/],
    ['nothing\n', /^trace, line 1: not a trace/],
    [writeExchange(exchange), /^trace, line 1:/],
    [`${begun}{"at":1}\n`, /^trace, line 2:/],
    [begun.replace('"trace":1', '"trace":2'), /format 2/],
    [begun.replace('"maxDeltaRatio":0.8', '"maxDeltaRatio":8'), /maxDeltaRatio 8/],
    [begun.replace('"maxDeltaRatio":0.8,', ''), /line 1/],
  ] as const) {
    t.throws(() => readTrace(text, 'trace'), { message: where })
  }
})
