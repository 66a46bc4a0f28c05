// Claims about intervals.
import t from 'tap'
import { medianRatio } from '../../../loadtest/load/statistics.ts'

t.test('the interval of a median ratio holds it, and is narrow where the ratios are alike', async t => {
  const pairs = Array.from({ length: 50 }, (_each, index) => [100 + (index % 5), 200] as const)
  const { low, middle, high } = medianRatio(pairs)
  t.equal(middle, 0.51)
  t.ok(low <= middle && middle <= high)
  t.ok(high - low < 0.02, `${low} to ${high}`)
})
