// Claims about how much far may have on its way, played on links of known rate and round trip.
import t from 'tap'
import { Credit, START_BYTES, readEstimate } from '../../../shared/link/credit.ts'

const KIB = 1024

interface LinkFacts {
  readonly bytesPerSecond: number
  readonly roundTripMs: number
}

/** A near that measures a link of known figures. */
class Near {
  readonly credit = new Credit()
  now = 0
  receivedBytes = 0

  constructor(roundTripMs: number) {
    this.idle(roundTripMs)
  }

  idle(roundTripMs: number): void {
    this.now += roundTripMs
    this.credit.handle({ kind: 'round-ended', sentAt: this.now - roundTripMs, receivedBytes: 40 }, this.now)
  }

  // Far sends by its own measure (pipe.ts), a little more than fits, or all the credit where that is less: a round lasts as
  // long as the link needs for it, never less than a bare round trip. Near looks when a quarter of it has arrived. Gives
  // the credit after each round. `believed`: the link as far knows it.
  transfer(link: LinkFacts, rounds: number, believed = link): number[] {
    return Array.from({ length: rounds }, () => {
      const sentAt = this.now
      const fitting = (believed.bytesPerSecond / 1000) * (1.25 * believed.roundTripMs + 10) + 1_400
      const bytes = Math.min(this.credit.bytes, fitting)
      const busyMs = (bytes / link.bytesPerSecond) * 1000
      this.now += Math.max(0, link.roundTripMs - busyMs)
      for (let quarter = 0; quarter < 4; quarter++) {
        this.now += busyMs / 4
        this.receivedBytes += bytes / 4
        this.credit.handle({ kind: 'counted', receivedBytes: this.receivedBytes }, this.now)
      }
      this.credit.handle({ kind: 'round-ended', sentAt, receivedBytes: bytes }, this.now)
      return this.credit.bytes
    })
  }
}

const presets: Record<string, LinkFacts> = {
  'modem-28.8': { bytesPerSecond: 3_600, roundTripMs: 200 },
  gprs: { bytesPerSecond: 5_000, roundTripMs: 700 },
  edge: { bytesPerSecond: 25_000, roundTripMs: 400 },
  '3g': { bytesPerSecond: 200_000, roundTripMs: 300 },
  geo: { bytesPerSecond: 625_000, roundTripMs: 680 },
  leo: { bytesPerSecond: 6_250_000, roundTripMs: 45 },
  plane: { bytesPerSecond: 125_000, roundTripMs: 750 },
}

t.test('on every preset the credit comes to rest near 4 × bandwidth × round trip, and the link is known', async t => {
  for (const [name, link] of Object.entries(presets)) {
    const near = new Near(link.roundTripMs)
    near.transfer(link, 20)
    const { credit } = near
    const wished = Math.max(64 * KIB, (4 * link.bytesPerSecond * (link.roundTripMs + 25)) / 1000)
    t.ok(credit.bytes >= wished / 1.25 && credit.bytes <= wished * 1.25, `${name}: ${credit.bytes}, not ${wished}`)
    t.ok(Math.abs((credit.roundTripMs ?? 0) - link.roundTripMs) < 0.001, `${name}: round trip`)
    t.ok(Math.abs((credit.bandwidthBytesPerSecond ?? 0) / link.bytesPerSecond - 1) < 0.05, `${name}: bandwidth`)
    t.notOk(credit.probing, `${name}: settled`)
  }
})

t.test('a slow link has no less than the window that HTTP/2 begins with: far sends by its own measure', async t => {
  t.strictSame(new Near(200).transfer({ bytesPerSecond: 3_600, roundTripMs: 200 }, 3), [64 * KIB, 64 * KIB, 64 * KIB])
})

t.test('the rate of the first burst lets the credit rise before its round has ended', async t => {
  const near = new Near(300)
  const { credit } = near
  t.strictSame(credit.handle({ kind: 'counted', receivedBytes: 1_000 }, 1_000), [])
  t.strictSame(credit.handle({ kind: 'counted', receivedBytes: 9_000 }, 1_040), [], 'too short to tell')
  const grant = credit.handle({ kind: 'counted', receivedBytes: 13_000 }, 1_060)
  t.strictSame(grant, [{ kind: 'grant', bytes: START_BYTES + 4 * 13_000 }], 'no more than 4 times what was carried')
})

t.test('a slow first burst does not lower the credit: far may have had no more to send', async t => {
  const { credit } = new Near(300)
  credit.handle({ kind: 'counted', receivedBytes: 1_000 }, 1_000)
  t.strictSame(credit.handle({ kind: 'counted', receivedBytes: 8_000 }, 9_000), [])
  t.equal(credit.bytes, START_BYTES)
})

t.test('once settled, a lump after a loss is not taken for bandwidth', async t => {
  const near = new Near(300)
  near.transfer({ bytesPerSecond: 200_000, roundTripMs: 300 }, 20)
  const before = near.credit.bytes
  for (const [afterMs, bytes] of [
    [60, 1_400],
    [60, 300_000],
  ] as const) {
    near.now += afterMs
    near.receivedBytes += bytes
    t.strictSame(near.credit.handle({ kind: 'counted', receivedBytes: near.receivedBytes }, near.now), [])
  }
  t.equal(near.credit.bytes, before)
})

t.test('while the credit is what limits, each round at least doubles it, up to 16 MiB', async t => {
  const grants = new Near(100).transfer({ bytesPerSecond: 1e12, roundTripMs: 100 }, 12)
  grants.reduce((before, bytes) => {
    t.ok(bytes >= Math.min(2 * before, 16_384 * KIB), `${before} to ${bytes}`)
    return bytes
  }, START_BYTES)
  t.equal(grants.at(-1), 16_384 * KIB)
})

t.test('a link near by has 25 ms of credit even though its round trip is shorter', async t => {
  const near = new Near(0.2)
  near.transfer({ bytesPerSecond: 100e6, roundTripMs: 0.2 }, 20)
  t.ok(near.credit.bytes >= 2_500_000, String(near.credit.bytes))
})

t.test('rounds in which far had little to send change nothing', async t => {
  const near = new Near(300)
  near.transfer({ bytesPerSecond: 200_000, roundTripMs: 300 }, 20)
  const before = near.credit.bytes
  for (let round = 0; round < 50; round++) {
    t.strictSame(near.credit.handle({ kind: 'round-ended', sentAt: 0, receivedBytes: 2_000 }, 310), [])
  }
  t.equal(near.credit.bytes, before)
})

t.test('when the link becomes slow, the queue shows it in one round; when fast again, the credit follows', async t => {
  const near = new Near(100)
  const before = { bytesPerSecond: 1_000_000, roundTripMs: 100 }
  near.transfer(before, 20)
  t.ok(near.credit.bytes > 300_000)
  const [slow] = near.transfer({ bytesPerSecond: 50_000, roundTripMs: 100 }, 1, before)
  t.equal(slow, 64 * KIB)
  near.transfer({ bytesPerSecond: 1_000_000, roundTripMs: 100 }, 12)
  t.ok(near.credit.bytes > 300_000, `fast again: ${near.credit.bytes}`)
})

t.test('a slow decline is followed as the better rounds are forgotten', async t => {
  const near = new Near(100)
  near.transfer({ bytesPerSecond: 1_000_000, roundTripMs: 100 }, 20)
  near.transfer({ bytesPerSecond: 700_000, roundTripMs: 100 }, 9)
  t.ok((near.credit.bandwidthBytesPerSecond ?? 0) < 710_000)
})

t.test('the queue of a long transfer is never taken for the round trip, but a longer way is', async t => {
  const near = new Near(200)
  near.transfer({ bytesPerSecond: 25_000, roundTripMs: 200 }, 200)
  t.ok(Math.abs((near.credit.roundTripMs ?? 0) - 200) < 0.001)
  for (let round = 0; round < 4; round++) near.idle(600)
  t.ok(Math.abs((near.credit.roundTripMs ?? 0) - 600) < 0.001)
})

t.test('every change is commanded, and none smaller than a quarter', async t => {
  const { credit } = new Near(300)
  let bytes = START_BYTES
  let now = 0
  credit.handle({ kind: 'counted', receivedBytes: 1e6 }, 0)
  for (let round = 0; round < 40; round++) {
    const sentAt = now
    now += 300 + (round % 3)
    const [command, ...more] = credit.handle({ kind: 'round-ended', sentAt, receivedBytes: 60_000 }, now)
    t.strictSame(more, [])
    if (command === undefined) continue
    t.ok(command.bytes >= bytes * 1.25 || command.bytes * 1.25 <= bytes, `${bytes} to ${command.bytes}`)
    t.equal(command.bytes, credit.bytes)
    bytes = command.bytes
  }
  t.equal(bytes, credit.bytes)
  t.not(bytes, START_BYTES)
})

t.test('a session can begin with what the last one found out, and knows no less than that', async t => {
  const estimate = { bandwidthBytesPerSecond: 200_000, roundTripMs: 300, creditBytes: 150_000 }
  const credit = new Credit(estimate)
  t.strictSame(credit.estimate, estimate)
  t.equal(credit.bytes, 150_000)
  // A round as it was: the credit stays about what it was, though this session has carried little.
  credit.handle({ kind: 'counted', receivedBytes: 60_000 }, 300)
  credit.handle({ kind: 'round-ended', sentAt: 0, receivedBytes: 60_000 }, 300)
  t.ok(credit.bytes > 120_000, `${credit.bytes}`)
  t.equal(new Credit().estimate, undefined)
})

t.test('a link that turned out much slower than it was is found out in one round under load', async t => {
  const credit = new Credit({ bandwidthBytesPerSecond: 2_000_000, roundTripMs: 100, creditBytes: 700_000 })
  credit.handle({ kind: 'counted', receivedBytes: 20_000 }, 4000)
  credit.handle({ kind: 'round-ended', sentAt: 0, receivedBytes: 20_000 }, 4000)
  t.equal(credit.bytes, START_BYTES)
})

t.test('a written estimate is read again; what is none is not taken for one', async t => {
  const estimate = { bandwidthBytesPerSecond: 2, roundTripMs: 1, creditBytes: 3 }
  t.strictSame(readEstimate(JSON.stringify([estimate])), estimate)
  for (const text of [
    '[]',
    'null',
    '{"bandwidthBytesPerSecond":-1,"roundTripMs":1,"creditBytes":1}',
    '[1]',
    'no JSON',
  ]) {
    t.equal(readEstimate(text), undefined, text)
  }
})

t.test('a first round of a kilobyte that a site took its time for tells nothing of the link', async t => {
  const credit = new Credit()
  credit.handle({ kind: 'counted', receivedBytes: 1_100 }, 2_300)
  credit.handle({ kind: 'round-ended', sentAt: 0, receivedBytes: 1_100 }, 2_340)
  t.equal(credit.bandwidthBytesPerSecond, undefined)
  // A page at 25 kB/s, looked at whenever some of it has arrived.
  for (let ms = 100; ms <= 1_000; ms += 100) {
    credit.handle({ kind: 'counted', receivedBytes: 1_100 + 25 * ms }, 5_000 + ms)
  }
  const told = credit.bandwidthBytesPerSecond ?? 0
  t.ok(told > 20_000 && told < 30_000, `${told}`)
})
