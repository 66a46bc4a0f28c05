// Claims about the compressed form in which contents are sent as speculations and kept on disks.
import { createBrotliDecompress } from 'node:zlib'
import * as fc from 'fast-check'
import t from 'tap'
import { Feed } from '../../../shared/exchange/feed.ts'
import {
  compress,
  compressedOf,
  decodableLength,
  decompress,
  rememberCompressed,
} from '../../../shared/store/compressed.ts'
import { makePage } from '../delta/samples.ts'

t.test('what is compressed gives the content, at any quality', async t => {
  for (const length of [0, 1, 8191, 100_000]) {
    const content = makePage(length, 1).subarray(0, length)
    for (const quality of [undefined, 10]) {
      t.strictSame(
        Buffer.from(await decompress(await compress(content, quality), content.length)),
        Buffer.from(content),
      )
    }
  }
})

t.test('however the beginning of a stream is cut into pieces, as much of it can be decoded', async t => {
  const content = Buffer.from(makePage(60_000, 2))
  const compressed = await compress(content, 10)
  const pieces = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(pieces, async sizes => {
      const decoder = new Feed(createBrotliDecompress())
      const decoded: Uint8Array[] = []
      let sentBytes = 0
      for (const size of sizes) {
        const piece = compressed.subarray(sentBytes, sentBytes + size)
        if (piece.length === 0) break
        decoded.push(await decoder.write(piece))
        sentBytes += piece.length
      }
      decoder.destroy()
      const got = Buffer.concat(decoded)
      t.equal(got.length, await decodableLength(compressed.subarray(0, sentBytes)))
      t.ok(got.equals(content.subarray(0, got.length)))
    }),
    { numRuns: 60 },
  )
  t.equal(await decodableLength(compressed.subarray(0, 0)), 0)
  t.equal(await decodableLength(compressed), content.length)
  const half = await decodableLength(compressed.subarray(0, compressed.length / 2))
  t.ok(half > content.length / 4, `${half} of ${content.length}`)
})

t.test('a stream that is damaged, cut off, or holds more than it should is refused', async t => {
  const content = makePage(20_000, 3)
  const compressed = await compress(content)
  await t.rejects(decompress(compressed, content.length - 1))
  await t.rejects(decompress(compressed.subarray(0, -1), content.length))
  await t.rejects(decompress(Buffer.alloc(100, 0xff), content.length))
})

t.test('a content is compressed once, and not at all when its compressed form is known', async t => {
  const content = makePage(10_000, 4)
  t.equal(compressedOf(content), compressedOf(content, 10))
  const other = Buffer.from(content)
  const compressed = await compressedOf(content)
  rememberCompressed(other, compressed)
  t.equal(await compressedOf(other), compressed)
})
