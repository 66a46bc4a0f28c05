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
