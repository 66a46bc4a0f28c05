// Claims about near, link, far and the site together, in whatever order things go wrong: a short run of the simulation.
// `node test/simulation/run.ts --minutes 60` plays more of it (docs/simulation.md).
import t from 'tap'
import { writeScript } from './script.ts'
import { shrink } from './shrink.ts'
import { play } from './world.ts'

const LENGTH = { exchanges: 60 }

t.test('nothing wrong is released or completed, nothing hangs or is left over, whatever goes wrong', async t => {
  const ways = new Set<string>()
  for (let seed = 20; seed < 32; seed++) {
    const { findings, counts } = await play(writeScript(seed, LENGTH))
    t.strictSame(findings, [], `seed ${seed}`)
    for (const what of counts.keys()) ways.add(what)
  }
  for (const way of ['confirmed', 'delta', 'corrected', 'fresh', 'whole', 'stale']) {
    t.ok(ways.has(`ended: ${way}`), `some exchange was ${way}`)
  }
})

t.test('the same seed plays the same', async t => {
  const [one, other] = [await play(writeScript(7, LENGTH)), await play(writeScript(7, LENGTH))]
  t.strictSame([...one.counts], [...other.counts])
})

t.test('a script that fails is shrunk to the events that it takes', async t => {
  const script = writeScript(3, { exchanges: 40 })
  const [first, second] = [script.events[5], script.events[31]]
  const findings = (isFailing: boolean) => (isFailing ? ['both came'] : [])
  const small = await shrink(script, async ({ events }) => ({
    findings: findings(events.some(event => event === first) && events.some(event => event === second)),
    exchanges: events.length,
    counts: new Map(),
  }))
  t.strictSame(small.events, [first, second])
})
