// Claims about the byte queue: order, pieces across chunks, what is copied and what is not, many small chunks.
import * as fc from 'fast-check'
import t from 'tap'
import { ByteQueue } from '../../../shared/delta/byte-queue.ts'

function queueOf(...chunks: Uint8Array[]): ByteQueue {
  const queue = new ByteQueue()
  for (const chunk of chunks) queue.push(chunk)
  return queue
}

type Step = { readonly push: Uint8Array } | { readonly take: number } | { readonly drop: number }

t.test('pushes, takes and drops in any order act like one long buffer', async t => {
  const step = fc.oneof<fc.Arbitrary<Step>[]>(
    fc.uint8Array({ maxLength: 9 }).map(push => ({ push })),
    fc.nat(20).map(take => ({ take })),
    fc.nat(20).map(drop => ({ drop })),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), steps => {
      const queue = new ByteQueue()
      let model = Buffer.alloc(0)
      return steps.every(step => {
        if ('push' in step) {
          queue.push(step.push)
          model = Buffer.concat([model, step.push])
        } else if ('take' in step) {
          const bytes = Math.min(step.take, model.length)
          const seen = queue.peek(step.take)
          const taken = queue.take(bytes)
          if (!model.subarray(0, bytes).equals(seen) || !model.subarray(0, bytes).equals(taken)) return false
          model = model.subarray(bytes)
        } else {
          const bytes = Math.min(step.drop, model.length)
          queue.drop(bytes)
          model = model.subarray(bytes)
        }
        return queue.length === model.length && model.equals(queue.peek(1000))
      })
    }),
  )
  t.pass()
})

t.test('a piece within one chunk is a view of it; one across chunks is a copy', async t => {
  const chunk = Uint8Array.of(1, 2, 3, 4)
  const queue = queueOf(chunk, Uint8Array.of(5, 6))
  queue.drop(1)
  const within = queue.peek(3)
  t.equal(within.buffer, chunk.buffer)
  t.same([...within], [2, 3, 4])
  const across = queue.peek(4)
  t.not(across.buffer, chunk.buffer)
  t.same([...across], [2, 3, 4, 5])
})

t.test('an empty queue gives empty pieces, and empty chunks leave it empty', async t => {
  const queue = queueOf(new Uint8Array(0), new Uint8Array(0))
  t.same([queue.length, queue.peek(5).length, queue.take(0).length], [0, 0, 0])
  queue.push(Uint8Array.of(7))
  t.same([...queue.take(1)], [7])
  t.equal(queue.peek(1).length, 0)
})

t.test('a hundred thousand chunks of one byte are taken in order', async t => {
  const queue = new ByteQueue()
  for (let i = 0; i < 100_000; i++) queue.push(Uint8Array.of(i % 251))
  for (let at = 0; at < 100_000; at += 50) {
    const piece = queue.take(50)
    if (piece.some((byte, i) => byte !== (at + i) % 251)) t.fail(`at ${at}`)
  }
  t.equal(queue.length, 0)
})
