// Claims about whether far speculates: every reason not to, in its order, and what is expected of it.
import t from 'tap'
import {
  decideSpeculation,
  expectSpeculation,
  observeShare,
  planSpeculation,
  type SpeculationFacts,
  weighSpeculation,
} from '../../../shared/exchange/plan-speculation.ts'
import { makeVersion, thresholds } from '../sample-version.ts'

const candidate = makeVersion({ content: 'x'.repeat(4_000), wholeBytes: 1_000 })
const facts: SpeculationFacts = {
  wish: 'balanced',
  readsDeltas: true,
  candidate,
  isSibling: false,
  common: false,
  waitsMs: [250],
  deltaShares: [0.1],
  link: { bandwidthBytesPerSecond: 5_000, roundTripMs: 200 },
}

t.test('when nothing speaks against it, the version is sent while the origin thinks', async t => {
  const expected = { gainMs: 180, sentBytes: 1_000, wastedBytes: 100 }
  t.strictSame(planSpeculation(facts, thresholds), { kind: 'speculate', version: candidate, expected })
  t.equal(planSpeculation({ ...facts, wish: 'latency' }, thresholds).kind, 'speculate')
})

t.test('each reason not to is said, and the first one counts', async t => {
  // From the last reason to the first: each change lets the one before stand.
  let against: SpeculationFacts = { ...facts, deltaShares: [0.6] }
  const says = (why: string) => t.strictSame(planSpeculation(against, thresholds), { kind: 'wait', why })
  says('waste')
  against = { ...against, waitsMs: [19] }
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

t.test('what is sent while the origin thinks, less what of it was stale, is gained', async t => {
  const gain = (change: Partial<SpeculationFacts>) => {
    const { gainMs } = expectSpeculation(1_000, { ...facts, deltaShares: [0], ...change })
    return Math.round(gainMs * 1000) / 1000
  }
  const link = (bandwidthBytesPerSecond: number | undefined) => ({
    link: { bandwidthBytesPerSecond, roundTripMs: undefined },
  })
  t.equal(gain({}), 200, 'no more than sending takes')
  t.equal(gain({ waitsMs: [100] }), 100, 'no more than the wait')
  t.equal(gain({ waitsMs: [50, 250, 1_000] }), 150, 'the mean of what each wait gives')
  t.equal(gain(link(1_000_000)), 1)
  const far = { bandwidthBytesPerSecond: 1_000_000, roundTripMs: 600 }
  const large = { ...facts, deltaShares: [0], link: far }
  t.equal(Math.round(expectSpeculation(20_000, large).gainMs), 250, 'on a long link also round trips')
  t.equal(gain(link(undefined)), 250, 'without a bandwidth, the wait')
  t.equal(gain(link(0)), 250, 'a link that has not carried anything has none')
  t.equal(gain({ waitsMs: [], ...link(1_000) }), 300, 'a common wait, where none was seen')
  t.equal(gain({ deltaShares: [0, 0.5] }), 150, 'a quarter of it is expected to be stale')
  t.equal(gain({ deltaShares: [] }), 180, 'where no delta was made, a little is')
  t.equal(gain({ deltaShares: [], isSibling: true }), 150, 'and of a sibling a quarter')
  t.equal(gain({ deltaShares: [3] }), 0, 'a delta that is larger than the whole makes all of it stale')
})

t.test('an expected gain of exactly the threshold is enough', async t => {
  const even = { ...facts, deltaShares: [0] }
  t.equal(planSpeculation(even, { ...thresholds, minExpectedGainMs: 200 }).kind, 'speculate')
  t.equal(planSpeculation(even, { ...thresholds, minExpectedGainMs: 201 }).kind, 'wait')
})

t.test('where both optimise for time alone, waste is no reason', async t => {
  const stale = { ...facts, deltaShares: [0.6] }
  const says = (change: Partial<SpeculationFacts>, speculation: 'latency' | 'balanced') =>
    planSpeculation({ ...stale, ...change }, { ...thresholds, speculation }).kind
  t.equal(says({}, 'latency'), 'wait')
  t.equal(says({ wish: 'latency' }, 'balanced'), 'wait')
  t.equal(says({ wish: 'latency' }, 'latency'), 'speculate')
})

t.test('waste is held against all bytes of the exchange', async t => {
  // 1000 bytes sent and 250 of correction: a fifth of them in vain.
  const limit = { ...thresholds, maxWastePercent: 20 }
  t.equal(planSpeculation({ ...facts, deltaShares: [0.25] }, limit).kind, 'speculate')
  t.equal(planSpeculation({ ...facts, deltaShares: [0.26] }, limit).kind, 'wait')
})

t.test('what was weighed decides again, under other thresholds, also where nothing was wanted', async t => {
  const chance = weighSpeculation({ ...facts, wish: 'off' })
  t.equal(decideSpeculation(chance, thresholds), 'off')
  t.equal(decideSpeculation({ ...chance, wish: 'balanced' }, thresholds), 'speculate')
  t.equal(decideSpeculation({ ...chance, wish: 'balanced' }, { ...thresholds, minExpectedGainMs: 181 }), 'no-gain')
})

t.test('what was missing of a base does not count as stale', async t => {
  t.equal(observeShare(0.1, 1), 0.1)
  t.equal(observeShare(0.75, 0.5), 0.5)
  t.equal(observeShare(0.4, 0.5), 0, 'the missing half was easier than the rest')
  t.equal(observeShare(2, 1), 1)
  t.equal(observeShare(0.9, 0.4), undefined)
})
