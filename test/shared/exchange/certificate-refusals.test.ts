// Claims about the hosts that near stops opening for a while.
import t from 'tap'
import { CertificateRefusals, REFUSAL_MS } from '../../../shared/exchange/certificate-refusals.ts'

const HOST = 'site.example'

t.test('a refusal in words counts at once, for its time, and is logged once', async t => {
  const refusals = new CertificateRefusals()
  t.equal(refusals.reasonFor(HOST, 0), undefined)
  const refused = { kind: 'certificate-refused', reason: 'unknown ca' } as const
  t.same(refusals.handle(HOST, refused, 1000), [{ kind: 'log-refusal', host: HOST, reason: 'unknown ca' }])
  t.same(refusals.handle(HOST, refused, 1001), [])
  t.equal(refusals.reasonFor(HOST, 1000 + REFUSAL_MS), 'unknown ca')
  t.equal(refusals.reasonFor(HOST, 1001 + REFUSAL_MS), undefined)
  t.equal(refusals.reasonFor('other.example', 1000), undefined)
  t.equal(refusals.handle(HOST, refused, 2 * REFUSAL_MS).length, 1, 'and again after that')
})

t.test('a silent end counts the second time', async t => {
  const refusals = new CertificateRefusals()
  t.same(refusals.handle(HOST, { kind: 'closed-in-silence' }, 0), [])
  t.equal(refusals.reasonFor(HOST, 0), undefined)
  t.match(refusals.handle(HOST, { kind: 'closed-in-silence' }, 1), [{ kind: 'log-refusal' }])
  t.equal(refusals.reasonFor(HOST, 1), 'closed without a word')
})

t.test('silent ends of a host whose connections were used mean nothing', async t => {
  const refusals = new CertificateRefusals()
  refusals.handle(HOST, { kind: 'closed-in-silence' }, 0)
  refusals.handle(HOST, { kind: 'connection-used' }, 1)
  for (let now = 2; now < 10; now++) t.same(refusals.handle(HOST, { kind: 'closed-in-silence' }, now), [])
  t.equal(refusals.reasonFor(HOST, 10), undefined)
})

t.test('an origin that cannot be reached for the client is given up too', async t => {
  const refusals = new CertificateRefusals()
  t.equal(refusals.handle(HOST, { kind: 'origin-refused', reason: 'its certificate' }, 0).length, 1)
  t.equal(refusals.reasonFor(HOST, 1), 'its certificate')
})

t.test(
  'refusals that were written down count as long as they would have, and nothing else is taken for one',
  async t => {
    const refusals = new CertificateRefusals()
    refusals.handle(HOST, { kind: 'certificate-refused', reason: 'unknown ca' }, 0)
    refusals.handle('used.example', { kind: 'connection-used' }, 0)
    const written = JSON.parse(JSON.stringify(refusals.entries(1)))
    t.strictSame(written, [[HOST, 'unknown ca', REFUSAL_MS]])
    t.strictSame(refusals.entries(REFUSAL_MS), [])
    const next = new CertificateRefusals()
    next.restore([...written, null, 'x', [1, 2, 3], ['for.ever', 'x', 1e15], ['no.time', 'x', null]], 10)
    t.equal(next.reasonFor(HOST, REFUSAL_MS - 1), 'unknown ca')
    t.equal(next.reasonFor(HOST, REFUSAL_MS), undefined)
    for (const host of ['x', 'for.ever', 'no.time']) t.equal(next.reasonFor(host, 10), undefined)
  },
)
