// Claims about the bit sink.
import t from 'tap'
import { BitSink } from '../../../shared/delta/brotli-bits.ts'

t.test('bits fill bytes from the lowest on (RFC 7932 §1.5.1)', async t => {
  const sink = new BitSink()
  sink.bits(0b1, 1)
  sink.bits(0b10, 2)
  sink.bits(0b11011, 5)
  sink.bits(0xabcdef, 24)
  sink.bits(0, 0)
  sink.bits(1, 1)
  t.same([...sink.finish()], [0b11011101, 0xef, 0xcd, 0xab, 1])
})

t.test('bits beyond the count are left out, and a sink grows', async t => {
  const sink = new BitSink()
  for (let i = 0; i < 10_000; i++) sink.bits(0xffff, 4)
  t.same([...new Set(sink.finish())], [0xff])
  t.equal(sink.finish().length, 5000)
})
