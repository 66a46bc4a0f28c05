// Claims about the Basic scheme.
import t from 'tap'
import { hasPassword, readPassword } from '../../../shared/http/basic-credentials.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

t.test('the password is right whatever the name, and however the scheme is written', async t => {
  for (const name of ['', 'a', 'a b']) t.ok(hasPassword(basic(`${name}:s3cret`), 's3cret'), name)
  t.ok(hasPassword(basic('a:s3cret').replace('Basic', 'bAsIc '), 's3cret'))
  t.ok(hasPassword(basic('a:with:colons'), 'with:colons'), 'what follows the first colon is the password')
  t.ok(hasPassword(basic('a:Gruß'), 'Gruß'))
})

t.test('anything else is not', async t => {
  const others = [
    undefined,
    '',
    'Basic',
    'Basic ',
    'Basic !!',
    basic('s3cret'),
    basic(':'),
    basic('a:s3cre'),
    basic('a:s3crett'),
  ]
  for (const field of [...others, basic('a:S3cret'), 'Bearer s3cret', `${basic('a:s3cret')} x`]) {
    t.notOk(hasPassword(field, 's3cret'), String(field))
  }
})

t.test('what is no Basic field has no password', async t => {
  t.equal(readPassword(basic('a:b')), 'b')
  t.equal(readPassword(basic('a:')), '')
  t.equal(readPassword(basic('a')), undefined)
  t.equal(readPassword('Digest a=b'), undefined)
})
