// Claims about the byte sink.
import t from 'tap'
import { ByteSink } from '../../../shared/delta/byte-sink.ts'
import { integer } from './samples.ts'

t.test('a sink holds all that was written to it, in order, however small it began', async t => {
  const sink = new ByteSink(1)
  const expected: number[] = []
  for (let value = 1; value < 2 ** 40; value *= 7) {
    sink.byte(value & 255)
    sink.integer(value)
    sink.uint32(value >>> 0)
    sink.bytes(Uint8Array.of(9, 8, 7))
    expected.push(value & 255, ...integer(value))
    expected.push((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255, 9, 8, 7)
  }
  t.equal(sink.length, expected.length)
  t.same([...sink.taken()], expected)
})

t.test('the last byte can be replaced', async t => {
  const sink = new ByteSink()
  sink.bytes(Uint8Array.of(1, 2))
  sink.replaceLast(5)
  t.same([...sink.taken()], [1, 5])
})
