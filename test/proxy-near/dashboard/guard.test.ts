// Claims about who may talk to near's own pages.
import t from 'tap'
import { planOwnRequest } from '../../../proxy-near/dashboard/guard.ts'

const listening = { host: '127.0.0.1', port: 8080 }
const plan = (method: string, headers: Record<string, string>, at = listening) => {
  const decided = planOwnRequest(method, headers, at)
  return decided.kind === 'serve' ? 'serve' : decided.why
}

t.test('the names of this machine are served, on its port', async t => {
  for (const host of [
    'localhost:8080',
    '127.0.0.1:8080',
    '[::1]:8080',
    'LOCALHOST:8080',
    'hunch.invalid',
    'localhost',
  ]) {
    t.equal(plan('GET', { host }), 'serve', host)
  }
})

t.test('any other name is refused, whatever it points to', async t => {
  for (const host of [
    'evil.example:8080',
    'evil.example',
    'localhost:9090',
    '127.0.0.1.evil.example:8080',
    '192.168.1.2:8080',
  ]) {
    t.equal(plan('GET', { host }), 'host', host)
  }
  t.equal(plan('GET', {}), 'host')
})

t.test('near that listens for others is asked by its address, and not by a name', async t => {
  t.equal(plan('GET', { host: '192.168.1.2:8080' }, { host: '192.168.1.2', port: 8080 }), 'serve')
  t.equal(plan('GET', { host: '192.168.1.2:8080' }, { host: '0.0.0.0', port: 8080 }), 'serve')
  t.equal(plan('GET', { host: '[fe80::1]:8080' }, { host: '::', port: 8080 }), 'serve')
  t.equal(plan('GET', { host: 'evil.example:8080' }, { host: '0.0.0.0', port: 8080 }), 'host')
})

t.test('another site can neither change nor read, but may link here', async t => {
  const host = 'localhost:8080'
  t.equal(plan('POST', { host, origin: 'http://evil.example' }), 'origin')
  t.equal(plan('POST', { host, origin: 'null' }), 'origin')
  t.equal(plan('POST', { host, origin: 'https://localhost:8080' }), 'origin')
  t.equal(plan('POST', { host, origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }), 'serve')
  t.equal(plan('GET', { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }), 'cross-site')
  t.equal(plan('GET', { host, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }), 'cross-site')
  const visit = { host, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' }
  t.equal(plan('GET', visit), 'serve')
  t.equal(plan('POST', visit), 'cross-site')
  t.equal(plan('GET', { ...visit, 'sec-fetch-dest': 'iframe' }), 'cross-site')
})

t.test("the user's own programs send neither, and are served", async t => {
  t.equal(plan('PUT', { host: '127.0.0.1:8080' }), 'serve')
})
