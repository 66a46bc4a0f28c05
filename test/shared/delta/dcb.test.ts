// Claims about dcb's frame and Brotli's settings.
import { createHash } from 'node:crypto'
import { constants } from 'node:zlib'
import t from 'tap'
import { DCB_HEADER_BYTES, dcbParameters, dictionaryOptions, encodeDcbHeader } from '../../../shared/delta/dcb.ts'

t.test('the frame is four bytes and the SHA-256 of the base (RFC 9842 §4)', async t => {
  const base = Buffer.from('base')
  const frame = Buffer.from(encodeDcbHeader(base))
  t.equal(frame.length, DCB_HEADER_BYTES)
  t.equal(frame.toString('hex'), `ff444342${createHash('sha256').update(base).digest('hex')}`)
})

t.test('an empty base is no dictionary', async t => {
  t.notOk('dictionary' in dictionaryOptions(new Uint8Array(0)))
  t.ok('dictionary' in dictionaryOptions(Uint8Array.of(1)))
})

t.test('the window holds base and target, up to the 16 MiB that every decoder has', async t => {
  const window = (base: number, target?: number) =>
    dcbParameters({ quality: 5, contexts: true }, base, target)[constants.BROTLI_PARAM_LGWIN]
  t.equal(window(0, 0), 10)
  t.equal(window(1000, 1000), 11)
  t.equal(window(300_000, 300_000), 20)
  t.equal(window(60_000_000, 60_000_000), 24)
  t.equal(window(1000), 24, 'a target of unknown length may be long')
})

t.test('a window is as large as it needs to be, and no larger', async t => {
  const window = (bytes: number) =>
    dcbParameters({ quality: 5, contexts: true }, 0, bytes)[constants.BROTLI_PARAM_LGWIN]
  // RFC 7932 §9.1: a window of 2^n has 2^n − 16 bytes.
  for (let lgwin = 10; lgwin < 24; lgwin++)
    t.same([window(2 ** lgwin - 16), window(2 ** lgwin - 15)], [lgwin, lgwin + 1])
  t.equal(window(2 ** 24), 24)
})

t.test('a length that is known is told to Brotli, and one that is not known is not', async t => {
  const params = (bytes?: number) => dcbParameters({ quality: 11, contexts: false }, 100, bytes)
  t.equal(params(4711)[constants.BROTLI_PARAM_SIZE_HINT], 4711)
  t.notOk(constants.BROTLI_PARAM_SIZE_HINT in params())
  t.equal(params()[constants.BROTLI_PARAM_QUALITY], 11)
  t.equal(dictionaryOptions(Uint8Array.of(1), params()).params?.[constants.BROTLI_PARAM_QUALITY], 11)
})
