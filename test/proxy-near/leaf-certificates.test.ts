// Claims about the certificates that near shows: kept, renewed in time.
import t from 'tap'
import { openAuthority } from '../../proxy-near/authority.ts'
import { LeafCertificates } from '../../proxy-near/leaf-certificates.ts'

const NOW = Date.UTC(2026, 5, 1)
const DAY_MS = 86_400_000

t.test('a host keeps its context until a day before it ends', async t => {
  const leaves = new LeafCertificates(await openAuthority(t.testdir(), { user: 'alice', machine: 'laptop' }, NOW))
  const first = leaves.contextFor('site.example', NOW)
  t.equal(leaves.contextFor('site.example', NOW + 4.9 * DAY_MS), first)
  t.not(leaves.contextFor('other.example', NOW), first)
  const renewed = leaves.contextFor('site.example', NOW + 5 * DAY_MS)
  t.not(renewed, first)
  t.equal(leaves.contextFor('site.example', NOW + 9 * DAY_MS), renewed)
})
