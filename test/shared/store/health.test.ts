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

t.test('a store that is put up with is suspended by failures in a row, and by no others', async t => {
  const health = new StoreHealth({ retryMs: 1000, failures: 3 })
  const fail = { kind: 'failed', why: 'slow' } as const
  for (const event of [fail, fail, { kind: 'succeeded' } as const, fail, fail]) {
    t.strictSame(health.handle(event, 0), [])
  }
  t.ok(health.mayTry(0))
  t.strictSame(health.handle(fail, 0), [{ kind: 'log-suspended', why: 'slow' }])
  t.notOk(health.mayTry(999))
  t.ok(health.mayTry(1000))
  t.strictSame(health.handle(fail, 1000), [], 'one more failure suspends it again')
  t.notOk(health.mayTry(1999))
})
