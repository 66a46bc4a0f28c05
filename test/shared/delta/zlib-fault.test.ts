// Claims about what node:zlib's errors become.
import { brotliCompressSync, createBrotliDecompress } from 'node:zlib'
import t from 'tap'
import { asDeltaFault, ByteCounter } from '../../../shared/delta/zlib-fault.ts'
import { Fault } from '../../../shared/fault.ts'
import { feed } from './samples.ts'

const content = brotliCompressSync(Buffer.from('some content, some content'))

async function errorOf(delta: Uint8Array): Promise<Error> {
  return feed(createBrotliDecompress(), [delta]).then(
    () => new Error('none'),
    (error: Error) => asDeltaFault(error),
  )
}

t.test('cut content is truncated, broken content is malformed', async t => {
  t.match(await errorOf(content.subarray(0, 5)), { code: 'DELTA_TRUNCATED' })
  t.match(await errorOf(Buffer.alloc(20, 0xff)), { code: 'DELTA_MALFORMED' })
})

t.test('faults, and errors that are not about content, stay what they are', async t => {
  const fault = new Fault('DELTA_BASE', 'x')
  const other = new Error('disk full')
  t.equal(asDeltaFault(fault), fault)
  t.equal(asDeltaFault(other), other)
})

t.test('bytes that Brotli did not take are noticed', async t => {
  for (const [more, complains] of [
    ['', false],
    ['x', true],
  ] as const) {
    const counter = new ByteCounter()
    const brotli = createBrotliDecompress()
    counter.pipe(brotli)
    counter.end(Buffer.concat([content, Buffer.from(more)]))
    await feed(brotli, []).catch(() => {})
    if (complains) t.throws(() => counter.checkAllTaken(brotli), { code: 'DELTA_MALFORMED' })
    else t.doesNotThrow(() => counter.checkAllTaken(brotli))
  }
})
