// Claims about the fixed bits of VCDIFF.
import { constants, brotliCompressSync } from 'node:zlib'
import t from 'tap'
import { isBrotli, LINK_LGWIN, MAGIC, PLAIN_HEADER } from '../../../shared/delta/vcdiff-layout.ts'
import { makePage, randomBytes } from './samples.ts'

t.test('the first byte tells a Brotli stream of the link from a window', async t => {
  for (const content of [Buffer.alloc(0), Buffer.from('x'), makePage(5000, 1), randomBytes(70_000, 2)]) {
    for (let quality = 0; quality <= 11; quality++) {
      const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_LGWIN]: LINK_LGWIN }
      t.ok(isBrotli(brotliCompressSync(content, { params })[0]!), `${content.length} bytes, quality ${quality}`)
    }
  }
  for (let indicator = 0; indicator < 8; indicator++) t.notOk(isBrotli(indicator))
})

t.test('the plain header is the magic and an indicator of nothing', async t => {
  t.same([...PLAIN_HEADER], [...MAGIC, 0])
})
