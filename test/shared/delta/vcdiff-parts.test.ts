// Claims about the small parts of VCDIFF: integers, Adler-32, the byte queue, the code table.
import { deflateSync } from 'node:zlib'
import * as fc from 'fast-check'
import t from 'tap'
import { adler32 } from '../../../shared/delta/adler32.ts'
import { ByteQueue } from '../../../shared/delta/byte-queue.ts'
import { integerBytes, IntegerReader, MAX_INTEGER, writeInteger } from '../../../shared/delta/vcdiff-integer.ts'
import { ADD, COPY, defaultTable, NOOP, readTable, RUN, writeTable } from '../../../shared/delta/vcdiff-table.ts'
import { integer, randomBytes } from './samples.ts'

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

t.test('adler32 is the sum that zlib writes at the end of its stream (RFC 1950 §2.2)', async t => {
  for (const bytes of [0, 1, 7, 8, 9, 2047, 2048, 2049, 5551, 5552, 5553, 70000]) {
    for (const content of [randomBytes(bytes, bytes), Buffer.alloc(bytes, 255)]) {
      t.equal(adler32(content), deflateSync(content).readUInt32BE(deflateSync(content).length - 4), `${bytes} bytes`)
    }
  }
})

t.test('a byte queue gives back what was pushed, in whatever pieces it is taken', async t => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.array(fc.nat(30)), (chunks, pieces) => {
      const queue = new ByteQueue()
      for (const chunk of chunks) queue.push(chunk)
      const all = Buffer.concat(chunks)
      let taken = 0
      for (const wanted of [...pieces, all.length]) {
        const length = Math.min(wanted, queue.length)
        t.same(Buffer.from(queue.peek(wanted)), all.subarray(taken, taken + length))
        t.same(Buffer.from(queue.take(length)), all.subarray(taken, taken + length))
        taken += length
      }
      t.equal(queue.length, 0)
    }),
    { numRuns: 200 },
  )
})

t.test('the default code table has the rows that RFC 3284 §5.6 lists', async t => {
  const row = (code: number) => {
    const { kind1, size1, mode1, kind2, size2, mode2 } = defaultTable
    return [kind1[code], size1[code], mode1[code], kind2[code], size2[code], mode2[code]]
  }
  t.same(row(0), [RUN, 0, 0, NOOP, 0, 0])
  t.same(row(1), [ADD, 0, 0, NOOP, 0, 0])
  t.same(row(18), [ADD, 17, 0, NOOP, 0, 0])
  t.same(row(19), [COPY, 0, 0, NOOP, 0, 0])
  t.same(row(162), [COPY, 18, 8, NOOP, 0, 0])
  t.same(row(163), [ADD, 1, 0, COPY, 4, 0])
  t.same(row(174), [ADD, 4, 0, COPY, 6, 0])
  t.same(row(234), [ADD, 4, 0, COPY, 6, 5])
  t.same(row(235), [ADD, 1, 0, COPY, 4, 6])
  t.same(row(246), [ADD, 4, 0, COPY, 4, 8])
  t.same(row(247), [COPY, 4, 0, ADD, 1, 0])
  t.same(row(255), [COPY, 4, 8, ADD, 1, 0])
  t.same(readTable(writeTable(defaultTable)), defaultTable)
})
