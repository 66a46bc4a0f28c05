// Claims about RFC 3284 §2's integers: their shape at every length, their bounds, and reading that stays in its memory.
import * as fc from 'fast-check'
import t from 'tap'
import {
  integerBytes,
  IntegerReader,
  MAX_INTEGER,
  MAX_INTEGER_BYTES,
  writeInteger,
} from '../../../shared/delta/vcdiff-integer.ts'
import { integer } from './samples.ts'

const written = (value: number) => {
  const memory = new Uint8Array(12).fill(0xee)
  const end = writeInteger(memory, 2, value)
  return { bytes: [...memory.subarray(2, end)], around: [...memory.subarray(0, 2), ...memory.subarray(end)] }
}
const reader = (...bytes: number[]) => new IntegerReader(Uint8Array.from(bytes))

t.test('the example of RFC 3284 §2 is written and read', async t => {
  t.same(written(123456789).bytes, [0b10111010, 0b11101111, 0b10011010, 0b00010101])
  t.equal(reader(186, 239, 154, 21).tryInteger(), 123456789)
})

t.test('an integer of n bytes is the least that n − 1 bytes do not hold, up to 2^53 − 1', async t => {
  for (let bytes = 1; bytes <= MAX_INTEGER_BYTES; bytes++) {
    const least = bytes === 1 ? 0 : 128 ** (bytes - 1)
    const most = Math.min(128 ** bytes - 1, MAX_INTEGER)
    for (const value of [least, least + 1, most - 1, most]) {
      t.equal(integerBytes(value), bytes, `${value}`)
      t.same(written(value).bytes, integer(value), `${value}`)
      t.equal(reader(...integer(value)).tryInteger(), value)
      t.equal(reader(...integer(value)).integer('the test'), value)
    }
  }
})

t.test('the bounds of 32 bits are no bounds here', async t => {
  for (const value of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 49]) {
    t.equal(reader(...written(value).bytes).tryInteger(), value)
  }
})

t.test('any integer is written within its bytes and read back, and the reader stands after it', async t => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(300), (value, next) => {
      const { bytes, around } = written(value)
      const both = reader(...bytes, ...integer(next))
      return (
        bytes.length === integerBytes(value) &&
        around.every(byte => byte === 0xee) &&
        both.tryInteger() === value &&
        both.left === integerBytes(next) &&
        both.integer('the test') === next &&
        both.left === 0
      )
    }),
  )
  t.pass()
})

t.test('an integer beyond 2^53 − 1 is refused, never rounded', async t => {
  t.equal(reader(...integer(MAX_INTEGER)).tryInteger(), MAX_INTEGER)
  for (const beyond of [2 ** 53, 2 ** 54, 2 ** 55]) {
    t.throws(() => reader(...integer(beyond)).tryInteger(), { code: 'DELTA_MALFORMED' })
    t.throws(() => reader(...integer(beyond)).integer('the test'), { code: 'DELTA_MALFORMED' })
  }
  t.throws(() => reader(...Array<number>(8).fill(0xff), 0x7f).tryInteger(), { code: 'DELTA_MALFORMED' })
})

t.test('zeros in front are read as long as the integer has at most eight digits', async t => {
  t.equal(reader(0x80, 0x01).tryInteger(), 1)
  t.equal(reader(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x05).tryInteger(), 5)
  t.throws(() => reader(...Array<number>(8).fill(0x80), 0x05).tryInteger(), { code: 'DELTA_MALFORMED' })
  t.throws(() => reader(...Array<number>(8).fill(0x80), 0x05).integer('the test'), { code: 'DELTA_MALFORMED' })
})

t.test('where the bytes end within an integer, a try says so and a demand names the section', async t => {
  for (const value of [128, 2 ** 32, MAX_INTEGER]) {
    const bytes = integer(value)
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.slice(0, length)
      t.equal(reader(...cut).tryInteger(), -1)
      t.throws(() => reader(...cut).integer('the addresses'), {
        code: 'DELTA_MALFORMED',
        message: /^the addresses end/,
      })
    }
  }
})

t.test('single bytes are read one by one, and never beyond the end of a view', async t => {
  const memory = Uint8Array.of(9, 1, 255, 9)
  const view = new IntegerReader(memory.subarray(1, 3))
  t.same([view.tryByte(), view.byte('the test'), view.tryByte(), view.left], [1, 255, -1, 0])
  t.throws(() => view.byte('the data'), { code: 'DELTA_MALFORMED', message: /^the data end/ })
  t.equal(new IntegerReader(memory, 3).tryByte(), 9)
})
