// Claims about the address caches of RFC 3284 §5.1, as encoder and decoder both use them.
import * as fc from 'fast-check'
import t from 'tap'
import { AddressCache, FIRST_CACHED_MODE, HERE, SELF } from '../../../shared/delta/vcdiff-address.ts'

t.test('the modes are numbered as RFC 3284 §5.3 has them', async t => {
  t.same([SELF, HERE, FIRST_CACHED_MODE], [0, 1, 2])
})

t.test('a fresh cache has four recent slots and three times 256 same slots, all zero', async t => {
  const { recent, same } = new AddressCache()
  t.same([...recent], [0, 0, 0, 0])
  t.equal(same.length, 768)
  t.ok(same.every(address => address === 0))
})

t.test('recent slots are filled in turn, the oldest overwritten', async t => {
  const cache = new AddressCache()
  for (const address of [10, 20, 30]) cache.remember(address)
  t.same([...cache.recent], [10, 20, 30, 0])
  for (const address of [40, 50, 50]) cache.remember(address)
  t.same([...cache.recent], [50, 50, 30, 40])
})

t.test('a same slot holds the latest address with its remainder', async t => {
  const cache = new AddressCache()
  for (const address of [5, 768 + 5, 767, 768]) cache.remember(address)
  t.same([cache.same[5], cache.same[767], cache.same[0]], [773, 767, 768])
})

t.test('any addresses are remembered as RFC 3284 §5.1 writes it down, up to the largest there is', async t => {
  const address = fc.nat(0x7fffffff)
  fc.assert(
    fc.property(fc.array(address), fc.nat(6), fc.nat(3), (addresses, recentSlots, sameSlots) => {
      const cache = new AddressCache(recentSlots, sameSlots)
      for (const each of addresses) cache.remember(each)
      const recent = Array.from({ length: recentSlots }, () => 0)
      const same = Array.from({ length: sameSlots * 256 }, () => 0)
      addresses.forEach((each, n) => {
        if (recentSlots > 0) recent[n % recentSlots] = each
        if (sameSlots > 0) same[each % same.length] = each
      })
      return recent.every((each, i) => each === cache.recent[i]) && same.every((each, i) => each === cache.same[i])
    }),
  )
  t.pass()
})

t.test('after a reset a cache acts as a fresh one, its next slot included', async t => {
  const cache = new AddressCache()
  for (const address of [1000, 2000, 3000]) cache.remember(address)
  cache.reset()
  cache.remember(7)
  const fresh = new AddressCache()
  fresh.remember(7)
  t.same(cache.recent, fresh.recent)
  t.same(cache.same, fresh.same)
})
