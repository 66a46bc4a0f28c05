// Claims about how long bytes take over a link that has rested.
import t from 'tap'
import { transferMs } from '../../../shared/link/transfer-time.ts'

// 1 byte a millisecond, and 1000.
const slow = { bandwidthBytesPerSecond: 1_000, roundTripMs: 200 }
const fast = { bandwidthBytesPerSecond: 1_000_000, roundTripMs: 600 }

t.test('what TCP lets go at once takes what the rate says', async t => {
  t.equal(transferMs(1_000, slow), 1_000)
  t.equal(transferMs(14_480, fast), 14.48)
  t.equal(transferMs(0, fast), 0)
})

t.test('a link that is full with the first packets never stands still', async t => {
  t.equal(transferMs(100_000, slow), 100_000)
})

t.test('on a long and fast link each doubling costs what is left of a round trip', async t => {
  t.equal(transferMs(14_481, fast), 14.481 + (600 - 14.48))
  t.equal(transferMs(43_440, fast), 43.44 + (600 - 14.48))
  t.equal(transferMs(43_441, fast), 43.441 + (600 - 14.48) + (600 - 28.96))
  const many = transferMs(100_000_000, fast)
  t.ok(many > 100_000 && many < 104_000, 'until it is full')
})

t.test('of a link that nobody has measured nothing is known', async t => {
  t.equal(transferMs(1_000, { bandwidthBytesPerSecond: undefined, roundTripMs: undefined }), 0)
  t.equal(transferMs(1_000, { bandwidthBytesPerSecond: 0, roundTripMs: 5 }), 0)
  t.equal(
    transferMs(100_000, { ...slow, roundTripMs: undefined }),
    100_000,
    'without a round trip it is the rate alone',
  )
})
