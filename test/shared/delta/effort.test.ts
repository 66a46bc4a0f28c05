// Claims about efforts.
import t from 'tap'
import { asEffort, type DcbEffort, DEFAULT_EFFORT, efforts } from '../../../shared/delta/effort.ts'

t.test('an effort from outside is one of five, as a number or as text', async t => {
  t.same(
    [1, '2', 3, '4', 5].map(value => asEffort(value)),
    [1, 2, 3, 4, 5],
  )
  for (const value of [0, 6, 2.5, 'high', '', undefined, null])
    t.throws(() => asEffort(value), { code: 'USAGE', message: /^effort is 1/ })
  t.equal(asEffort(DEFAULT_EFFORT), DEFAULT_EFFORT)
})

t.test('more effort never looks less far', async t => {
  for (const effort of [2, 3, 4, 5] as const) {
    const [less, more] = [efforts[(effort - 1) as 1 | 2 | 3 | 4], efforts[effort]]
    for (const key of ['long', 'short', 'target', 'niceBytes'] as const) t.ok(less.search[key] <= more.search[key])
    t.ok(less.linkQuality <= more.linkQuality && less.optimalUpToBytes <= more.optimalUpToBytes)
    t.ok(less.dcb.first[0].quality <= more.dcb.first[0].quality)
  }
})

t.test('no effort asks Brotli for a quality that ignores the dictionary', async t => {
  for (const row of Object.values(efforts)) {
    const { first, again }: DcbEffort = row.dcb
    for (const { quality } of [...first, again ?? first[0]]) t.ok(quality >= 5)
  }
})
