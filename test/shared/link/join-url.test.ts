// Claims about the URL that carries far's address, pin and join code to near.
import t from 'tap'
import { Fault } from '../../../shared/fault.ts'
import { formatJoinUrl, isLoopback, isSameFar, type JoinUrl, parseJoinUrl } from '../../../shared/link/join-url.ts'

const pin = `sha256-${'Ab_-0'.repeat(8)}xyA`
const pinned = { kind: 'pinned', pin } as const

t.test('what is formatted is parsed to the same, for names, IPv4, IPv6 and cleartext', async t => {
  const urls: [JoinUrl, string][] = [
    [
      { host: 'far.example', port: 8443, token: 'A-b_9', security: pinned },
      `hunch://A-b_9@far.example:8443?pin=${pin}`,
    ],
    [{ host: '192.0.2.7', port: 1, token: undefined, security: pinned }, `hunch://192.0.2.7:1?pin=${pin}`],
    [{ host: '2001:db8::1', port: 65535, token: 'T', security: pinned }, `hunch://T@[2001:db8::1]:65535?pin=${pin}`],
    [{ host: '127.0.0.1', port: 80, token: 'T', security: { kind: 'cleartext' } }, 'hunch+cleartext://T@127.0.0.1:80'],
    [{ host: '::1', port: 8443, token: undefined, security: { kind: 'cleartext' } }, 'hunch+cleartext://[::1]:8443'],
  ]
  for (const [url, text] of urls) {
    t.equal(formatJoinUrl(url), text)
    t.strictSame(parseJoinUrl(text), url)
  }
})

t.test('without a port it is far’s own default', async t => {
  t.equal(parseJoinUrl(`hunch://T@far.example?pin=${pin}`).port, 8443)
  t.equal(parseJoinUrl(`hunch://T@far.example/?pin=${pin}`).port, 8443, 'a slash is no path')
})

t.test('everything else is refused with a sentence that says why and never shows the token', async t => {
  const refused: [string, RegExp][] = [
    ['', /not a URL/],
    ['far.example:8443', /begins with far\.example:/],
    [`https://SECRET@far.example?pin=${pin}`, /begins with https:/],
    ['hunch://SECRET@far.example:8443', /must have one pin/],
    [`hunch://SECRET@far.example?pin=${pin}&pin=${pin}`, /must have one pin/],
    [`hunch://SECRET@far.example?pin=${pin.slice(0, -1)}`, /43 characters/],
    [`hunch://SECRET@far.example?pin=${pin.slice(0, -1)}B`, /43 characters/],
    [`hunch://SECRET@far.example?pin=md5-1234`, /43 characters/],
    [`hunch://SECRET@far.example:8443?pin=${pin}&x=1`, /unknown parameter, x/],
    [`hunch://SECRET@far.example:99999?pin=${pin}`, /not a URL/],
    [`hunch://SECRET@far.example:0?pin=${pin}`, /port is 0/],
    [`hunch://SECRET@far.example/path?pin=${pin}`, /has a path/],
    [`hunch://SECRET@far.example?pin=${pin}#x`, /has a fragment/],
    [`hunch://SECRET:word@far.example?pin=${pin}`, /TOKEN is damaged/],
    [`hunch://SEC%20RET@far.example?pin=${pin}`, /TOKEN is damaged/],
    [`hunch://SECRET@fär.example?pin=${pin}`, /neither a name in ASCII nor/],
    [`hunch:///?pin=${pin}`, /names no host/],
    [`hunch://SECRET@[2001:db8::g]:1?pin=${pin}`, /not a URL/],
    ['hunch+cleartext://SECRET@far.example:8443', /only for a loopback address/],
    ['hunch+cleartext://SECRET@192.0.2.1:8443', /only for a loopback address/],
    [`hunch+cleartext://SECRET@127.0.0.1:8443?pin=${pin}`, /without TLS/],
  ]
  for (const [text, why] of refused) {
    try {
      parseJoinUrl(text)
      t.fail(`accepted: ${text}`)
    } catch (error) {
      t.ok(error instanceof Fault && error.code === 'USAGE', `a fault: ${text}`)
      const { message } = error instanceof Error ? error : new Error('no error')
      t.match(message, why)
      t.notMatch(message, /SECRET/)
    }
  }
})

t.test('loopback is what never leaves the machine, and nothing that only looks like it', async t => {
  for (const host of ['127.0.0.1', '127.255.0.9', '::1', 'localhost', 'LOCALHOST']) t.ok(isLoopback(host), host)
  for (const host of ['128.0.0.1', '127.0.0.1.example', 'localhost.example', '::2', '10.0.0.1']) {
    t.notOk(isLoopback(host), host)
  }
})

t.test('a far is its key, wherever it is; without a key it is its address', async t => {
  const one = parseJoinUrl(`hunch://T@one.example:1?pin=${pin}`)
  t.ok(isSameFar(one, parseJoinUrl(`hunch://other.example:2?pin=${pin}`)))
  t.notOk(isSameFar(one, parseJoinUrl(`hunch://one.example:1?pin=sha256-${'B'.repeat(42)}A`)))
  const clear = parseJoinUrl('hunch+cleartext://T@127.0.0.1:1')
  t.ok(isSameFar(clear, parseJoinUrl('hunch+cleartext://127.0.0.1:1')))
  t.notOk(isSameFar(clear, parseJoinUrl('hunch+cleartext://127.0.0.1:2')))
  t.notOk(isSameFar(clear, parseJoinUrl(`hunch://127.0.0.1:1?pin=${pin}`)))
})
