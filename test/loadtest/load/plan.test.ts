// Claims about the visits that are drawn before a load test begins.
import t from 'tap'
import { type LoadFigures, planVisits, zipfDraw } from '../../../loadtest/load/plan.ts'
import { Chance } from '../../../loadtest/origin/chance.ts'

const figures: LoadFigures = {
  visits: 100,
  users: 3,
  model: { kind: 'closed', thinkMs: 1000 },
  zipf: 1,
  ageing: 0.5,
  rounds: 4,
  seed: 7,
}
const list = { kind: 'list', urls: ['/a', '/b', '/c', '/d'] } as const

t.test('the same seed plans the same visits, another seed others', async t => {
  t.same(planVisits(list, figures), planVisits(list, figures))
  t.notSame(planVisits(list, figures), planVisits(list, { ...figures, seed: 8 }))
})

t.test('every visit is in exactly one round, in order', async t => {
  for (const [visits, rounds] of [
    [100, 4],
    [7, 5],
    [3, 9],
    [1, 1],
  ] as const) {
    const planned = planVisits(list, { ...figures, visits, rounds })
    t.same(
      planned.flat().map(({ number }) => number),
      Array.from({ length: visits }, (_each, number) => number),
      `${visits} visits in ${rounds} rounds`,
    )
    t.ok(planned.length <= rounds)
  }
})

t.test('a closed loop gives all users the same number of visits', async t => {
  const users = planVisits(list, { ...figures, visits: 99 })
    .flat()
    .map(({ user }) => user)
  for (const user of [0, 1, 2]) t.equal(users.filter(each => each === user).length, 33)
})

t.test('arrivals of an open loop go up within a round, at the rate on average', async t => {
  const [round = []] = planVisits(list, { ...figures, visits: 4000, rounds: 1, model: { kind: 'open', perSecond: 50 } })
  const times = round.map(({ when }) => (when.kind === 'at' ? when.atMs : Number.NaN))
  t.same(
    times,
    times.toSorted((one, other) => one - other),
  )
  // 4000 exponential gaps: the standard deviation of their mean is 1.6 %.
  t.ok(Math.abs((times.at(-1) ?? 0) / 4000 / 20 - 1) < 0.08, `last at ${times.at(-1)} ms`)
})

t.test('a record is replayed in its order, and again from its start', async t => {
  const planned = planVisits({ kind: 'record', urls: ['/x', '/y'] }, { ...figures, visits: 5, rounds: 1 })
  t.same(
    planned.flat().map(({ url }) => url),
    ['/x', '/y', '/x', '/y', '/x'],
  )
})

t.test("popularity follows Zipf's law", async t => {
  const urls = Array.from({ length: 50 }, (_each, index) => String(index))
  const draw = zipfDraw(urls, 1, new Chance('zipf'))
  const counts = new Map<string, number>()
  for (let index = 0; index < 50_000; index++) {
    const url = draw()
    counts.set(url, (counts.get(url) ?? 0) + 1)
  }
  const harmonic = urls.reduce((sum, _url, index) => sum + 1 / (index + 1), 0)
  for (const rank of [1, 2, 5, 20]) {
    const expected = 50_000 / rank / harmonic
    const seen = counts.get(String(rank - 1)) ?? 0
    t.ok(Math.abs(seen - expected) < 5 * Math.sqrt(expected), `rank ${rank}: ${seen}, expected ${Math.round(expected)}`)
  }
})

t.test('exponent 0 makes all URLs alike', async t => {
  const draw = zipfDraw(['a', 'b'], 0, new Chance('flat'))
  const count = Array.from({ length: 10_000 }, draw).filter(each => each === 'a').length
  t.ok(Math.abs(count - 5000) < 250, `${count}`)
})
