// Claims about VCDIFF decoding as a stream.
import { brotliCompressSync, constants } from 'node:zlib'
import t from 'tap'
import { createVcdiffDecoder } from '../../../shared/delta/vcdiff-decode.ts'
import { bytesOf, feed, header, makeDelta, splitBytes } from './samples.ts'

const base = Buffer.from('abcdefghijklmnop')
const windows = makeDelta({
  segment: [16, 0],
  targetBytes: 6,
  data: bytesOf('!!'),
  instructions: [20, 3],
  addresses: [0],
})
const plain = windows.subarray(header.length)
const params = { [constants.BROTLI_PARAM_LGWIN]: 22 }
const compressed = brotliCompressSync(plain, { params })
const link = () => createVcdiffDecoder(base, { framing: 'link', maxTargetBytes: 100 })

t.test('on the link windows come without a header, plain or under Brotli', async t => {
  for (const delta of [plain, compressed]) {
    t.equal((await feed(link(), [delta])).toString(), 'abcd!!')
    t.equal((await feed(link(), splitBytes(delta))).toString(), 'abcd!!')
  }
})

t.test('an empty delta on the link is a truncated one, an empty Brotli stream makes an empty target', async t => {
  await t.rejects(feed(link(), []), { code: 'DELTA_TRUNCATED' })
  t.equal((await feed(link(), [brotliCompressSync(Buffer.alloc(0), { params })])).length, 0)
})

t.test('broken Brotli raises DELTA_MALFORMED, cut Brotli DELTA_TRUNCATED', async t => {
  const broken = Buffer.from(compressed)
  broken.fill(0xff, 1)
  await t.rejects(feed(link(), [broken]), { code: 'DELTA_MALFORMED' })
  await t.rejects(feed(link(), [compressed.subarray(0, -1)]), { code: 'DELTA_TRUNCATED' })
})

t.test('a small delta cannot expand without end', async t => {
  const bomb = brotliCompressSync(Buffer.alloc(5_000_000, plain), { params })
  await t.rejects(feed(link(), [bomb]), { code: 'DELTA_TOO_LARGE' })
})
