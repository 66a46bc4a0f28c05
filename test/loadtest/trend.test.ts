// Claims about what counts as a rise over time.
import t from 'tap'
import { makeRandom } from '../../loadtest/delta/random.ts'
import { trendOf } from '../../loadtest/trend.ts'

const hour = (valueAt: (minute: number) => number) =>
  Array.from({ length: 60 }, (_, minute) => ({ minute, value: valueAt(minute) }))

t.test('what grows by a tenth in an hour rises, by so much', async t => {
  const { rises, perHour } = trendOf(hour(minute => 100 + minute / 6))
  t.ok(rises)
  t.ok(Math.abs(perHour - 10) < 0.01, `${perHour}`)
})

t.test('noise does not rise, nor does what jumps once at the end', async t => {
  const random = makeRandom(5)
  t.notOk(trendOf(hour(() => 100 + 40 * random())).rises)
  t.notOk(trendOf(hour(minute => (minute > 57 ? 300 : 100 + random()))).rises)
})

t.test('a growth under noise is seen', async t => {
  const random = makeRandom(7)
  t.ok(trendOf(hour(minute => 100 + minute / 2 + 20 * random())).rises)
})

t.test('what falls, stays, or was hardly measured does not rise', async t => {
  t.notOk(trendOf(hour(minute => 100 - minute)).rises)
  t.notOk(trendOf(hour(() => 7)).rises)
  t.strictSame(trendOf([]), { median: 0, perHour: 0, tau: 0, rises: false })
})
