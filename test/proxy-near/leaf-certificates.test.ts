// Claims about the certificates that near shows: kept, made once, renewed in time.
import t from 'tap'
import { openAuthority } from '../../proxy-near/authority.ts'
import { LeafCertificates } from '../../proxy-near/leaf-certificates.ts'

const NOW = Date.UTC(2026, 5, 1)
const DAY_MS = 86_400_000

t.test('a host keeps its context until a day before it ends', async t => {
  const leaves = new LeafCertificates(await openAuthority(t.testdir(), { user: 'alice', machine: 'laptop' }, NOW))
  const first = await leaves.contextFor('site.example', NOW)
  t.equal(await leaves.contextFor('site.example', NOW + 4.9 * DAY_MS), first)
  t.not(await leaves.contextFor('other.example', NOW), first)
  const renewed = await leaves.contextFor('site.example', NOW + 5 * DAY_MS)
  t.not(renewed, first)
  t.equal(await leaves.contextFor('site.example', NOW + 9 * DAY_MS), renewed)
})

t.test('many who ask at once get the same', async t => {
  const leaves = new LeafCertificates(await openAuthority(t.testdir(), { user: 'alice', machine: 'laptop' }, NOW))
  const contexts = await Promise.all(Array.from({ length: 10 }, () => leaves.contextFor('site.example', NOW)))
  t.equal(new Set(contexts).size, 1)
})
