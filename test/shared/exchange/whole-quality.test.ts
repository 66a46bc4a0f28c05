// Claims about how hard a whole content is compressed.
import t from 'tap'
import { chooseWholeQuality, EASY_QUALITY, HARD_QUALITY } from '../../../shared/exchange/whole-quality.ts'

t.test('a slow link is worth the work, a fast one is not', async t => {
  t.equal(chooseWholeQuality(3_600, 0), HARD_QUALITY)
  t.equal(chooseWholeQuality(29_999, 0), HARD_QUALITY)
  t.equal(chooseWholeQuality(30_000, 0), EASY_QUALITY)
  t.equal(chooseWholeQuality(10_000_000, 0), EASY_QUALITY)
})

t.test('a busy machine works only for the slowest', async t => {
  t.equal(chooseWholeQuality(3_600, 1), HARD_QUALITY)
  t.equal(chooseWholeQuality(7_500, 1), EASY_QUALITY)
  t.equal(chooseWholeQuality(10_000, 0.5), HARD_QUALITY)
})

t.test('a link that nobody has measured is not worth it', async t => {
  t.equal(chooseWholeQuality(undefined, 0), EASY_QUALITY)
  t.equal(chooseWholeQuality(0, 0), EASY_QUALITY)
})
