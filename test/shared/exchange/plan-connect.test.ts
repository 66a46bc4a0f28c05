// Claims about what near does with a CONNECT.
import t from 'tap'
import { planConnect, planOpening } from '../../../shared/exchange/plan-connect.ts'

const facts = { host: 'site.example', port: 443, intercept: true, exclude: ['*.bank.example'], refusal: undefined }

t.test('nothing is looked at unless the user turned it on', async t => {
  t.same(planConnect({ ...facts, intercept: false }), { kind: 'tunnel', why: 'off' })
  t.same(planConnect(facts), { kind: 'look' })
})

t.test('what was excluded or refused before is tunnelled', async t => {
  t.same(planConnect({ ...facts, host: 'my.bank.example' }), { kind: 'tunnel', why: 'excluded' })
  t.same(planConnect({ ...facts, refusal: 'unknown ca' }), { kind: 'tunnel', why: 'refused-before' })
})

t.test('where the server speaks first nobody waits for the client', async t => {
  for (const port of [22, 25, 143, 587])
    t.same(planConnect({ ...facts, port }), { kind: 'tunnel', why: 'server-first' })
  for (const port of [443, 465, 993, 8443]) t.same(planConnect({ ...facts, port }), { kind: 'look' })
})

const target = { host: 'site.example', port: 443 }
const hello = { kind: 'client-hello', serverName: 'site.example', protocols: ['h2', 'http/1.1'] } as const

t.test('a ClientHello for the same host that offers HTTP is opened, on any port', async t => {
  t.same(planOpening(target, hello), { kind: 'open' })
  t.same(planOpening({ ...target, port: 8443 }, { ...hello, protocols: ['http/1.1'] }), { kind: 'open' })
  t.same(planOpening(target, { ...hello, serverName: 'SITE.example' }), { kind: 'open' })
  t.same(planOpening({ ...target, host: 'site.example.' }, hello), { kind: 'open' })
  t.same(planOpening({ host: '192.0.2.1', port: 443 }, { ...hello, serverName: undefined }), { kind: 'open' })
})

t.test('one that offers no protocol at all is opened on the port of https only', async t => {
  const silent = { ...hello, protocols: undefined }
  t.same(planOpening(target, silent), { kind: 'open' })
  t.same(planOpening({ ...target, port: 993 }, silent), { kind: 'tunnel', why: 'not-http' })
})

t.test('everything else is tunnelled', async t => {
  t.same(planOpening(target, { kind: 'other' }), { kind: 'tunnel', why: 'not-tls' })
  t.same(planOpening(target, { ...hello, serverName: 'x.example' }), { kind: 'tunnel', why: 'other-name' })
  t.same(planOpening(target, { ...hello, protocols: ['xmpp-client'] }), { kind: 'tunnel', why: 'not-http' })
  t.same(planOpening(target, { ...hello, protocols: [] }), { kind: 'tunnel', why: 'not-http' })
})
