// Claims about the dictionary of heads: it is part of the protocol, and it pays.
import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import t from 'tap'
import { headDictionary } from '../../../shared/link/head-dictionary.ts'

t.test('the text is what protocol version 1 says: a change needs another version', async t => {
  const digest = createHash('sha256').update(headDictionary).digest('hex')
  t.equal(digest.slice(0, 16), '1c961eed8ed4e6da')
})

t.test('it is lines of ASCII, and ends with the most frequent one', async t => {
  const text = headDictionary.toString('latin1')
  t.match(text, /^[\n\u0020-\u007e]*$/)
  t.ok(text.endsWith(':status 200\n'))
})

t.test('an everyday head costs less than half with it', async t => {
  const head = Buffer.from(
    [
      ':status 200',
      'date: Mon, 23 Nov 2026 18:54:13 GMT',
      'content-type: text/html; charset=UTF-8',
      'cache-control: public, max-age=86400',
      'x-content-type-options: nosniff',
      'x-frame-options: SAMEORIGIN',
      'vary: Accept-Encoding',
      'server: cloudflare',
      '',
    ].join('\n'),
  )
  const [without, with_] = [deflateRawSync(head).length, deflateRawSync(head, { dictionary: headDictionary }).length]
  t.ok(with_ < without / 2, `${with_} of ${without} bytes`)
})
