// Claims about digests and scopes.
import t from 'tap'
import { digestOf, originOf, privateScope, SHORT_DIGEST_BYTES, shorten } from '../../shared/version.ts'

t.test('a digest is the SHA-256 of the content in lower-case hexadecimal (FIPS 180-4, "abc")', async t => {
  t.equal(digestOf(Buffer.from('abc')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  t.equal(digestOf(new Uint8Array(0)), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

t.test('a digest is that of the view, not of the buffer behind it', async t => {
  t.equal(digestOf(Buffer.from('xabcx').subarray(1, 4)), digestOf(Buffer.from('abc')))
})

t.test('a short digest is the first eight bytes', async t => {
  const short = shorten(digestOf(Buffer.from('abc')))
  t.equal(short, 'ba7816bf8f01cfea')
  t.equal(short.length, 2 * SHORT_DIGEST_BYTES)
})

t.test('the scopes of two nears differ, and neither is public', async t => {
  t.not(privateScope('one'), privateScope('two'))
  t.not(privateScope('public'), 'public')
})

t.test('the origin of a URL is its scheme and authority', async t => {
  t.equal(originOf('https://site.example:81/a/b?c'), 'https://site.example:81')
  t.equal(originOf('http://site.example'), 'http://site.example')
})
