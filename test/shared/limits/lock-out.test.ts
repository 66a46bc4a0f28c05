// Claims about locking out who guesses, on a clock of the test's own.
import t from 'tap'
import { LOCK_OUT, LockOut, lineOf } from '../../../shared/limits/lock-out.ts'

const HERE = '192.0.2.1'

function failTimes(lock: LockOut, count: number, now: number): number {
  let lockedMs = 0
  for (let each = 0; each < count; each++) lockedMs = lock.fail(HERE, now)
  return lockedMs
}

t.test('a few failures mean nothing, each one beyond them twice the delay', async t => {
  const lock = new LockOut()
  t.equal(failTimes(lock, LOCK_OUT.freeFailures, 0), 0)
  t.equal(lock.waitMs(HERE, 0), 0)
  let now = 0
  for (const expected of [1000, 2000, 4000, 8000]) {
    t.equal(lock.fail(HERE, now), expected)
    t.equal(lock.waitMs(HERE, now + 1), expected - 1)
    now += expected
    t.equal(lock.waitMs(HERE, now), 0, 'it ends')
  }
})

t.test('no delay is longer than a quarter of an hour, and what fails meanwhile does not prolong it', async t => {
  const lock = new LockOut()
  let now = 0
  let longest = 0
  for (let each = 0; each < 100; each++) {
    const lockedMs = lock.fail(HERE, now)
    longest = Math.max(longest, lockedMs)
    if (lockedMs > 0) t.equal(lock.fail(HERE, now + 1), lockedMs - 1)
    now += lockedMs
  }
  t.equal(longest, LOCK_OUT.longestMs)
})

t.test('an hour without a failure is forgotten', async t => {
  const lock = new LockOut()
  const lockedMs = failTimes(lock, LOCK_OUT.freeFailures + 1, 0)
  t.equal(lockedMs, 1000)
  t.equal(lock.fail(HERE, LOCK_OUT.forgottenAfterMs), 0)
  t.equal(lock.fail('192.0.2.2', 0), 0, 'and others are not meant')
})

t.test('however many addresses fail, only so many are remembered', async t => {
  const lock = new LockOut({ ...LOCK_OUT, maxAddresses: 100 })
  for (let each = 0; each < 1000; each++) lock.fail(`192.0.2.${each}`, 0)
  t.equal(lock.size, 100)
})

t.test('what names a line: IPv4 whole, IPv6 by 64 bits', async t => {
  t.equal(lineOf('192.0.2.1'), '192.0.2.1')
  t.equal(lineOf('::ffff:192.0.2.1'), '192.0.2.1')
  t.equal(lineOf('::1'), '0:0:0:0::/64')
  t.equal(lineOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
  t.equal(lineOf('2001:DB8:0:42::1'), '2001:db8:0:42::/64')
  t.equal(lineOf('2001:db8:0:42:1:2:3:4'), '2001:db8:0:42::/64')
  t.equal(lineOf('2001:0db8::42:0:0:1'), '2001:db8:0:0::/64')
})
