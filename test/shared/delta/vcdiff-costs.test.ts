// Claims about the costs that the optimal parse goes by.
import * as fc from 'fast-check'
import t from 'tap'
import { addressBytes, linkCosts, plainCosts } from '../../../shared/delta/vcdiff-costs.ts'
import { integerBytes } from '../../../shared/delta/vcdiff-integer.ts'

t.test('the length of an address is that of its shortest form', async t => {
  fc.assert(
    fc.property(fc.nat(2 ** 30), fc.nat(2 ** 30), fc.array(fc.nat(2 ** 30), { maxLength: 4 }), (a, b, recent) => {
      const [address, here] = a < b ? [a, b] : [b, a + 1]
      const forms = [address, here - address, ...recent.map(one => address - one).filter(ahead => ahead >= 0)]
      return addressBytes(address, here, Int32Array.from(recent)) === Math.min(...forms.map(integerBytes))
    }),
  )
  t.pass()
})

t.test('plain costs count bytes: a long copy is dearer than a short one, a paired one is free', async t => {
  const byte = 8 * 16
  t.equal(plainCosts.literal, byte)
  t.equal(plainCosts.copy(18, false), byte)
  t.equal(plainCosts.copy(19, false), 2 * byte)
  t.equal(plainCosts.copy(128, false), 3 * byte)
  t.equal(plainCosts.copy(4, true), 0)
  t.equal(plainCosts.addStep(0), byte)
  t.equal(plainCosts.addStep(1), 0)
  t.equal(plainCosts.addStep(17), byte)
})

t.test('under Brotli everything is cheaper', async t => {
  t.ok(linkCosts.literal < plainCosts.literal && linkCosts.copy(10, false) < plainCosts.copy(10, false))
  linkCosts.address.forEach((cost, bytes) => t.ok(cost <= plainCosts.address[bytes]!))
})
