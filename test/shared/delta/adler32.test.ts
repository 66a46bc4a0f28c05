// Claims about Adler-32: what RFC 1950 defines, what zlib writes, and that no stretch of the loop is left out.
import * as fc from 'fast-check'
import t from 'tap'
import { deflateSync } from 'node:zlib'
import { adler32 } from '../../../shared/delta/adler32.ts'

const known: readonly [string, number][] = [
  ['', 0x00000001],
  ['a', 0x00620062],
  ['abc', 0x024d0127],
  ['Wikipedia', 0x11e60398],
  ['message digest', 0x29750586],
  ['abcdefghijklmnopqrstuvwxyz', 0x90860b20],
]

/** RFC 1950 §8.2, word for word, a remainder at each byte. */
function sumPlainly(bytes: Uint8Array): number {
  let [a, b] = [1, 0]
  for (const byte of bytes) {
    a = (a + byte) % 65521
    b = (b + a) % 65521
  }
  return b * 65536 + a
}

t.test('known texts have their known sums', async t => {
  for (const [text, sum] of known) t.equal(adler32(Buffer.from(text)), sum, text)
})

t.test('any bytes have the sum that RFC 1950 §8.2 defines', async t => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => adler32(bytes) === sumPlainly(bytes)))
  t.pass()
})

t.test('the sum is the one that zlib writes, at every length around a stretch and with the largest bytes', async t => {
  for (const length of [7, 8, 9, 2047, 2048, 2049, 2056, 4095, 4096, 4097, 5552, 5553, 300_000]) {
    const content = Buffer.alloc(length, 255)
    const stream = deflateSync(content, { level: 0 })
    t.equal(adler32(content), stream.readUInt32BE(stream.length - 4), `${length} bytes`)
  }
})

t.test('a view has the sum of its own bytes, not of those around it', async t => {
  const content = Buffer.from('...abcdefghijklmnopqrstuvwxyz...')
  t.equal(adler32(content.subarray(3, 29)), 0x90860b20)
})
