// Claims about what is next on the link: played against a simulated link, or step by step.
import t from 'tap'
import { PIECE_BYTES } from '../../../shared/link/pipe.ts'
import {
  type Rank,
  Schedule,
  type ScheduleEvent,
  SPECULATION_RANK,
  VERDICT_RANK,
  rankOf,
} from '../../../shared/link/schedule.ts'
import { SimulatedLink } from './simulated-link.ts'

/** A side of a modem link that lets its lanes go at once; notes when which lane had its bytes on the other side. */
class Side {
  readonly schedule = new Schedule()
  readonly link = new SimulatedLink({ bytesPerMs: 3.6, roundTripMs: 200 })
  readonly arrived: { readonly lane: number; readonly bytes: number; readonly at: number }[] = []
  /** How many writes each lane was handed. */
  readonly handed = new Map<number, number>()
  /** Lanes whose bytes HTTP/2 holds back. */
  readonly heldBack = new Set<number>()
  #wakesAt = Number.POSITIVE_INFINITY

  give(event: ScheduleEvent): void {
    const { link } = this
    link.now += 0.001
    const marks: (() => void)[] = []
    for (const command of this.schedule.handle(event, link.now)) {
      if (command.kind === 'mark') {
        marks.push(() => this.give({ kind: 'mark-arrived', mark: command.mark }))
        continue
      }
      const { lane, bytes } = command
      const answers = marks.splice(0)
      const answer = () => {
        for (const each of answers) each()
      }
      this.handed.set(lane, (this.handed.get(lane) ?? 0) + 1)
      if (this.heldBack.has(lane)) link.send(17, answer)
      else this.#pass(lane, bytes, answer)
      if (!this.heldBack.has(lane)) link.at(link.now, () => this.give({ kind: 'let-go', lane }))
    }
    for (const mark of marks) link.send(17, mark)
    const { wakeAt } = this.schedule
    if (wakeAt === undefined || wakeAt >= this.#wakesAt) return
    this.#wakesAt = wakeAt
    link.at(wakeAt, () => {
      if (this.#wakesAt !== wakeAt) return
      this.#wakesAt = Number.POSITIVE_INFINITY
      this.give({ kind: 'woke' })
    })
  }

  /** A write by packets; marks go out with the first one. */
  #pass(lane: number, total: number, answer: () => void): void {
    const { link } = this
    for (let sent = 0; sent < total; sent += PIECE_BYTES) {
      const bytes = Math.min(PIECE_BYTES, total - sent)
      link.send(bytes, sent === 0 ? answer : () => undefined, () => this.arrived.push({ lane, bytes, at: link.now }))
    }
  }

  offer(lane: number, bytes: number, rank: Rank, incremental = true): void {
    this.give({ kind: 'offered', lane, offers: [{ bytes, rank, incremental }] })
  }

  /** The bytes of a lane that have arrived. */
  bytesOf(lane: number): number {
    return this.arrived.filter(each => each.lane === lane).reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** When all that a lane was to send had arrived. */
  lastOf(lane: number): number {
    return this.arrived.findLast(each => each.lane === lane)?.at ?? Number.POSITIVE_INFINITY
  }
}

const MB = 1_000_000

t.test('an urgent answer overtakes a speculation and a download: two packets are in front of it, not more', async t => {
  for (const rank of [SPECULATION_RANK, rankOf(3)]) {
    const side = new Side()
    side.offer(1, MB, rank)
    side.link.runUntil(20_000)
    for (let lane = 2; lane < 12; lane++) {
      const askedAt = side.link.now
      side.offer(lane, 2_000, rankOf(0))
      side.link.runUntil(askedAt + 3_300)
      const alone = 2_000 / 3.6 + 100
      t.ok(side.lastOf(lane) - askedAt < alone + (2 * PIECE_BYTES) / 3.6, `${side.lastOf(lane) - askedAt} ms`)
    }
    t.ok(side.bytesOf(1) > 0.9 * 3.6 * side.link.now - 12 * 2_000, 'and they hardly cost it anything')
  }
})

t.test('classes come in their order: verdicts, contents by urgency, speculation', async t => {
  const side = new Side()
  side.offer(1, 80_000, SPECULATION_RANK)
  side.link.runUntil(10_000)
  for (const [lane, rank] of [rankOf(7), rankOf(3), rankOf(0), VERDICT_RANK].entries())
    side.offer(lane + 2, 5_000, rank)
  side.link.runUntil(60_000)
  const ends = [5, 4, 3, 2, 1].map(lane => side.lastOf(lane))
  t.strictSame(
    ends,
    ends.toSorted((one, other) => one - other),
  )
})

t.test('a verdict lends its rank to what waits in front of it in its stream', async t => {
  const side = new Side()
  side.offer(1, MB, rankOf(0))
  side.offer(2, 3_000, SPECULATION_RANK)
  side.link.runUntil(10_000)
  t.equal(side.bytesOf(2), 0)
  side.offer(2, 100, VERDICT_RANK)
  side.link.runUntil(14_000)
  t.equal(side.bytesOf(2), 3_100)
})

t.test('what is incremental shares its rank evenly; a newcomer is served at once and saves nothing up', async t => {
  const side = new Side()
  side.offer(1, MB, rankOf(3))
  side.link.runUntil(10_000)
  const alone = side.bytesOf(1)
  side.offer(2, MB, rankOf(3))
  side.link.runUntil(60_000)
  t.ok(Math.abs(side.bytesOf(1) - alone - side.bytesOf(2)) <= 4 * PIECE_BYTES)
  const before = side.bytesOf(1)
  side.offer(3, MB, rankOf(3))
  side.link.runUntil(120_000)
  t.ok(Math.abs(side.bytesOf(1) - before - side.bytesOf(3)) <= 4 * PIECE_BYTES)
})

t.test('a lane that is filled again and again has no more than its share', async t => {
  const side = new Side()
  side.offer(1, MB, rankOf(3))
  const refill = () => {
    side.offer(2, 700, rankOf(3))
    side.link.at(side.link.now + 100, refill)
  }
  refill()
  side.link.runUntil(60_000)
  t.ok(side.bytesOf(2) <= side.bytesOf(1) * 1.1, `${side.bytesOf(2)} beside ${side.bytesOf(1)}`)
})

t.test('what is not incremental goes one after the other, the oldest first, in turns with what is', async t => {
  const side = new Side()
  side.offer(1, 20_000, rankOf(3), false)
  side.offer(2, 20_000, rankOf(3), false)
  side.offer(3, MB, rankOf(3))
  side.link.runUntil(20_000)
  const first = side.arrived.findIndex(each => each.lane === 2)
  t.equal(
    side.arrived
      .slice(0, first)
      .filter(each => each.lane === 1)
      .reduce((sum, { bytes }) => sum + bytes, 0),
    20_000,
  )
  t.ok(Math.abs(side.bytesOf(1) + side.bytesOf(2) - side.bytesOf(3)) < 12 * PIECE_BYTES)
})

t.test('a lane that HTTP/2 holds back holds nobody up, and counts again once it is let go', async t => {
  const side = new Side()
  for (let lane = 1; lane <= 5; lane++) {
    side.heldBack.add(lane)
    side.offer(lane, MB, rankOf(0))
  }
  side.offer(6, MB, rankOf(3))
  side.link.runUntil(30_000)
  t.ok(side.bytesOf(6) > 0.9 * 3.6 * 30_000 - 15_000, String(side.bytesOf(6)))
  side.heldBack.clear()
  for (let count = side.handed.get(1) ?? 0; count > 0; count--) side.give({ kind: 'let-go', lane: 1 })
  side.link.runUntil(40_000)
  t.ok(side.bytesOf(1) > 20_000)
})

t.test('what is taken back and what is closed is never written, and frees its place at once', async t => {
  const side = new Side()
  side.offer(1, MB, rankOf(0))
  side.link.runUntil(10_000)
  const offer = { bytes: 2_000, rank: SPECULATION_RANK, incremental: true }
  side.give({ kind: 'offered', lane: 2, offers: [offer] })
  side.offer(3, 5_000, rankOf(3))
  side.give({ kind: 'withdrawn', lane: 2, offer })
  side.give({ kind: 'closed', lane: 1 })
  side.link.runUntil(20_000)
  t.equal(side.bytesOf(2), 0)
  t.equal(side.bytesOf(3), 5_000)
})
