// Claims about whether far speculates: every reason not to, in its order, and the gain that is expected.
import t from 'tap'
import { planSpeculation, type SpeculationFacts } from '../../../shared/exchange/plan-speculation.ts'
import { makeVersion, thresholds } from '../sample-version.ts'

const candidate = makeVersion({ content: 'x'.repeat(4_000), wholeBytes: 1_000 })
const facts: SpeculationFacts = {
  wish: 'balanced',
  readsDeltas: true,
  candidate,
  common: false,
  expectedWaitMs: 250,
  link: { bandwidthBytesPerSecond: 5_000, roundTripMs: 200 },
}

t.test('when nothing speaks against it, the version is sent while the origin thinks', async t => {
  t.strictSame(planSpeculation(facts, thresholds), { kind: 'speculate', version: candidate, expectedGainMs: 200 })
  t.equal(planSpeculation({ ...facts, wish: 'latency' }, thresholds).kind, 'speculate')
})

t.test('each reason not to is said, and the first one counts', async t => {
  // From the last reason to the first: each change lets the one before stand.
  let against: SpeculationFacts = { ...facts, expectedWaitMs: 19 }
  const says = (why: string) => t.strictSame(planSpeculation(against, thresholds), { kind: 'wait', why })
  says('no-gain')
  against = { ...against, candidate: makeVersion({ content: 'small' }) }
  says('size')
  against = { ...against, candidate: undefined }
  says('no-version')
  against = { ...against, common: true }
  says('common')
  against = { ...against, readsDeltas: false }
  says('no-deltas')
  against = { ...against, wish: 'off' }
  says('off')
})

t.test('far may not want it either', async t => {
  t.strictSame(planSpeculation(facts, { ...thresholds, speculation: 'off' }), { kind: 'wait', why: 'off' })
})

t.test('the bounds of size are themselves within', async t => {
  const kindOf = (length: number) =>
    planSpeculation({ ...facts, candidate: makeVersion({ content: 'x'.repeat(length) }) }, thresholds).kind
  t.strictSame([511, 512, 10_000, 10_001].map(kindOf), ['wait', 'speculate', 'speculate', 'wait'])
})

t.test('the gain is the time that is filled: the wait, or what sending takes where that is less', async t => {
  const gain = (change: Partial<SpeculationFacts>) => {
    const plan = planSpeculation({ ...facts, ...change }, { ...thresholds, minExpectedGainMs: 0 })
    return plan.kind === 'speculate' ? plan.expectedGainMs : undefined
  }
  const link = (bandwidthBytesPerSecond: number | undefined) => ({
    link: { bandwidthBytesPerSecond, roundTripMs: undefined },
  })
  t.equal(gain({}), 200)
  t.equal(gain({ expectedWaitMs: 100 }), 100)
  t.equal(gain(link(1_000_000)), 1)
  t.equal(gain(link(undefined)), 250, 'without a bandwidth, the wait')
  t.equal(gain(link(0)), 250, 'a link that has not carried anything has none')
  t.equal(gain({ expectedWaitMs: undefined, ...link(1_000) }), 300, 'a common wait, where none was seen')
  t.equal(
    gain({ candidate: makeVersion({ content: 'x'.repeat(4_000) }), ...link(10_000) }),
    100,
    'a quarter, compressed',
  )
})

t.test('an expected gain of exactly the threshold is enough', async t => {
  const just = { ...thresholds, minExpectedGainMs: 200 }
  t.equal(planSpeculation(facts, just).kind, 'speculate')
  t.equal(planSpeculation(facts, { ...just, minExpectedGainMs: 201 }).kind, 'wait')
})
