// Claims about the byte queue.
import * as fc from 'fast-check'
import t from 'tap'
import { ByteQueue } from '../../../shared/delta/byte-queue.ts'

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
