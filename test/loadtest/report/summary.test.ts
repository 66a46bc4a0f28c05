// Claims about what a summary counts and compares.
import t from 'tap'
import type { Sample } from '../../../loadtest/load/run.ts'
import { summarize } from '../../../loadtest/report/summary.ts'

function sample(contender: string, visit: number, lastByteMs: number, more: Partial<Sample> = {}): Sample {
  return {
    contender,
    round: 0,
    visit,
    user: 0,
    kind: 'page',
    url: 'http://127.0.0.1:1/news',
    startedMs: 0,
    firstByteMs: lastByteMs / 2,
    lastByteMs,
    loadedMs: lastByteMs,
    status: 200,
    way: 'delta',
    contentBytes: 1000,
    isRight: true,
    error: undefined,
    log: { baseBytes: 10, deltaBytes: 20 },
    ...more,
  }
}

t.test('contenders are compared visit by visit, and only where both succeeded', async t => {
  const samples = [
    ...[100, 200, 300].map((ms, visit) => sample('optimistic', visit, ms)),
    ...[200, 400, 600].map((ms, visit) => sample('plain', visit, ms, { log: undefined })),
    sample('optimistic', 3, 1, { error: 'broke' }),
    sample('plain', 3, 5000),
  ]
  const { contenders, comparisons } = summarize(samples, ['optimistic', 'plain'], 'plain', new Map([['plain', 9]]))
  t.match(contenders[0], {
    name: 'optimistic',
    pages: 4,
    failed: 1,
    wrong: 0,
    linkBytes: { base: 40, delta: 80, whole: 0 },
  })
  t.match(contenders[1], { downBytes: 9 })
  t.equal(contenders[0]?.lastByteMs.median, 200)
  t.match(comparisons, [{ name: 'optimistic', reference: 'plain', lastByte: { middle: 0.5 }, slower: 0 }])
  t.match(comparisons[0]?.sites, [{ site: '/news', visits: 3, savedSeconds: 0.6 }])
})

t.test('a visit counts as slower from 2 % and 20 ms on', async t => {
  const reference = [1000, 1000, 100].map((ms, visit) => sample('plain', visit, ms))
  const ours = [1019, 1021, 115].map((ms, visit) => sample('optimistic', visit, ms))
  const { comparisons } = summarize([...reference, ...ours], ['optimistic', 'plain'], 'plain', new Map())
  t.equal(comparisons[0]?.slower, 1 / 3)
})

t.test('responses that are not the bytes of the origin are counted as wrong', async t => {
  const { contenders } = summarize([sample('plain', 0, 1, { isRight: false })], ['plain'], 'plain', new Map())
  t.equal(contenders[0]?.wrong, 1)
})
