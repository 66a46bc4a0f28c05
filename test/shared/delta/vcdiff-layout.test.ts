// Claims about VCDIFF's fixed bits, and about the one byte that tells Brotli from a plain window on the link.
import t from 'tap'
import { brotliCompressSync, constants } from 'node:zlib'
import * as layout from '../../../shared/delta/vcdiff-layout.ts'
import { makePage, randomBytes } from './samples.ts'

t.test('a header is VCD with the top bits set, version 0, and no indicator (RFC 3284 §4.1)', async t => {
  t.equal(Buffer.from(layout.MAGIC.subarray(0, 3).map(byte => byte & 0x7f)).toString(), 'VCD')
  t.ok(layout.MAGIC.subarray(0, 3).every(byte => byte >= 0x80))
  t.same([...layout.PLAIN_HEADER], [0xd6, 0xc3, 0xc4, 0, 0])
})

t.test('indicators are bits of their own (RFC 3284 §4.1 and §4.2)', async t => {
  t.same([layout.HEADER_SECONDARY, layout.HEADER_CODE_TABLE, layout.HEADER_APPLICATION], [1, 2, 4])
  t.same([layout.WINDOW_SOURCE, layout.WINDOW_TARGET, layout.WINDOW_ADLER32], [1, 2, 4])
})

t.test('no window begins as Brotli does', async t => {
  const most = layout.WINDOW_SOURCE | layout.WINDOW_TARGET | layout.WINDOW_ADLER32
  for (let indicator = 0; indicator <= most; indicator++) t.notOk(layout.isBrotli(indicator), `${indicator}`)
})

t.test('Brotli with the window of the link is told by its first byte, whatever its quality and content', async t => {
  const contents = [Buffer.alloc(0), Buffer.from('a'), makePage(3000, 1), randomBytes(3000, 2), Buffer.alloc(70_000)]
  for (const content of contents) {
    for (let quality = 0; quality <= 11; quality++) {
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: quality,
        [constants.BROTLI_PARAM_LGWIN]: layout.LINK_LGWIN,
      }
      const [first] = brotliCompressSync(content, { params })
      t.ok(layout.isBrotli(first!), `quality ${quality}, ${content.length} bytes: ${first}`)
    }
  }
})

t.test('an address fits into 32 bits with their sign', async t => {
  t.equal(layout.MAX_ADDRESS | 0, layout.MAX_ADDRESS)
  t.not((layout.MAX_ADDRESS + 1) | 0, layout.MAX_ADDRESS + 1)
})
