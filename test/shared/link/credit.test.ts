// Claims about how much far may have on its way, played on links of known rate and round trip.
import t from 'tap'
import { Credit, START_BYTES } from '../../../shared/link/credit.ts'

const KIB = 1024

interface LinkFacts {
  readonly bytesPerSecond: number
  readonly roundTripMs: number
}

// A link that carries `credit.bytes` in each round: the round lasts as long as the link needs for them, never less than
// the bare round trip. Gives the credit after each round.
function transfer(credit: Credit, link: LinkFacts, rounds: number, startedAt = 0): number[] {
  let now = startedAt
  return Array.from({ length: rounds }, () => {
    const sentAt = now
    now += Math.max(link.roundTripMs, (credit.bytes / link.bytesPerSecond) * 1000)
    credit.handle({ kind: 'round-ended', sentAt, receivedBytes: credit.bytes }, now)
    return credit.bytes
  })
}

function idle(credit: Credit, roundTripMs: number): void {
  credit.handle({ kind: 'round-ended', sentAt: 0, receivedBytes: 40 }, roundTripMs)
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

t.test('on every preset the credit comes to rest within a quarter of 2 × bandwidth × round trip', async t => {
  for (const [name, link] of Object.entries(presets)) {
    const credit = new Credit()
    idle(credit, link.roundTripMs)
    transfer(credit, link, 20)
    const product = (link.bytesPerSecond * link.roundTripMs) / 1000
    const wished = Math.max(4 * KIB, 2 * product)
    t.ok(credit.bytes >= wished / 1.25 && credit.bytes <= wished * 1.25, `${name}: ${credit.bytes}, not ${wished}`)
    t.ok(credit.bytes >= product, `${name}: the link never stands idle`)
    t.equal(credit.roundTripMs, link.roundTripMs)
    t.ok(Math.abs((credit.bandwidthBytesPerSecond ?? 0) / link.bytesPerSecond - 1) < 0.01, `${name}: bandwidth`)
    t.notOk(credit.probing, `${name}: settled`)
  }
})

t.test('on a modem one round is enough to come down to the floor', async t => {
  const credit = new Credit()
  idle(credit, 200)
  t.strictSame(transfer(credit, { bytesPerSecond: 3_600, roundTripMs: 200 }, 3), [4 * KIB, 4 * KIB, 4 * KIB])
})

t.test('while the credit is what limits, each round makes it four times as large, up to 16 MiB', async t => {
  const credit = new Credit()
  idle(credit, 100)
  const grants = transfer(credit, { bytesPerSecond: 1e12, roundTripMs: 100 }, 6)
  t.strictSame(grants, [64 * KIB, 256 * KIB, 1024 * KIB, 4096 * KIB, 16_384 * KIB, 16_384 * KIB])
})

t.test('a link near by has 25 ms of credit even though its round trip is shorter', async t => {
  const credit = new Credit()
  idle(credit, 0.2)
  transfer(credit, { bytesPerSecond: 100e6, roundTripMs: 0.2 }, 20)
  t.ok(credit.bytes >= 2_000_000, String(credit.bytes))
})

t.test('rounds in which far had little to send change nothing', async t => {
  const link = { bytesPerSecond: 200_000, roundTripMs: 300 }
  const credit = new Credit()
  idle(credit, 300)
  transfer(credit, link, 20)
  const before = credit.bytes
  for (let round = 0; round < 50; round++) {
    t.strictSame(credit.handle({ kind: 'round-ended', sentAt: 0, receivedBytes: 2_000 }, 310), [])
  }
  t.equal(credit.bytes, before)
})

t.test(
  'when the link becomes slow, the queue shows it in one round; when it becomes fast again, the credit follows',
  async t => {
    const credit = new Credit()
    idle(credit, 100)
    transfer(credit, { bytesPerSecond: 1_000_000, roundTripMs: 100 }, 20)
    t.ok(credit.bytes > 150_000)
    const [slow] = transfer(credit, { bytesPerSecond: 50_000, roundTripMs: 100 }, 1)
    t.ok(slow !== undefined && slow <= 12_500, `slow: ${slow}`)
    transfer(credit, { bytesPerSecond: 1_000_000, roundTripMs: 100 }, 12)
    t.ok(credit.bytes > 150_000, `fast again: ${credit.bytes}`)
  },
)

t.test('a slow decline is followed as the better rounds are forgotten', async t => {
  const credit = new Credit()
  idle(credit, 100)
  transfer(credit, { bytesPerSecond: 1_000_000, roundTripMs: 100 }, 20)
  transfer(credit, { bytesPerSecond: 700_000, roundTripMs: 100 }, 9)
  t.ok((credit.bandwidthBytesPerSecond ?? 0) < 710_000)
})

t.test('the queue of a long transfer is never taken for the round trip, but a longer way is', async t => {
  const credit = new Credit()
  idle(credit, 200)
  transfer(credit, { bytesPerSecond: 25_000, roundTripMs: 200 }, 200)
  t.equal(credit.roundTripMs, 200)
  for (let round = 0; round < 4; round++) idle(credit, 600)
  t.equal(credit.roundTripMs, 600)
})

t.test('every change is commanded, and none smaller than a quarter', async t => {
  const credit = new Credit()
  idle(credit, 300)
  let bytes = START_BYTES
  let now = 0
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
})
