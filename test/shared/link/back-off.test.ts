// Claims about the wait before the link is dialled again.
import t from 'tap'
import { chooseDelayMs, paces } from '../../../shared/link/back-off.ts'

t.test('each failure doubles the wait, up to the ceiling and no further', async t => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map(failures => chooseDelayMs(paces.waiting, failures, 1))
  t.strictSame(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

t.test('half of the wait is certain and chance draws the other half', async t => {
  t.strictSame(
    [0, 0.5, 1].map(chance => chooseDelayMs(paces.waiting, 3, chance)),
    [1000, 1500, 2000],
  )
})

t.test(
  'what a person must mend is tried far less often, and at every pace requests cannot make it a storm',
  async t => {
    t.equal(chooseDelayMs(paces.refused, 1, 0), 15_000)
    t.equal(chooseDelayMs(paces.refused, 99, 1), 300_000)
    for (const pace of Object.values(paces)) t.ok(pace.eagerMs >= 500)
  },
)

t.test('no failures at all count as one', async t => {
  t.equal(chooseDelayMs(paces.waiting, 0, 1), 500)
})
