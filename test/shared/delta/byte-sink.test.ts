// Claims about the byte sink: what is written comes out in order, however small it was expected to be.
import * as fc from 'fast-check'
import t from 'tap'
import { ByteSink } from '../../../shared/delta/byte-sink.ts'
import { integer } from './samples.ts'

t.test('bytes, integers and words come out in the order they went in, whatever was expected', async t => {
  const piece = fc.oneof(
    fc.nat(255).map(value => ({ kind: 'byte' as const, value, wire: [value] })),
    fc.maxSafeNat().map(value => ({ kind: 'integer' as const, value, wire: integer(value) })),
    fc.uint8Array({ maxLength: 40 }).map(value => ({ kind: 'bytes' as const, value, wire: [...value] })),
  )
  fc.assert(
    fc.property(fc.array(piece), fc.nat(64), (pieces, expectedBytes) => {
      const sink = new ByteSink(expectedBytes)
      for (const each of pieces) {
        if (each.kind === 'byte') sink.byte(each.value)
        else if (each.kind === 'integer') sink.integer(each.value)
        else sink.bytes(each.value)
      }
      const wire = Buffer.from(pieces.flatMap(({ wire }) => wire))
      return sink.length === wire.length && wire.equals(sink.taken())
    }),
  )
  t.pass()
})

t.test('a word of 32 bits is written unsigned, its most significant byte first', async t => {
  const sink = new ByteSink(0)
  for (const value of [0, 1, 0x01020304, 0x80000000, 0xffffffff]) sink.uint32(value)
  t.equal(Buffer.from(sink.taken()).toString('hex'), '00000000000000010102030480000000ffffffff')
})

t.test('the last byte can be replaced, and only it', async t => {
  const sink = new ByteSink()
  for (const value of [1, 2, 3]) sink.byte(value)
  sink.replaceLast(9)
  sink.byte(4)
  t.same([...sink.taken()], [1, 2, 9, 4])
})

t.test('a sink that nothing was written to is empty', async t => {
  t.equal(new ByteSink().taken().length, 0)
  t.equal(new ByteSink(0).length, 0)
})
