// Claims about whole numbers of variable length, with the examples of RFC 9000 §A.1.
import * as fc from 'fast-check'
import t from 'tap'
import { decodeVarint, encodeVarint, MAX_VARINT } from '../../../shared/link/varint.ts'

const examples: readonly (readonly [hex: string, value: number])[] = [
  ['9d7f3e7d', 494_878_333],
  ['7bbd', 15_293],
  ['25', 37],
]

t.test('the examples of RFC 9000 are read and written', async t => {
  for (const [hex, value] of examples) {
    t.equal(Buffer.from(encodeVarint(value)).toString('hex'), hex)
    t.strictSame(decodeVarint(Buffer.from(hex, 'hex'), 0), { value, end: hex.length / 2 })
  }
  t.strictSame(decodeVarint(Buffer.from('4025', 'hex'), 0), { value: 37, end: 2 }, 'longer than it need be')
})

t.test('the shortest form is written on both sides of each limit', async t => {
  const limits = [0x40, 0x4000, 0x4000_0000]
  for (const [at, limit] of limits.entries()) {
    t.equal(encodeVarint(limit - 1).length, 1 << at, `${limit - 1}`)
    t.equal(encodeVarint(limit).length, 2 << at, `${limit}`)
  }
  t.equal(encodeVarint(MAX_VARINT).length, 8)
})

t.test('whatever number is written is read back, wherever it stands', async t => {
  const number = fc.oneof(fc.maxSafeNat(), fc.nat(100), fc.nat(100_000))
  fc.assert(
    fc.property(number, fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }), (value, before, after) => {
      const written = encodeVarint(value)
      const read = decodeVarint(Buffer.concat([before, written, after]), before.length)
      return read?.value === value && read.end === before.length + written.length
    }),
  )
  t.pass('read back')
})

t.test('a number that is cut off at any offset is not yet one', async t => {
  for (const value of [0, 0x3fff, 0x3fff_ffff, MAX_VARINT]) {
    const bytes = encodeVarint(value)
    for (let end = 0; end < bytes.length; end++) t.equal(decodeVarint(bytes.subarray(0, end), 0), undefined)
  }
  t.equal(decodeVarint(Uint8Array.of(1), 5), undefined, 'behind the end')
})

t.test('what JavaScript cannot hold exactly is infinite, so that every bound refuses it', async t => {
  t.strictSame(decodeVarint(Buffer.from('c01fffffffffffff', 'hex'), 0), { value: MAX_VARINT, end: 8 })
  for (const hex of ['c020000000000000', 'c020000000000001', 'ffffffffffffffff']) {
    t.strictSame(decodeVarint(Buffer.from(hex, 'hex'), 0), { value: Number.POSITIVE_INFINITY, end: 8 })
  }
})

t.test('whatever the bytes are, the value is a whole number or infinite', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), bytes => {
      const read = decodeVarint(bytes, 0)
      if (read === undefined) return bytes.length < 8
      const isWhole = Number.isSafeInteger(read.value) && read.value >= 0
      return read.end <= bytes.length && (isWhole || read.value === Number.POSITIVE_INFINITY)
    }),
  )
  t.pass('it is')
})

t.test('what is no whole number of the range is not written', async t => {
  for (const value of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_VARINT + 1]) {
    t.throws(() => encodeVarint(value), RangeError)
  }
})
