// Claims about token buckets, on a clock of the test's own.
import { array, assert, integer, nat, property, tuple } from 'fast-check'
import t from 'tap'
import { TokenBucket } from '../../../shared/limits/token-bucket.ts'

t.test('a full bucket gives its burst at once, and then what the rate brings', async t => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 1000)
  t.strictSame(
    [1, 2, 3, 4].map(() => bucket.take(1, 1000)),
    [0, 0, 0, 100],
  )
  t.equal(bucket.take(1, 1099), 1, 'a millisecond early')
  t.equal(bucket.take(1, 1100), 0)
  t.equal(bucket.isFull(1399), false)
  t.equal(bucket.isFull(1400), true, 'a rest fills it')
  t.equal(bucket.take(4, 1400), 0, 'more than the burst is there when the bucket is full')
  t.equal(bucket.take(1, 1400), 200, 'and is owed')
})

t.test('what was spent without asking is owed', async t => {
  const bucket = new TokenBucket({ perSecond: 1000, burst: 1000 }, 0)
  bucket.spend(3000, 0)
  t.equal(bucket.waitMs(1, 0), 2001)
  t.equal(bucket.waitMs(1, 2001), 0)
})

t.test('a bucket without a limit gives all, and is always full', async t => {
  const bucket = new TokenBucket({ perSecond: Infinity, burst: Infinity }, 0)
  bucket.spend(1e12, 0)
  t.equal(bucket.take(1e12, 0), 0)
  t.ok(bucket.isFull(0))
})

t.test('a bucket without a rate gives nothing, ever', async t => {
  const bucket = new TokenBucket({ perSecond: 0, burst: 0 }, 0)
  t.equal(bucket.take(1, 0), Infinity)
  t.equal(bucket.take(1, 1e12), Infinity)
  t.ok(bucket.isFull(0), 'and may be forgotten')
})

t.test('a clock that is set back brings no tokens', async t => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 10_000)
  t.equal(bucket.take(1, 10_000), 0)
  t.equal(bucket.take(1, 0), 1000)
  t.equal(bucket.take(1, 1000), 0)
})

t.test('whatever comes when, no more passes than the burst and the rate allow', async () => {
  const steps = array(tuple(nat(2000), integer({ min: 1, max: 5 })), { maxLength: 60 })
  assert(
    property(steps, integer({ min: 1, max: 20 }), integer({ min: 5, max: 20 }), (all, perSecond, burst) => {
      const bucket = new TokenBucket({ perSecond, burst }, 0)
      let now = 0
      let passed = 0
      for (const [elapsed, count] of all) {
        now += elapsed
        if (bucket.take(count, now) === 0) passed += count
      }
      return passed <= burst + (now / 1000) * perSecond + 1e-6
    }),
  )
})
