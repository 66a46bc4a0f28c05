// Claims about decompressing short content in one call.
import { brotliCompressSync } from 'node:zlib'
import t from 'tap'
import { decompressShort, SHORT_BYTES } from '../../../shared/delta/short-brotli.ts'

const content = Buffer.from('some content, some content')
const coded = brotliCompressSync(content)

t.test('complete content is decompressed, with its dictionary or without', async t => {
  t.same(decompressShort(coded, content.length, {}), content)
  t.same(decompressShort(brotliCompressSync(Buffer.alloc(0)), 0, {}), Buffer.alloc(0))
})

t.test('cut, broken and longer content is given up', async t => {
  for (let bytes = 0; bytes < coded.length; bytes++)
    t.equal(decompressShort(coded.subarray(0, bytes), content.length, {}), undefined)
  t.equal(decompressShort(Buffer.concat([coded, Buffer.from('x')]), content.length, {}), undefined)
  t.equal(decompressShort(Buffer.alloc(20, 0xff), content.length, {}), undefined)
  t.equal(decompressShort(coded, content.length - 1, {}), undefined)
  t.equal(decompressShort(coded, 0, {}), undefined)
})

t.test('content that would hold the thread up is given up, however much is allowed', async t => {
  const long = brotliCompressSync(Buffer.alloc(SHORT_BYTES + 1))
  t.equal(decompressShort(long, Number.MAX_SAFE_INTEGER, {}), undefined)
  t.equal(decompressShort(brotliCompressSync(Buffer.alloc(SHORT_BYTES)), SHORT_BYTES, {})?.length, SHORT_BYTES)
})
