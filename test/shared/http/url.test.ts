// Claims about addresses as a proxy meets them.
import * as fc from 'fast-check'
import t from 'tap'
import { Fault } from '../../../shared/fault.ts'
import { canonicalUrl, NEAR_HOST, parseHostPort, withoutQuery } from '../../../shared/http/url.ts'

t.test('one address is written one way; path and query stay as they are', async t => {
  const same: readonly (readonly [written: string, canonical: string])[] = [
    ['http://site.example', 'http://site.example/'],
    ['HTTP://SITE.Example:80/A?b#c', 'http://site.example/A?b'],
    ['https://site.example:443/', 'https://site.example/'],
    ['https://site.example:80/', 'https://site.example:80/'],
    ['http://user:secret@site.example/', 'http://site.example/'],
    ['http://site.example?q=1', 'http://site.example/?q=1'],
    ['http://site.example#top', 'http://site.example/'],
    ['http://site.example/a/../b/./%7e?x=%2F&&y', 'http://site.example/a/../b/./%7e?x=%2F&&y'],
    ['http://site.example//a\\b', 'http://site.example//a\\b'],
    ['http://bücher.example/', 'http://xn--bcher-kva.example/'],
    ['http://[2001:DB8::0:1]:8080/', 'http://[2001:db8::1]:8080/'],
    ['http://0x7f.1/', 'http://127.0.0.1/'],
  ]
  for (const [written, canonical] of same) t.equal(canonicalUrl(written), canonical)
})

t.test('a path may hold the bytes of UTF-8 as they are', async t => {
  const bytes = Buffer.from('/à-é-日本').toString('latin1')
  t.equal(canonicalUrl(`http://site.example${bytes}`), `http://site.example${bytes}`)
})

t.test('what is no web address is refused with the reason', async t => {
  const bad: readonly (readonly [text: string, why: RegExp])[] = [
    ['', /not http/],
    ['/', /not http/],
    ['*', /not http/],
    ['site.example:80', /not http/],
    ['ftp://site.example/', /not http/],
    ['http:/site.example/', /not http/],
    [' http://site.example/', /not http/],
    ['http://', /no valid host/],
    ['http:///path', /no valid host/],
    ['http://:80/', /no valid host/],
    ['http://site.example:99999/', /no valid host/],
    ['http://[::1/', /no valid host/],
    ['http://a%00b/', /no valid host/],
    ['http://good.example\\@evil.example/', /no valid host/],
    ['http://site.example /', /space or control/],
    ['http://si\tte.example/', /space or control/],
    ['http://site.example/a b', /space or control/],
    ['http://site.example/a\r\nHost: other', /space or control/],
    ['http://site.example/\u0000', /space or control/],
    ['http://site.example/\u007f', /space or control/],
    [`http://site.example/${'a'.repeat(70_000)}`, /longer than 65536/],
  ]
  for (const [text, message] of bad) {
    t.throws(() => canonicalUrl(text), { code: 'CLIENT_BAD_URL', message }, JSON.stringify(text.slice(0, 50)))
  }
})

t.test('a fault repeats no more than the beginning of a long address', async t => {
  try {
    canonicalUrl(`http://a\\${'b'.repeat(60_000)}`)
    t.fail('accepted')
  } catch (error) {
    t.ok(error instanceof Fault && error.message.length < 300)
  }
})

t.test('cut off at each offset, with each character flipped: a canonical address, or CLIENT_BAD_URL', async t => {
  const golden = 'http://user@Site.Example:8080/a/b?c=d#e'
  for (let at = 0; at <= golden.length; at++) {
    checkUrl(golden.slice(0, at))
    for (let bit = 0; bit < 8; bit++) {
      checkUrl(golden.slice(0, at) + String.fromCharCode(golden.charCodeAt(at) ^ (1 << bit)) + golden.slice(at + 1))
    }
  }
  t.pass('nothing else')
})

t.test('whatever the text is: a canonical address, or CLIENT_BAD_URL', async t => {
  const unit = fc.constantFrom(...Array.from('ab.:/?#@[]\\%0 \t\u0000é'))
  const rest = fc.oneof(fc.string(), fc.string({ unit, maxLength: 20 }))
  fc.assert(
    fc.property(fc.constantFrom('http://', 'https://', 'HTTP://a', 'http://a:', ''), rest, (start, each) =>
      checkUrl(start + each),
    ),
    { numRuns: 1000 },
  )
  t.pass('nothing else')
})

t.test('near’s own host is one that nobody can register, and canonical', async t => {
  t.equal(canonicalUrl(`http://${NEAR_HOST}`), `http://${NEAR_HOST}/`)
  t.match(NEAR_HOST, /\.invalid$/)
})

t.test('HOST:PORT is read, with the host as a URL would have it', async t => {
  const good: readonly (readonly [text: string, host: string, port: number])[] = [
    ['site.example:443', 'site.example', 443],
    ['SITE.Example:1', 'site.example', 1],
    ['[2001:db8::0:1]:65535', '2001:db8::1', 65_535],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['0x7f.1:80', '127.0.0.1', 80],
    ['2130706433:80', '127.0.0.1', 80],
    ['bücher.example:443', 'xn--bcher-kva.example', 443],
  ]
  for (const [text, host, port] of good) t.strictSame(parseHostPort(text), { host, port })
})

t.test('what is not HOST:PORT is refused', async t => {
  const bad = [
    '',
    ':',
    'a',
    'a:',
    ':80',
    'a:0',
    'a:65536',
    'a:123456',
    'a:-1',
    'a:8o',
    'a:80 ',
    ' a:80',
    'a b:80',
    '::1:80',
  ]
  bad.push(
    '[::1]',
    '[::g]:80',
    '[]:80',
    '[a]:80',
    'a/b:80',
    'a@b:80',
    'a?b:80',
    'a#b:80',
    'a\\b:80',
    'http://a:80',
    'a%00:80',
  )
  for (const text of bad) t.throws(() => parseHostPort(text), { code: 'CLIENT_BAD_URL' }, JSON.stringify(text))
})

t.test('whatever the text is: a host and a port, or CLIENT_BAD_URL', async t => {
  const unit = fc.constantFrom(...Array.from('ab.:/[]\\%0189 @'))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit, maxLength: 12 })), text => {
      const read = orBadUrl(() => parseHostPort(text))
      return read === undefined || (read.host !== '' && read.port >= 1 && read.port <= 65_535)
    }),
    { numRuns: 1000 },
  )
  t.pass('nothing else')
})

t.test('for logs the query is left out, which may hold secrets', async t => {
  t.equal(withoutQuery('http://a/b?token=1?2'), 'http://a/b?…')
  t.equal(withoutQuery('http://a/b'), 'http://a/b')
})

function checkUrl(text: string): void {
  const url = orBadUrl(() => canonicalUrl(text))
  if (url === undefined) return
  const isGood = /^https?:\/\/[^/?#\s\\@]+\/[^#]*$/.test(url) && canonicalUrl(url) === url && URL.canParse(url)
  if (!isGood) throw new Error(`not canonical: ${JSON.stringify(text)} → ${JSON.stringify(url)}`)
}

function orBadUrl<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Fault && error.code === 'CLIENT_BAD_URL') return undefined
    throw error
  }
}
