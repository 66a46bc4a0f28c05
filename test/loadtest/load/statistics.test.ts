// Claims about quantiles and intervals.
import t from 'tap'
import { medianRatio, quantile } from '../../../loadtest/load/statistics.ts'

t.test('quantiles lie between neighbours in proportion', async t => {
  t.equal(quantile([4, 1, 3, 2], 0.5), 2.5)
  t.equal(quantile([1, 2, 3], 1), 3)
  t.equal(quantile([1, 2, 3], 0), 1)
  t.equal(quantile([10, 20], 0.9), 19)
  t.ok(Number.isNaN(quantile([], 0.5)))
})

t.test('the interval of a median ratio holds it, and is narrow where the ratios are alike', async t => {
  const pairs = Array.from({ length: 50 }, (_each, index) => [100 + (index % 5), 200] as const)
  const { low, middle, high } = medianRatio(pairs)
  t.equal(middle, 0.51)
  t.ok(low <= middle && middle <= high)
  t.ok(high - low < 0.02, `${low} to ${high}`)
})
