// The agenda, chance and the line of the link model: order of time, order of adding, repeatable numbers.

import t from 'tap'
import { Agenda } from '../../../loadtest/link/agenda.ts'
import { seedChance } from '../../../loadtest/link/chance.ts'
import { Fifo } from '../../../loadtest/link/fifo.ts'

t.test('deeds are done in order of time, and in order of adding when the time is the same', async t => {
  const agenda = new Agenda()
  const done: string[] = []
  for (const [at, name] of [
    [5, 'c'],
    [1, 'a'],
    [5, 'd'],
    [3, 'b'],
    [9, 'e'],
  ] as const) {
    agenda.add(at, now => done.push(`${name}${now}`))
  }
  agenda.runUntil(5)
  t.same(done, ['a1', 'b3', 'c5', 'd5'])
  t.equal(agenda.nextAt(), 9)
  t.equal(agenda.now, 5)
})

t.test('a thousand deeds at random times are done in order', async t => {
  const agenda = new Agenda()
  const chance = seedChance(7)
  const done: number[] = []
  for (let deed = 0; deed < 1000; deed++) agenda.add(chance() * 100, now => done.push(now))
  agenda.runUntil(100)
  t.equal(done.length, 1000)
  t.same(
    done,
    [...done].sort((a, b) => a - b),
  )
})

t.test('a deed that is added by a deed is done in the same run when it falls due in it, never in the past', async t => {
  const agenda = new Agenda()
  const done: number[] = []
  agenda.add(2, () => {
    agenda.add(4, now => done.push(now))
    agenda.add(1, now => done.push(now))
    agenda.add(8, now => done.push(now))
  })
  agenda.runUntil(6)
  t.same(done, [2, 4])
})

t.test('the same seed gives the same chances, evenly spread', async t => {
  const [one, same, other] = [seedChance(3), seedChance(3), seedChance(4)]
  const numbers = Array.from({ length: 10_000 }, () => one())
  t.same(
    numbers,
    Array.from({ length: 10_000 }, () => same()),
  )
  t.not(numbers[0], other())
  t.ok(numbers.every(number => number >= 0 && number < 1))
  const low = numbers.filter(number => number < 0.01).length
  t.ok(low > 60 && low < 140, `${low} of 10000 below 0.01`)
})

t.test('a line gives back what was put in, in order, through any mixture of pushes and shifts', async t => {
  const line = new Fifo<number>()
  const out: (number | undefined)[] = []
  for (let step = 0; step < 1000; step++) {
    line.push(step)
    if (step % 3 !== 0) out.push(line.shift())
  }
  t.equal(line.first, out.length)
  t.equal(line.last, 999)
  t.equal(line.length, 1000 - out.length)
  t.same(
    [...out, ...line.drain()],
    Array.from({ length: 1000 }, (_, index) => index),
  )
  t.equal(line.shift(), undefined)
  t.equal(line.first, undefined)
  t.equal(line.last, undefined)
})
