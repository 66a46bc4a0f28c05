// Claims about the encode pool: deltas from threads, bounds, cancellation, ends.
import t from 'tap'
import { EncodePool, type EncodeJob } from '../../proxy-far/encode-pool.ts'
import { HeldBases } from '../../proxy-far/encode-protocol.ts'
import { decodeDelta } from '../../shared/delta/format.ts'
import { editPage, makePage, randomBytes } from '../shared/delta/samples.ts'

const base = makePage(60_000, 1)
const target = editPage(base, 30, 2)
const job: EncodeJob = {
  baseKey: 'one',
  base,
  target,
  attempts: [{ format: 'dcb', effort: 3 }],
  framing: 'link',
}
// Takes seconds to encode, so that it is running whenever a test looks.
const slow: EncodeJob = {
  baseKey: 'slow',
  base: randomBytes(1_500_000, 5),
  target: randomBytes(3_000_000, 6),
  attempts: [{ format: 'vcdiff', effort: 5 }],
  framing: 'link',
}

t.test('a delta from a thread makes its target, also when the thread knows the base already', async t => {
  const pool = new EncodePool({ threads: 1 })
  for (const attempts of [job.attempts, [{ format: 'vcdiff', effort: 3 }]] as EncodeJob['attempts'][]) {
    const result = await pool.encode({ ...job, attempts })
    if (result.kind === 'refused') throw new Error(result.why)
    const made = await decodeDelta(result.attempt.format, base, result.delta, {
      framing: 'link',
      maxTargetBytes: 99999,
    })
    t.ok(Buffer.from(made).equals(target))
    t.same(result.attempt, attempts[0])
  }
  await pool.close()
})

t.test('a thread that was started early makes the first delta, and no other is started for it', async t => {
  const pool = new EncodePool({ threads: 2 })
  pool.warm()
  pool.warm()
  t.equal(pool.threads, 1)
  t.equal((await pool.encode(job)).kind, 'encoded')
  t.equal(pool.threads, 1)
  await pool.close()
  pool.warm()
  t.equal(pool.threads, 0, 'a pool that is closed starts none')
})

t.test('of several attempts the smallest is the result', async t => {
  const pool = new EncodePool({ threads: 2 })
  const attempts: EncodeJob['attempts'] = [
    { format: 'vcdiff', effort: 1 },
    { format: 'dcb', effort: 5 },
  ]
  const results = await Promise.all([
    pool.encode({ ...job, attempts }),
    pool.encode({ ...job, attempts: [attempts[0]] }),
  ])
  const [both, alone] = results.map(result => (result.kind === 'encoded' ? result.delta.length : 0))
  t.ok(both! > 0 && both! < alone!)
  await pool.close()
})

t.test('a base that was dropped by a thread is sent again', async t => {
  const pool = new EncodePool({ threads: 1, maxHeldBytes: 70_000 })
  for (const seed of [1, 2, 1, 2]) {
    const other = makePage(60_000, seed)
    const result = await pool.encode({ ...job, baseKey: String(seed), base: other })
    if (result.kind === 'refused') throw new Error(result.why)
    const made = await decodeDelta('dcb', other, result.delta, { framing: 'link', maxTargetBytes: 99999 })
    t.ok(Buffer.from(made).equals(target))
  }
  await pool.close()
})

t.test('what does not fit into the queue is refused at once, by count and by bytes', async t => {
  for (const bounds of [{ maxQueued: 1 }, { maxQueuedBytes: base.length + target.length }]) {
    const pool = new EncodePool({ threads: 1, ...bounds })
    const running = pool.encode(slow)
    const waiting = pool.encode(job)
    t.same(pool.load, { waiting: 1, running: 1 })
    t.same(await pool.encode(job), { kind: 'refused', why: 'queue-full' })
    await pool.close()
    t.same(await running, { kind: 'refused', why: 'closed' })
    t.same(await waiting, { kind: 'refused', why: 'closed' })
    t.same(await pool.encode(job), { kind: 'refused', why: 'closed' })
  }
})

t.test('a cancelled job that waits leaves the queue', async t => {
  const pool = new EncodePool({ threads: 1, maxQueued: 1 })
  const running = pool.encode(slow)
  const cancelling = new AbortController()
  const waiting = pool.encode({ ...job, signal: cancelling.signal })
  cancelling.abort(new Error('not needed'))
  await t.rejects(waiting, { message: 'not needed' })
  t.same(pool.load, { waiting: 0, running: 1 })
  await pool.close()
  await running
})

t.test('a cancelled job that runs long frees its thread for the next', async t => {
  const pool = new EncodePool({ threads: 1 })
  const cancelling = new AbortController()
  const running = pool.encode({ ...slow, signal: cancelling.signal })
  const next = pool.encode(job)
  cancelling.abort(new Error('not needed'))
  await t.rejects(running, { message: 'not needed' })
  t.equal((await next).kind, 'encoded')
  await pool.close()
})

t.test('a job that is cancelled before it is given is not started', async t => {
  const pool = new EncodePool({ threads: 1 })
  await t.rejects(pool.encode({ ...job, signal: AbortSignal.abort(new Error('too late')) }), { message: 'too late' })
  t.same(pool.load, { waiting: 0, running: 0 })
})

t.test('held bases drop the least used first, and always hold the latest', async t => {
  const held = new HeldBases<number>(100)
  held.put('a', 60, 1)
  held.put('b', 30, 2)
  t.equal(held.take('a'), 1)
  held.put('a', 60, 1)
  held.put('c', 30, 3)
  t.same([held.has('a'), held.has('b'), held.has('c')], [true, false, true])
  held.put('d', 1000, 4)
  t.same([held.has('a'), held.has('c'), held.has('d')], [false, false, true])
})
