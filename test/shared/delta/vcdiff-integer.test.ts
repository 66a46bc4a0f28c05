// Claims about the integers of VCDIFF.
import * as fc from 'fast-check'
import t from 'tap'
import { integerBytes, IntegerReader, MAX_INTEGER, writeInteger } from '../../../shared/delta/vcdiff-integer.ts'
import { integer } from './samples.ts'

t.test('every integer is written as RFC 3284 §2 says, in integerBytes bytes, and read back', async t => {
  fc.assert(
    fc.property(fc.maxSafeNat(), value => {
      const memory = new Uint8Array(10)
      const end = writeInteger(memory, 1, value)
      t.same([...memory.subarray(1, end)], integer(value))
      t.equal(end - 1, integerBytes(value))
      t.equal(new IntegerReader(memory, 1).tryInteger(), value)
    }),
    { numRuns: 300 },
  )
})

t.test('the example of RFC 3284 §2 reads 123456789', async t => {
  t.equal(new IntegerReader(Uint8Array.of(186, 239, 154, 21)).tryInteger(), 123456789)
})

t.test('an integer that is not whole is not read, and one beyond 2^53 - 1 is refused', async t => {
  t.equal(new IntegerReader(Uint8Array.of(0xff, 0xff)).tryInteger(), -1)
  t.equal(new IntegerReader(Uint8Array.from(integer(MAX_INTEGER))).tryInteger(), MAX_INTEGER)
  t.throws(() => new IntegerReader(Uint8Array.from(integer(MAX_INTEGER + 1))).tryInteger(), { code: 'DELTA_MALFORMED' })
  t.throws(() => new IntegerReader(new Uint8Array(9).fill(0x80)).tryInteger(), { code: 'DELTA_MALFORMED' })
})

t.test('a section that ends too early is named in the fault', async t => {
  const reader = new IntegerReader(Uint8Array.of(5, 0x81))
  t.equal(reader.integer('the sizes'), 5)
  t.throws(() => reader.integer('the sizes'), { code: 'DELTA_MALFORMED', message: 'the sizes end too early' })
  t.throws(() => reader.byte('the data'), { code: 'DELTA_MALFORMED', message: 'the data end too early' })
  t.equal(reader.tryByte(), -1)
  t.equal(reader.left, 0)
})
