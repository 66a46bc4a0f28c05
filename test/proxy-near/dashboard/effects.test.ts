// Claims about what the dashboard says of other thresholds.
import t from 'tap'
import { Effects } from '../../../proxy-near/dashboard/effects.ts'
import { LiveSettings } from '../../../proxy-near/live-settings.ts'
import { defaultThresholds, type TracedExchange } from '../../../shared/exchange/trace-line.ts'

const at = Date.UTC(2026, 10, 23)
const expected = { gainMs: 900, sentBytes: 10_000, wastedBytes: 0 }
const seen: TracedExchange = {
  at,
  site: 'a.example',
  url: 'http://a.example/',
  method: 'GET',
  way: 'confirmed',
  totalMs: 1300,
  originWaitMs: 1000,
  contentBytes: 40_000,
  baseBytes: 10_000,
  deltaBytes: 0,
  wholeBytes: 0,
  wholeCostBytes: 10_000,
  bandwidthBytesPerSecond: 10_000,
  roundTripMs: 200,
  plan: { word: 'speculate', share: 0, candidate: { sizeBytes: 40_000, wireBytes: 10_000, expected } },
}
const settings = LiveSettings.inMemory({ thresholds: defaultThresholds(), sites: new Map() })

t.test('what a threshold would have done is told of the exchanges that were seen', async t => {
  const effects = new Effects(settings, 'optimistic')
  t.match(effects.of({ speculation: 'off' }), { exchanges: 0 })
  effects.note(seen)
  effects.note({ ...seen, at: at + 5000 })
  t.match(effects.of({ speculation: 'off' }), { exchanges: 2, ms: 2000, speculations: { before: 2, after: 0 } })
  t.match(effects.of({ minExpectedGainMs: '1000' }), { speculations: { before: 2, after: 0 } }, 'as a query writes it')
  t.match(effects.of({ maxWastePercent: 50 }), { ms: 0, linkBytes: 0 })
})

t.test('what a site has of its own stays its own', async t => {
  const own = LiveSettings.inMemory({ thresholds: defaultThresholds(), sites: new Map() })
  await own.change({ sites: { 'a.example': { speculation: 'latency' } } })
  const effects = new Effects(own, 'optimistic')
  effects.note(seen)
  t.match(effects.of({ speculation: 'off' }), { speculations: { before: 1, after: 1 } })
})

t.test('nothing is said where exchanges do not show it, and what is no threshold is refused', async t => {
  const effects = new Effects(settings, 'optimistic')
  t.equal(effects.of({ deltaEffort: '5' }), undefined)
  t.equal(new Effects(settings, 'simple').of({ speculation: 'off' }), undefined)
  t.throws(() => effects.of({ speculation: 'sometimes' }), { code: 'CONFIG' })
})
