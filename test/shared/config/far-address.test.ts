// Claims about the address by which near finds far.
import t from 'tap'
import { formatFarAddress, parseFarAddress } from '../../../shared/config/far-address.ts'

const pin = `sha256-${'Ab0-_'.repeat(8)}xyz`

t.test('a pinned address is read and written back', async t => {
  const text = `hunch://tok.en_~-1@far.example:8443?pin=${pin}`
  const address = parseFarAddress(text)
  t.same(address, { token: 'tok.en_~-1', host: 'far.example', port: 8443, security: { kind: 'pinned', pin } })
  if (address !== undefined) t.equal(formatFarAddress(address), text)
})

t.test('the token may be left away, for near keeps a credential of its own', async t => {
  const text = `hunch://[2001:db8::1]:8443?pin=${pin}`
  const address = parseFarAddress(text)
  t.same(address, { token: undefined, host: '2001:db8::1', port: 8443, security: { kind: 'pinned', pin } })
  if (address !== undefined) t.equal(formatFarAddress(address), text)
})

t.test('cleartext is read for loopback and refused for anything else', async t => {
  const security = { kind: 'cleartext' }
  t.same(parseFarAddress('hunch://t@127.0.0.1:1?cleartext'), { token: 't', host: '127.0.0.1', port: 1, security })
  t.equal(parseFarAddress('hunch://t@far.example:1?cleartext'), undefined)
  t.equal(parseFarAddress('hunch://t@0.0.0.0:1?cleartext'), undefined)
})

t.test('an address that leaves open how far proves who it is is refused', async t => {
  t.equal(parseFarAddress('hunch://t@far.example:8443'), undefined)
  t.equal(parseFarAddress('hunch://t@127.0.0.1:8443?'), undefined)
  t.equal(parseFarAddress(`hunch://t@127.0.0.1:8443?pin=${pin}&cleartext`), undefined)
})

t.test('a malformed address is refused', async t => {
  const good = `hunch://t@far:1?pin=${pin}`
  t.ok(parseFarAddress(good))
  const wrong = ['', good.replace('hunch', 'https'), good.replace(':1', ''), good.replace(':1', ':0'), `${good}#x`]
  wrong.push(good.slice(0, -1), `${good}A`, `${good}=`, good.replace('sha256', 'sha1'), good.replace('t@', '@'))
  wrong.push(good.replace('t@', 'a:b@'), good.replace('t@', 'a@b@'), good.replace('far:1', 'far:1/path'))
  wrong.push(good.replace('t@', `${'t'.repeat(257)}@`), good.replace('t@', 't t@'))
  for (const text of wrong) t.equal(parseFarAddress(text), undefined, text)
})
