// Claims about quantiles.
import t from 'tap'
import { quantile } from '../../shared/quantile.ts'

t.test('quantiles lie between neighbours in proportion', async t => {
  t.equal(quantile([4, 1, 3, 2], 0.5), 2.5)
  t.equal(quantile([1, 2, 3], 1), 3)
  t.equal(quantile([1, 2, 3], 0), 1)
  t.equal(quantile([10, 20], 0.9), 19)
  t.ok(Number.isNaN(quantile([], 0.5)))
})
