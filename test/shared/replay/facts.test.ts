// Claims about what a trace says of exchanges whatever thresholds there were.
import t from 'tap'
import { defaultThresholds, type TracedExchange } from '../../../shared/exchange/trace-line.ts'
import { factsOf, measuredOf } from '../../../shared/replay/facts.ts'

const seen: TracedExchange = {
  at: 0,
  site: 'a',
  url: 'b',
  method: 'GET',
  way: 'whole',
  totalMs: 900,
  originWaitMs: 400,
  contentBytes: 40_000,
  baseBytes: 0,
  deltaBytes: 0,
  wholeBytes: 8000,
  plan: { word: 'no-version' },
}
const factsOfRun = (mode: string, ...exchanges: readonly TracedExchange[]) =>
  factsOf([{ startedAt: 0, mode, isNamed: true, thresholds: defaultThresholds(), exchanges }])[0] ?? []

t.test(
  'exchanges come in the order in which clients asked; those in which far had no part are not replayed',
  async t => {
    const facts = factsOfRun(
      'optimistic',
      { ...seen, at: 9 },
      { ...seen, at: 3, way: 'fresh' },
      { ...seen, at: 5, fault: 'X' },
    )
    t.strictSame(
      facts.map(({ at, isAsked }) => [at, isAsked]),
      [
        [3, false],
        [5, false],
        [9, true],
      ],
    )
  },
)

t.test('what was never sent whole costs what the same URL showed', async t => {
  const candidate = { sizeBytes: 30_000, wireBytes: 7500, expected: { gainMs: 1, sentBytes: 7500, wastedBytes: 750 } }
  const delta = {
    ...seen,
    at: 1,
    way: 'delta',
    wholeBytes: 0,
    deltaBytes: 90,
    plan: { word: 'common', candidate },
  } as const
  const [, facts] = factsOfRun('optimistic', seen, delta)
  t.match(facts, { wholeBytes: 8000, deltaBytes: 90, common: true, baseBytes: 6000 })
})

t.test('modes that never speculate are replayed as such', async t => {
  t.equal(factsOfRun('simple', seen)[0]?.thresholds.speculation, 'off')
})

t.test('the link is what near measured of it: the middle of its rates, and a round trip at rest', async t => {
  const at = (bandwidthBytesPerSecond: number, roundTripMs: number) => ({ bandwidthBytesPerSecond, roundTripMs })
  t.match(measuredOf([at(1000, 300), at(9000, 200), at(5000, 900)]), { bytesPerMs: 5, roundTripMs: 220 })
  t.strictSame(measuredOf([]), { bytesPerMs: 1000, roundTripMs: 1 })
})
