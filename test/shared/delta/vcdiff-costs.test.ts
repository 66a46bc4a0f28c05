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

t.test(
  'an address becomes longer where an integer does, whether it counts from the start, from here or from a recent one',
  async t => {
    const far = 2 ** 30
    for (const distance of [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456]) {
      const bytes = integerBytes(distance)
      t.equal(addressBytes(distance, far, Int32Array.of()), bytes, `${distance} from the start`)
      t.equal(addressBytes(far - distance, far, Int32Array.of()), bytes, `${distance} from here`)
      t.equal(
        addressBytes(far, 2 * far - 1, Int32Array.of(5, far - distance, far + 1, 7)),
        bytes,
        `${distance} after one`,
      )
    }
    t.equal(addressBytes(far, 2 * far - 1, Int32Array.of(far + 1)), 5, 'nothing counts back from a recent one')
  },
)

t.test('an instruction becomes dearer where its size no longer fits the code table (RFC 3284 §5.6)', async t => {
  for (const costs of [plainCosts, linkCosts]) {
    for (const length of [4, 5, 6])
      t.ok(costs.copy(length, true) < costs.copy(length, false), `a copy of ${length} pairs`)
    t.equal(costs.copy(7, true), costs.copy(7, false), 'a copy of 7 does not')
    const lengths = Array.from({ length: 300 }, (_, i) => i + 4)
    const dearer = lengths.filter(length => costs.copy(length + 1, false) > costs.copy(length, false))
    t.same(dearer, [18, 127])
    t.notOk(lengths.some(length => costs.copy(length + 1, false) < costs.copy(length, false)))
    t.same(
      lengths.filter(added => costs.addStep(added) > 0),
      [17, 127],
    )
    t.same(
      costs.address.toSorted((a, b) => a - b),
      costs.address,
    )
    t.ok(costs.run > costs.literal && costs.run < 8 * costs.literal, 'a run of eight is cheaper than eight bytes')
  }
})
