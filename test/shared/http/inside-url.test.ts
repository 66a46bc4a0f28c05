// Claims about requests inside an opened connection: whose they are.
import t from 'tap'
import { authorityOf, urlInside } from '../../../shared/http/inside-url.ts'

t.test('an authority has no port when it is that of the scheme, and brackets around IPv6', async t => {
  t.equal(authorityOf({ host: 'site.example', port: 443 }), 'site.example')
  t.equal(authorityOf({ host: 'site.example', port: 8443 }), 'site.example:8443')
  t.equal(authorityOf({ host: '::1', port: 443 }), '[::1]')
})

t.test('the URL is that of the connection, whatever way the request is written', async t => {
  t.equal(urlInside('site.example', '/a?b=1', 'site.example'), 'https://site.example/a?b=1')
  t.equal(urlInside('site.example', '/a', 'SITE.example:443'), 'https://site.example/a')
  t.equal(urlInside('site.example', '/a', undefined), 'https://site.example/a')
  t.equal(urlInside('site.example:8443', '//x/', 'site.example:8443'), 'https://site.example:8443//x/')
  t.equal(urlInside('site.example', 'https://site.example/a', 'site.example'), 'https://site.example/a')
  t.equal(urlInside('site.example', 'https://site.example?q', 'site.example'), 'https://site.example/?q')
})

t.test('another site, port or scheme is misdirected', async t => {
  for (const [target, host] of [
    ['/', 'other.example'],
    ['/', 'site.example.'],
    ['/', 'site.example:8443'],
    ['/', ''],
    ['/', 'a b'],
    ['https://other.example/', 'site.example'],
    ['https://site.example.other/', 'site.example'],
    ['http://site.example/', 'site.example'],
  ] as const) {
    t.throws(() => urlInside('site.example', target, host), { code: 'CLIENT_MISDIRECTED' }, `${target} of ${host}`)
  }
})

t.test('the target cannot smuggle another authority in', async t => {
  for (const target of ['/\r\nHost: x', '/ x', '\\\\other.example/', '*', 'site.example/']) {
    t.throws(() => urlInside('site.example', target, 'site.example'), { code: 'CLIENT_BAD_URL' }, target)
  }
  t.equal(urlInside('site.example', '/@other.example/', 'site.example'), 'https://site.example/@other.example/')
})
