// Claims about how a delta is chosen.
import t from 'tap'
import { encodeSmallest } from '../../../shared/delta/attempts.ts'
import { chooseDelta, type DeltaFacts } from '../../../shared/delta/choose.ts'
import { editPage, makePage } from './samples.ts'

const facts: DeltaFacts = {
  baseBytes: 300_000,
  targetBytes: 300_000,
  linkBytesPerSecond: 3600,
  cpuLoad: 0,
  formats: ['vcdiff', 'dcb'],
}

function chosen(change: Partial<DeltaFacts>) {
  const choice = chooseDelta({ ...facts, ...change })
  return choice.kind === 'encode' ? choice.attempts : choice.why
}

t.test('on a link of a hundred bytes a second effort is spent, on a fast one it is not', async t => {
  const slow = chosen({ linkBytesPerSecond: 100 })
  const fast = chosen({ linkBytesPerSecond: 10_000_000 })
  t.ok(slow[0] !== undefined && typeof slow[0] === 'object' && slow[0].effort >= 3)
  t.same(fast, [{ format: 'dcb', effort: 2 }])
})

t.test('a busy machine tries less hard than an idle one', async t => {
  t.match(chosen({ cpuLoad: 0, linkBytesPerSecond: 10_000 }), [{ format: 'dcb', effort: 3 }])
  t.same(chosen({ cpuLoad: 0.95, linkBytesPerSecond: 10_000 }), [{ format: 'dcb', effort: 2 }])
})

t.test('a large delta on the slowest link is made in two formats, and the smaller is sent', async t => {
  t.same(chosen({ expectedRatio: 0.06, linkBytesPerSecond: 50 }), [
    { format: 'dcb', effort: 5 },
    { format: 'vcdiff', effort: 4 },
  ])
})

t.test('only formats that near reads are chosen', async t => {
  for (const linkBytesPerSecond of [1000, 100_000, 10_000_000]) {
    const attempts = chosen({ formats: ['vcdiff'], linkBytesPerSecond })
    t.ok(Array.isArray(attempts) && attempts.every(({ format }) => format === 'vcdiff'))
  }
  t.equal(chosen({ formats: [] }), 'no-common-format')
})

t.test('an empty base is no base, and a base too long for dcb is left to vcdiff', async t => {
  t.equal(chosen({ baseBytes: 0 }), 'base-empty')
  const huge = chosen({ baseBytes: 100_000_000 })
  t.ok(Array.isArray(huge) && huge.every(({ format }) => format === 'vcdiff'))
  t.equal(chosen({ baseBytes: 100_000_000, formats: ['dcb'] }), 'base-too-large')
})

t.test('an effort that is asked for is kept to', async t => {
  for (const effort of [2, 3, 4, 5] as const) {
    const attempts = chosen({ effort })
    t.ok(Array.isArray(attempts) && attempts[0]?.effort === effort)
  }
})

t.test('the smallest of several attempts is kept', async t => {
  const base = makePage(20_000, 1)
  const target = editPage(base, 10, 2)
  const { delta, attempt } = await encodeSmallest(
    [
      { format: 'vcdiff', effort: 1 },
      { format: 'dcb', effort: 5 },
    ],
    base,
    target,
    'link',
  )
  const alone = await encodeSmallest([{ format: 'vcdiff', effort: 1 }], base, target, 'link')
  t.equal(attempt.format, 'dcb')
  t.ok(delta.length < alone.delta.length)
})
