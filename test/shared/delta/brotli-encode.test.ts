// Claims about our own Brotli encoder: node:zlib reads what it writes.
import { brotliDecompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import t from 'tap'
import { BaseIndex } from '../../../shared/delta/base-index.ts'
import { encodeBrotli } from '../../../shared/delta/brotli-encode.ts'
import { dictionaryOptions } from '../../../shared/delta/dcb.ts'
import { editPage, makePage, parsePairs, randomBytes } from './samples.ts'

const depth = { long: 16, short: 16, target: 16, niceBytes: 128 }

function isRead(base: Uint8Array, target: Uint8Array): boolean {
  const stream = encodeBrotli(new BaseIndex(base), target, depth)
  return brotliDecompressSync(stream, dictionaryOptions(base)).equals(target)
}

t.test('targets of every shape are read', async t => {
  for (const [base, target] of parsePairs()) if (target.length > 0) t.ok(isRead(base, target), `${target.length} bytes`)
  t.ok(isRead(makePage(50_000, 1), editPage(makePage(50_000, 1), 200, 2)))
  t.ok(isRead(Buffer.alloc(0), makePage(20_000, 3)))
})

t.test('targets at the edges of window and length fields are read', async t => {
  for (const bytes of [65_535, 65_536, 65_537, (1 << 18) - 16, (1 << 18) - 15, (1 << 20) + 1]) {
    const base = randomBytes(1000, bytes)
    t.ok(isRead(base, Buffer.alloc(bytes, base)), `${bytes} bytes`)
  }
})

t.test('any bytes make any other bytes', async t => {
  const bytes = fc.oneof(
    fc.array(fc.nat(3), { minLength: 1, maxLength: 300 }),
    fc.array(fc.nat(255), { minLength: 1, maxLength: 300 }),
  )
  fc.assert(
    fc.property(bytes, bytes, (base, target) => isRead(Uint8Array.from(base), Uint8Array.from(target))),
    { numRuns: 300 },
  )
  t.pass()
})
