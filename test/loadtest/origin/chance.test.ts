// Claims about seeded chance.
import t from 'tap'
import { Chance, lastChange } from '../../../loadtest/origin/chance.ts'

t.test('a key gives these very numbers on every machine', async t => {
  const chance = new Chance(7, 'pinned', 3)
  t.same([chance.bits(), chance.bits(), chance.bits()], [2472175885, 2096998957, 611233181])
  t.equal(new Chance('hex').hex(20).length, 20)
})

t.test('keys that differ anywhere give sequences with nothing in common', async t => {
  const keys = [[1, 'a'], [2, 'a'], [1, 'b'], ['1a'], ['1', 'a', '']]
  const seen = new Set(
    keys.flatMap(key => {
      const chance = new Chance(...key)
      return Array.from({ length: 1000 }, () => chance.bits())
    }),
  )
  t.ok(seen.size > 4990, `${seen.size} different numbers of 5000`)
})

t.test('numbers fall evenly into ten bins', async t => {
  const chance = new Chance('even')
  const bins = Array.from({ length: 10 }, () => 0)
  for (let count = 0; count < 100_000; count++) bins[chance.below(10)]!++
  for (const count of bins) t.ok(Math.abs(count - 10_000) < 400, `${count}`)
})

t.test('between includes both ends, pick every element', async t => {
  const chance = new Chance('ends')
  const drawn = new Set(Array.from({ length: 200 }, () => chance.between(-1, 2)))
  t.same(
    [...drawn].sort((a, b) => a - b),
    [-1, 0, 1, 2],
  )
  const picked = new Set(Array.from({ length: 200 }, () => chance.pickCommon(['a', 'b', 'c'])))
  t.same([...picked].sort(), ['a', 'b', 'c'])
  t.throws(() => chance.pick([]), RangeError)
})

t.test(
  'a part that changes with probability 0.1 does so at about one step in ten, and keeps its change until then',
  async t => {
    let changes = 0
    for (let part = 0; part < 200; part++) {
      for (let step = 1; step <= 50; step++) {
        const last = lastChange(step, 0.1, 'part', part)
        const before = lastChange(step - 1, 0.1, 'part', part)
        if (last === step) changes++
        else if (last !== before) t.fail(`part ${part} forgot at step ${step}`)
      }
    }
    t.ok(changes > 850 && changes < 1150, `${changes} changes in 10000 chances`)
    t.equal(lastChange(0, 1, 'first'), 0)
  },
)
