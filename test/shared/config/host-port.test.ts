// Claims about addresses to listen on and dial.
import t from 'tap'
import { formatHostPort, isHost, parseHostPort } from '../../../shared/config/host-port.ts'

t.test('names, IPv4 and bracketed IPv6 are read and written back as they were', async t => {
  for (const text of ['127.0.0.1:8080', 'far.example:8443', 'localhost:0', '[::1]:8080', '[fe80::1%eth0]:65535']) {
    const address = parseHostPort(text)
    t.ok(address, text)
    if (address !== undefined) t.equal(formatHostPort(address), text)
  }
  t.same(parseHostPort('[::1]:8080'), { host: '::1', port: 8080 })
})

t.test('what is not HOST:PORT is refused', async t => {
  const wrong = ['', ':', '8080', ':8080', 'host', 'host:', 'host:65536', 'host:-1', 'host:1.5', 'host:8080 ', '::1:80']
  wrong.push(
    '[::1]',
    '[]:80',
    '[:::1]:80',
    '[1.2.3.4]:80',
    'a b:80',
    '-a:80',
    'http://a:80',
    'a/b:80',
    'a@b:80',
    'a..b:1',
  )
  for (const text of wrong) t.equal(parseHostPort(text), undefined, text)
})

t.test('a name of more than 253 characters, or a label of more than 63, is no host', async t => {
  t.ok(isHost('a'.repeat(63)))
  t.notOk(isHost('a'.repeat(64)))
  t.notOk(isHost(`${'a.'.repeat(126)}aa`))
})
