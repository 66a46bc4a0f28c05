// Claims about leaving a disk alone that fails.
import t from 'tap'
import { RETRY_MS, StoreHealth } from '../../../shared/store/health.ts'

t.test(
  'a failure is logged once and nothing is tried for a while; when it works again that is logged, too',
  async t => {
    const health = new StoreHealth()
    t.ok(health.mayTry(0))
    t.strictSame(health.handle({ kind: 'succeeded' }, 0), [])
    t.strictSame(health.handle({ kind: 'failed', why: 'full' }, 1000), [{ kind: 'log-suspended', why: 'full' }])
    t.ok(health.suspended)
    t.notOk(health.mayTry(1000))
    t.notOk(health.mayTry(1000 + RETRY_MS - 1))
    t.ok(health.mayTry(1000 + RETRY_MS))
    t.strictSame(health.handle({ kind: 'failed', why: 'full' }, 1000 + RETRY_MS), [])
    t.notOk(health.mayTry(1000 + RETRY_MS + 1))
    t.ok(health.mayTry(1000 + 2 * RETRY_MS))
    t.strictSame(health.handle({ kind: 'succeeded' }, 1000 + 2 * RETRY_MS), [{ kind: 'log-resumed', skipped: 3 }])
    t.notOk(health.suspended)
  },
)

t.test('what succeeds while another failed before the retry is no reason to log twice', async t => {
  const health = new StoreHealth()
  health.handle({ kind: 'failed', why: 'full' }, 0)
  t.strictSame(health.handle({ kind: 'failed', why: 'other' }, 1), [])
  t.strictSame(health.handle({ kind: 'succeeded' }, 2), [{ kind: 'log-resumed', skipped: 0 }])
  t.strictSame(health.handle({ kind: 'succeeded' }, 3), [])
})
