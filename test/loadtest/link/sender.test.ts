// One direction of a connection at its two ends, segment by segment, on a fake clock.

import t from 'tap'
import { Cubic } from '../../../loadtest/link/cubic.ts'
import { Receiver } from '../../../loadtest/link/receiver.ts'
import { newSegment, type Flight } from '../../../loadtest/link/segment.ts'
import { Sender } from '../../../loadtest/link/sender.ts'

/** A sender with a round trip of 100 ms behind it, and what it has transmitted. */
function startSender(receiveWindow = 1e9) {
  const sent: { readonly flight: Flight; readonly at: number }[] = []
  const sender = new Sender(new Cubic(), receiveWindow, (flight, at) => sent.push({ flight, at }))
  sender.establish(100, 0)
  const starts = () => sent.map(({ flight }) => flight.segment.start / 1448)
  const acknowledge = (numbers: readonly number[], now: number) => {
    const flights = numbers.map(number => sent[number]?.flight).filter(flight => flight !== undefined)
    sender.acknowledge(flights, now)
  }
  return { sender, sent, starts, acknowledge }
}

t.test('ten segments leave at once, and two more for each that is acknowledged in slow start', async t => {
  const { sender, sent, acknowledge } = startSender()
  sender.offer(1_000_000, 0)
  t.equal(sent.length, 10)
  acknowledge([0], 100)
  t.equal(sent.length, 12)
  acknowledge([1, 2], 101)
  t.equal(sent.length, 16)
})

t.test('nothing leaves before the connection is open', async t => {
  const sent: Flight[] = []
  const sender = new Sender(new Cubic(), 1e9, flight => sent.push(flight))
  sender.offer(5000, 0)
  t.equal(sent.length, 0)
  sender.establish(100, 100)
  t.equal(sent.length, 4)
})

t.test('a segment is sent again once three later ones have arrived, and the window shrinks once', async t => {
  const { sender, starts, acknowledge } = startSender()
  sender.offer(20 * 1448, 0)
  acknowledge([1], 100)
  acknowledge([2], 101)
  t.notOk(starts().indexOf(0, 1) > 0)
  acknowledge([3], 102)
  t.ok(starts().indexOf(0, 1) > 0, 'segment 0 went out again')
})

t.test('fewer than three are given a quarter of a round trip', async t => {
  const { sender, starts, acknowledge } = startSender()
  sender.offer(2 * 1448, 0)
  acknowledge([1], 100)
  t.equal(sender.wakeAt, 125)
  sender.tick(124)
  t.same(starts(), [0, 1])
  sender.tick(125)
  t.same(starts(), [0, 1, 0])
})

t.test('a lost tail is probed after two round trips, then given up after the timeout, which doubles', async t => {
  const { sender, sent, starts } = startSender()
  sender.offer(3 * 1448, 0)
  const wakes = [1, 2, 3, 4].map(() => {
    const at = sender.wakeAt
    sender.tick(at)
    return at
  })
  t.same(wakes.slice(0, 1), [202])
  t.same(starts().slice(0, 4), [0, 1, 2, 2])
  t.equal(starts()[4], 0)
  const waits = wakes.map((at, index) => at - (wakes[index - 1] ?? 0))
  t.same(waits.slice(1), [300, 600, 1200])
  t.ok(sent.every(({ flight }) => flight.segment.bytes === 1448))
})

t.test('a timeout that was an error is undone: the window is what it was', async t => {
  const { sender, sent, acknowledge } = startSender()
  sender.offer(100 * 1448, 0)
  while (sent.length < 12) sender.tick(sender.wakeAt)
  const before = sent.length
  acknowledge([0, 1], 1000)
  acknowledge([2, 3], 1001)
  t.ok(sent.length - before >= 4, `${sent.length - before} new ones for four that had arrived after all`)
})

t.test('a reader that takes nothing stops the sender at the receive window', async t => {
  const { sender, sent, acknowledge } = startSender(4 * 1448)
  sender.offer(100 * 1448, 0)
  t.equal(sent.length, 4)
  acknowledge([0, 1, 2, 3], 100)
  t.equal(sent.length, 4)
  sender.take(1448, 101)
  t.equal(sent.length, 5)
})

t.test('the end travels with the last bytes, or alone after them', async t => {
  const one = startSender()
  one.sender.offer(2000, 0)
  one.sender.end(0)
  t.same(
    one.sent.map(({ flight }) => [flight.segment.bytes, flight.segment.ends]),
    [
      [1448, false],
      [552, false],
      [0, true],
    ],
  )
  const other = new Sender(new Cubic(), 1e9, ({ segment }) => t.match(segment, { bytes: 700, ends: true }))
  other.offer(700, 0)
  other.end(0)
  other.establish(100, 1)
})

t.test('a receiver delivers in order and once, whatever order and number segments come in', async t => {
  const receiver = new Receiver()
  const segments = [0, 1, 2, 3].map(number => newSegment(number * 1448, 1448, false, number === 3))
  const give = (number: number) => {
    const segment = segments[number]
    return segment === undefined ? 0 : receiver.receive({ segment, order: number }, 10)
  }
  t.same([0, 2, 2, 3, 1, 1, 0].map(give), [1448, 0, 0, 0, 3 * 1448, 0, 0])
  t.ok(receiver.isEnded)
  t.notOk(receiver.isWaiting)
})

t.test('a receiver acknowledges the first sixteen at once, then every second one or after 40 ms', async t => {
  const receiver = new Receiver()
  const acknowledgedAt = []
  for (let number = 0; number < 20; number++) {
    receiver.receive({ segment: newSegment(number * 1448, 1448, false, false), order: number }, number)
    acknowledgedAt.push(receiver.ackAt)
    if (receiver.ackAt === number) receiver.report('alone', number)
  }
  t.same(acknowledgedAt.slice(14), [14, 15, 56, 17, 58, 19])
})

t.test('what a lost acknowledgement reported is reported again', async t => {
  const receiver = new Receiver()
  receiver.receive({ segment: newSegment(0, 100, true, false), order: 0 }, 0)
  receiver.unreport(receiver.report('alone', 0))
  receiver.receive({ segment: newSegment(100, 100, true, false), order: 1 }, 5)
  t.same(
    receiver.report('alone', 5).map(({ order }) => order),
    [0, 1],
  )
  t.same(receiver.report('alone', 6), [])
})
