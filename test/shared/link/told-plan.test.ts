// Claims about the line by which far tells what it weighed.
import t from 'tap'
import { decideSpeculation } from '../../../shared/exchange/plan-speculation.ts'
import { formatPlan, parsePlan, type ToldPlan } from '../../../shared/link/told-plan.ts'
import { thresholds as small } from '../sample-version.ts'

const thresholds = { ...small, maxBaseBytes: 100_000 }

const candidate = {
  sizeBytes: 41_200,
  wireBytes: 9_800,
  expected: { gainMs: 340, sentBytes: 9_000, wastedBytes: 900 },
}

t.test('what was weighed is written in a line, and read back', async t => {
  const plan: ToldPlan = { word: 'no-gain', candidate, share: 0.031, triedBytes: 12 }
  t.equal(formatPlan(plan), 'no-gain size=41200 wire=9800 gain=340 sent=9000 waste=900 share=0.031 tried=12')
  t.strictSame(parsePlan(formatPlan(plan)), plan)
  t.strictSame(parsePlan(formatPlan({ word: 'common' })), { word: 'common' })
})

t.test('a gain just below a threshold stays below it', async t => {
  const expected = { gainMs: 19.9, sentBytes: 9_000, wastedBytes: 0 }
  const told = parsePlan(formatPlan({ word: 'no-gain', candidate: { ...candidate, expected } }))
  const chance = { wish: 'balanced', readsDeltas: true, common: false, candidate: told?.candidate } as const
  t.equal(decideSpeculation(chance, { ...thresholds, minExpectedGainMs: 20 }), 'no-gain')
  t.equal(decideSpeculation(chance, { ...thresholds, minExpectedGainMs: 19 }), 'speculate')
})

t.test('what a reader does not know is passed over, and what no later far could mean is nothing', async t => {
  t.strictSame(parsePlan('perhaps mood=3 share=0.5 size=x'), { word: 'perhaps', share: 0.5 })
  t.equal(parsePlan('share=0.5'), undefined)
  t.equal(parsePlan(''), undefined)
})
