// Claims about tuning: on traces whose best thresholds are known, they are found, believed no more than they deserve, and
// written as near reads them.
import t from 'tap'
import { Chance } from '../../../loadtest/origin/chance.ts'
import { configOf, describeFinding, tune, tuningTables } from '../../../loadtest/tune/tune.ts'
import { readConfig } from '../../../shared/config/read-config.ts'
import { defaultThresholds, type TracedExchange, type TraceRun } from '../../../shared/exchange/trace-line.ts'

const options = { maxWastePercent: undefined, withSites: false }

/** Exchanges one at a time over 10 bytes a millisecond and 200 ms; each could have been sent ahead completely. */
function makeRun(set: Partial<TraceRun['thresholds']>, share: number, site = 'a.example', count = 40): TraceRun {
  const chance = new Chance('trace', site)
  const isSent = set.speculation !== 'off'
  const exchanges = Array.from({ length: count }, (_each, index): TracedExchange => {
    const wire = chance.between(2000, 6000)
    const waitMs = chance.between(600, 1200)
    const rest = isSent ? Math.round(wire * share) : wire
    return {
      at: index * 5000,
      site,
      url: `https://${site}/${index}`,
      method: 'GET',
      status: 200,
      way: isSent ? (share === 0 ? 'confirmed' : 'corrected') : 'whole',
      totalMs: 200 + waitMs + rest / 10 + chance.between(20, 40),
      originWaitMs: waitMs,
      contentBytes: wire * 5,
      baseBytes: isSent ? wire : 0,
      deltaBytes: isSent ? rest : 0,
      wholeBytes: isSent ? 0 : wire,
      ...(isSent ? { wholeCostBytes: wire } : {}),
      bandwidthBytesPerSecond: 10_000,
      roundTripMs: 200,
      plan: {
        word: isSent ? 'speculate' : 'off',
        share,
        candidate: {
          sizeBytes: wire * 5,
          wireBytes: wire,
          expected: { gainMs: Math.floor((wire * (1 - share)) / 10), sentBytes: wire, wastedBytes: wire * share },
        },
      },
    }
  })
  return { startedAt: 0, mode: 'optimistic', isNamed: true, thresholds: { ...defaultThresholds(), ...set }, exchanges }
}

t.test('a replay of what was decided takes what was measured, of exchanges that it was not fitted to', async t => {
  const { agreement } = tune([makeRun({}, 0.1)], options)
  t.ok(Math.abs(agreement.replayedMedianMs / agreement.measuredMedianMs - 1) < 0.02)
  t.ok(Math.abs(agreement.replayedTotalMs / agreement.measuredTotalMs - 1) < 0.02)
  t.equal(agreement.sameDecisions, 1)
})

t.test('a speculation that was turned off is found to be missed, and near reads what is written', async t => {
  const tuning = tune([makeRun({ speculation: 'off' }, 0.1)], options)
  t.ok(tuning.isSure)
  t.ok(tuning.finding.gainMs.low > 200, 'some 3600 bytes of each at 10 bytes a millisecond')
  t.match(configOf(tuning), { speculation: /latency|balanced/ })
  const config = readConfig('near', {
    argv: [],
    env: { HOME: '/' },
    file: { name: 'tuned', content: configOf(tuning) },
  })
  t.not(config.thresholds.speculation, 'off')
  t.match(describeFinding(tuning), /^Better: speculation/)
  t.match(
    tuningTables(tuning)[1]?.rows.map(([name]) => name),
    ['today', 'default', 'tuned', 'with hindsight', 'speculation off'],
  )
})

t.test('where nothing is better, that is what is said, and nothing is written', async t => {
  const tuning = tune([makeRun({}, 0)], options)
  t.notOk(tuning.isSure)
  t.match(describeFinding(tuning), /^No thresholds are surely better/)
  t.strictSame(configOf(tuning), {})
})

t.test('no time is worth more waste than is wanted', async t => {
  const runs = [makeRun({ speculation: 'off' }, 0.5)]
  const thrifty = tune(runs, { ...options, maxWastePercent: 1 })
  t.ok((thrifty.standings.find(({ name }) => name === 'tuned')?.wastePercent ?? 100) <= 1)
  const lavish = tune(runs, { ...options, maxWastePercent: 100 })
  t.ok(lavish.finding.gainMs.middle > thrifty.finding.gainMs.middle)
})

t.test('a site that wants other thresholds gets them', async t => {
  // The stale half of one site's pages is worth its bytes; all together it would be too much.
  const set = { maxWastePercent: 5 } as const
  const runs = [makeRun(set, 0, 'same.example'), makeRun({ ...set, speculation: 'off' }, 0, 'missed.example')]
  const tuning = tune(runs, { maxWastePercent: 20, withSites: true })
  const all = configOf(tuning)
  const config = readConfig('near', { argv: [], env: { HOME: '/' }, file: { name: 'tuned', content: all } })
  const reached = config.sites.get('missed.example')?.thresholds.speculation ?? config.thresholds.speculation
  t.not(reached, 'off')
  t.notOk(config.sites.has('same.example'), 'it has nothing to gain')
})
