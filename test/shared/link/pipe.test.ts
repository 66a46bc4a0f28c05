// Claims about how much may be under way, on simulated links.
import t from 'tap'
import { PIECE_BYTES, Pipe } from '../../../shared/link/pipe.ts'
import { type SimulatedFigures, SimulatedLink } from './simulated-link.ts'

const presets: Record<string, SimulatedFigures> = {
  'modem-28.8': { bytesPerMs: 3.6, roundTripMs: 200 },
  edge: { bytesPerMs: 25, roundTripMs: 400 },
  '3g': { bytesPerMs: 200, roundTripMs: 300 },
  geo: { bytesPerMs: 625, roundTripMs: 680 },
  leo: { bytesPerMs: 6_250, roundTripMs: 45 },
}

/** A sender that always has more, or as much as `bytesPerTurn` now and then. */
class Sender {
  readonly pipe = new Pipe()
  readonly link: SimulatedLink
  /** Whether there is more than the link takes. */
  isBusy = true
  #wakesAt = Number.POSITIVE_INFINITY

  constructor(figures: SimulatedFigures) {
    this.link = new SimulatedLink(figures)
  }

  fill(): void {
    const { link, pipe } = this
    while (this.isBusy && pipe.isOpen(false, link.now)) this.send(pipe.pieceBytes)
    if (!this.isBusy) pipe.starve(link.now)
    const { opensAt } = pipe
    if (!this.isBusy || opensAt === undefined || opensAt >= this.#wakesAt) return
    this.#wakesAt = opensAt
    link.at(opensAt, () => {
      if (this.#wakesAt !== opensAt) return
      this.#wakesAt = Number.POSITIVE_INFINITY
      this.fill()
    })
  }

  send(bytes: number): void {
    const mark = this.pipe.send(bytes, this.link.now)
    const answered = () => {
      if (!mark) return
      this.pipe.arrive(mark, this.link.now)
      this.fill()
    }
    this.link.send(bytes, answered)
    // A turn of the event loop.
    this.link.now += 0.001
  }
}

t.test('under load the link is full, known, and its queue is short', async t => {
  for (const [name, figures] of Object.entries(presets)) {
    const sender = new Sender(figures)
    const { link, pipe } = sender
    sender.fill()
    link.runUntil(20_000)
    const [before, startedAt] = [link.carriedBytes, link.now]
    link.runUntil(28_000)
    const share = (link.carriedBytes - before) / (figures.bytesPerMs * (link.now - startedAt))
    t.ok(share > 0.97, `${name}: ${share} of the link`)
    t.ok(Math.abs((pipe.bandwidth ?? 0) / figures.bytesPerMs - 1) < 0.1, `${name}: ${pipe.bandwidth}`)
    const packetMs = PIECE_BYTES / figures.bytesPerMs
    t.ok(link.queueMs < figures.roundTripMs * 0.4 + 30 + 2 * packetMs, `${name}: ${link.queueMs} ms of queue`)
  }
})

t.test('a turn sends one packet on slow links, and as much as fits under way on fast ones', async t => {
  const turns = Object.entries(presets).map(([name, figures]) => {
    const sender = new Sender(figures)
    t.equal(sender.pipe.mayInTurn(0), PIECE_BYTES, `${name} at first`)
    sender.fill()
    sender.link.runUntil(20_000)
    return [name, sender.pipe.mayInTurn(0)]
  })
  const packet = PIECE_BYTES
  const expected = { 'modem-28.8': packet, edge: packet, '3g': packet, geo: packet, leo: Number.POSITIVE_INFINITY }
  t.strictSame(Object.fromEntries(turns), expected, 'under load')
})

t.test('a turn that came late sends twice what the link carried meanwhile, so that more can be found', async t => {
  const sender = new Sender({ bytesPerMs: 625, roundTripMs: 680 })
  sender.fill()
  sender.link.runUntil(20_000)
  t.ok(Math.abs(sender.pipe.mayInTurn(25) / (2 * 25 * 625) - 1) < 0.1)
})

t.test('what is under way at first is what TCP lets go at once, and doubles in each round trip', async t => {
  const sender = new Sender({ bytesPerMs: 1e6, roundTripMs: 100 })
  sender.fill()
  const rounds = [0, 1, 2, 3, 4].map(round => {
    sender.link.runUntil(round * 101 + 1)
    return sender.link.carriedBytes
  })
  t.ok(Math.abs((rounds[0] ?? 0) - 10 * PIECE_BYTES) <= PIECE_BYTES)
  for (const [index, total] of rounds.slice(1).entries()) t.ok(total >= 1.8 * (rounds[index] ?? 0), rounds.join(' '))
})

t.test('as long as nothing is known, what can wait has half of that', async t => {
  const pipe = new Pipe()
  let now = 0
  while (pipe.isOpen(true, now)) pipe.send(PIECE_BYTES, (now += 0.001))
  t.ok(pipe.isOpen(false, now))
  let more = 0
  while (pipe.isOpen(false, now)) more += pipe.send(PIECE_BYTES, (now += 0.001)) ? 1 : 1
  t.ok(more >= 4, String(more))
})

t.test('after a rest TCP begins anew, and so does the amount, up to what is known', async t => {
  const sender = new Sender({ bytesPerMs: 625, roundTripMs: 680 })
  const { link } = sender
  sender.fill()
  link.runUntil(20_000)
  sender.isBusy = false
  link.runUntil(25_000)
  sender.isBusy = true
  const before = link.carriedBytes
  sender.fill()
  const burst = link.carriedBytes - before
  t.ok(burst >= 10 * PIECE_BYTES && burst <= 12 * sender.pipe.pieceBytes, String(burst))
  link.runUntil(35_000)
  t.ok(sender.pipe.limitBytes > 400_000)
})

t.test('a link that becomes slower or faster is followed, and so is a longer way', async t => {
  const sender = new Sender({ bytesPerMs: 200, roundTripMs: 300 })
  const { link, pipe } = sender
  sender.fill()
  link.runUntil(20_000)
  link.figures = { bytesPerMs: 50, roundTripMs: 300 }
  link.runUntil(45_000)
  t.ok((pipe.bandwidth ?? 0) < 60, `slower: ${pipe.bandwidth}`)
  link.figures = { bytesPerMs: 200, roundTripMs: 300 }
  link.runUntil(60_000)
  t.ok((pipe.bandwidth ?? 0) > 180, `faster: ${pipe.bandwidth}`)
  link.figures = { bytesPerMs: 200, roundTripMs: 500 }
  link.runUntil(140_000)
  t.ok((pipe.bandwidth ?? 0) > 180, `longer way: ${pipe.bandwidth}`)
})

t.test('small answers on an idle link teach nothing wrong, and leave it open', async t => {
  const sender = new Sender({ bytesPerMs: 625, roundTripMs: 680 })
  const { link, pipe } = sender
  sender.fill()
  link.runUntil(20_000)
  const known = pipe.bandwidth ?? 0
  sender.isBusy = false
  for (let count = 0; count < 40; count++) {
    link.runUntil(link.now + 2_000)
    sender.send(2_000)
    t.ok(pipe.isOpen(false, link.now))
  }
  t.equal(pipe.bandwidth, known)
})

t.test('bytes that are held back are not under way', async t => {
  const pipe = new Pipe()
  let now = 0
  while (pipe.isOpen(false, now)) pipe.send(PIECE_BYTES, (now += 0.001))
  pipe.retract(PIECE_BYTES)
  t.ok(pipe.isOpen(false, now))
})
