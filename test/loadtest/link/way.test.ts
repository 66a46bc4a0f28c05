// One direction of the link: rate, delay, queue, loss, silence.

import t from 'tap'
import { seedChance } from '../../../loadtest/link/chance.ts'
import { Way } from '../../../loadtest/link/way.ts'

// 8000 bit/s is a byte a millisecond.
const figures = { bitsPerSecond: 8000, delayMs: 100, queueBytes: 3000, loss: 0 }

t.test('a packet arrives when it has been sent at the rate and has travelled', async t => {
  const way = new Way(figures, seedChance(1))
  t.equal(way.takePacket(1500, 10), 10 + 1500 + 100)
})

t.test('packets leave one after another, whoever sends them', async t => {
  const way = new Way(figures, seedChance(1))
  t.same([way.takePacket(1000, 0), way.takePacket(500, 0), way.takePacket(500, 5000)], [1100, 1600, 5600])
})

t.test('a packet under way has been carried in part', async t => {
  const way = new Way(figures, seedChance(1))
  way.takePacket(1000, 0)
  way.takePacket(1000, 0)
  t.same(
    [0, 400, 1500, 2000, 9000].map(now => way.carriedBytes(now)),
    [0, 400, 1500, 2000, 2000],
  )
})

t.test('what does not fit in the queue is dropped, and there is room again when the wire has caught up', async t => {
  const way = new Way(figures, seedChance(1))
  const arrivals = [0, 0, 0, 0].map(now => way.takePacket(1500, now))
  t.same(arrivals, [1600, 3100, 4600, undefined])
  t.equal(way.takePacket(1500, 1500), 6100)
  t.match(way.counts(), { packets: 4, bytes: 6000, droppedByQueue: 1, lost: 0 })
})

t.test('lost packets take their room on the wire, and as many are lost as the figures say', async t => {
  const way = new Way({ ...figures, loss: 0.1, queueBytes: 1e9 }, seedChance(1))
  const arrivals = Array.from({ length: 1000 }, () => way.takePacket(100, 0))
  const { lost, packets } = way.counts()
  t.equal(packets, 1000)
  t.equal(arrivals.filter(at => at === undefined).length, lost)
  t.ok(lost > 70 && lost < 130, `${lost} of 1000`)
  t.equal(
    arrivals.findLast(at => at !== undefined),
    100 * (1 + arrivals.findLastIndex(at => at !== undefined)) + 100,
  )
})

t.test('a silent way swallows what it is given', async t => {
  const way = new Way(figures, seedChance(1))
  way.isSilent = true
  t.equal(way.takePacket(100, 0), undefined)
  way.isSilent = false
  t.equal(way.takePacket(100, 0), 200)
})
