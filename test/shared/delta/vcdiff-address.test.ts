// Claims about the address caches.
import t from 'tap'
import { AddressCache } from '../../../shared/delta/vcdiff-address.ts'

t.test('the recent cache is a ring of four, the same cache is by the address modulo 768 (RFC 3284 §5.1)', async t => {
  const cache = new AddressCache()
  for (const address of [10, 20, 30, 40, 50, 1000]) cache.remember(address)
  t.same([...cache.recent], [50, 1000, 30, 40])
  t.equal(cache.same[10], 10)
  t.equal(cache.same[1000 % 768], 1000)
  cache.remember(10 + 768)
  t.equal(cache.same[10], 778, 'a later address takes the slot')
})

t.test('a reset forgets everything, and begins the ring anew', async t => {
  const cache = new AddressCache()
  cache.remember(7)
  cache.reset()
  t.same([...cache.recent], [0, 0, 0, 0])
  t.ok(cache.same.every(address => address === 0))
  cache.remember(9)
  t.equal(cache.recent[0], 9)
})

t.test('caches of other sizes, and of none, are kept', async t => {
  const none = new AddressCache(0, 0)
  none.remember(5)
  t.same([none.recent.length, none.same.length], [0, 0])
  const one = new AddressCache(1, 1)
  one.remember(300)
  t.same([one.recent[0], one.same[300 % 256]], [300, 300])
})
