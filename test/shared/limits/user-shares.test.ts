// Claims about what each user may take of far, on a clock of the test's own.
import t from 'tap'
import { type Admission, type Share, type ShareLimits, UserShares } from '../../../shared/limits/user-shares.ts'

const AMPLE: ShareLimits = {
  asksAtOnce: 1000,
  asksPerSecond: 1000,
  bytesPerDay: Infinity,
  speculationsPerSecond: 1000,
  deltaCpuPercent: 100,
}

function shareOf(admission: Admission): Share {
  if (admission.kind === 'refused') throw new Error(admission.why)
  return admission.share
}

t.test(
  'so many asks are under way at once; one that ends makes room, and another user has room of their own',
  async t => {
    const shares = new UserShares({ ...AMPLE, asksAtOnce: 2 })
    const first = shareOf(shares.admit('a', 0))
    shareOf(shares.admit('a', 0))
    const refused = shares.admit('a', 0)
    t.match(refused, { kind: 'refused', why: 'at-once', fault: { code: 'FAR_SHARE', retryAfterSeconds: 1 } })
    t.equal(shares.admit('b', 0).kind, 'admitted')
    first.end(0, 0)
    first.end(0, 0)
    t.equal(shares.admit('a', 0).kind, 'admitted')
    t.equal(shares.admit('a', 0).kind, 'refused', 'an ask ends once')
  },
)

t.test('so many asks a second, ten seconds of them at once; a refusal says when to come back', async t => {
  const shares = new UserShares({ ...AMPLE, asksPerSecond: 2 })
  const kinds = Array.from({ length: 21 }, () => shares.admit('a', 0).kind)
  t.strictSame(kinds, [...Array.from({ length: 20 }, () => 'admitted'), 'refused'])
  t.match(shares.admit('a', 0), { why: 'per-second', fault: { status: 429, retryAfterSeconds: 1 } })
  t.equal(shares.admit('a', 500).kind, 'admitted')
})

t.test('the bytes of a day are counted at the end of asks, and the next one waits for them', async t => {
  const shares = new UserShares({ ...AMPLE, bytesPerDay: 86_400 })
  shareOf(shares.admit('a', 0)).end(86_400 + 99, 0)
  t.match(shares.admit('a', 0), { why: 'per-day', fault: { retryAfterSeconds: 100 } })
  t.equal(shares.admit('a', 100_000).kind, 'admitted')
})

t.test('speculations and deltas beyond the share are left out, and nothing is refused', async t => {
  const shares = new UserShares({ ...AMPLE, speculationsPerSecond: 0.1, deltaCpuPercent: 50 })
  const share = shareOf(shares.admit('a', 0))
  t.strictSame([share.speculate(0), share.speculate(0), share.speculate(10_000)], [true, false, true])
  t.ok(share.mayEncode(0))
  share.noteEncoded(6000, 0)
  t.notOk(share.mayEncode(0), 'half a processor for ten seconds is spent')
  t.notOk(share.mayEncode(2000))
  t.ok(share.mayEncode(2002))
  t.equal(shares.admit('a', 0).kind, 'admitted')
})

t.test('without a share of processors there is no delta', async t => {
  const share = shareOf(new UserShares({ ...AMPLE, deltaCpuPercent: 0 }).admit('a', 0))
  t.notOk(share.mayEncode(0))
  t.notOk(share.mayEncode(1e9))
})

t.test('who is as good as new is forgotten', async t => {
  const shares = new UserShares({ ...AMPLE, asksPerSecond: 1 })
  shareOf(shares.admit('a', 0)).end(0, 0)
  t.equal(shares.size, 1, 'its ask still counts')
  shares.sweep(999)
  t.equal(shares.size, 1)
  shares.sweep(1000)
  t.equal(shares.size, 0)
  shareOf(shares.admit('b', 0)).end(0, 5000)
  t.equal(shares.size, 0)
})

t.test('what is taken is told; what was taken of another process counts here as well', t => {
  const told: unknown[][] = []
  const limits = { ...AMPLE, asksPerSecond: 1, bytesPerDay: 86_400, deltaCpuPercent: 10 }
  const here = new UserShares(limits, (...taken) => told.push(taken))
  const there = new UserShares(limits)
  const share = shareOf(here.admit('a', 0))
  share.speculate(0)
  share.noteEncoded(1000, 0)
  share.end(100_000, 0)
  t.strictSame(told, [
    ['a', 'asks', 1],
    ['a', 'speculations', 1],
    ['a', 'encodeMs', 1000],
    ['a', 'bytes', 100_000],
  ])
  there.noteTaken('a', { encodeMs: 1000 }, 0)
  const elsewhere = shareOf(there.admit('a', 0))
  t.notOk(elsewhere.mayEncode(0))
  there.noteTaken('a', { bytes: 100_000 }, 0)
  t.match(there.admit('a', 0), { why: 'per-day' })
  t.equal(there.admit('b', 0).kind, 'admitted')
  t.end()
})
