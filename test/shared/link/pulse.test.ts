// Claims about when near sends a PING and when it gives far up.
import t, { type Test } from 'tap'
import { Pulse, type PulseEvent } from '../../../shared/link/pulse.ts'
import { play } from '../../play.ts'

const ping = { kind: 'send-ping' } as const
const answered = { kind: 'ping-answered' } as const
const opened = { kind: 'stream-opened' } as const

const doubted = { kind: 'doubted' } as const

function counted(receivedBytes: number, openStreams = 0, probing = false, sentBytes = 0): PulseEvent {
  return { kind: 'counted', receivedBytes, sentBytes, openStreams, probing }
}

function pulse(): Pulse {
  return new Pulse({ intervalMs: 20_000, patienceMs: 10_000, startedAt: 0 })
}

t.test('the first look sends a PING', async t => {
  play(t, pulse()).wakesAt(0).give(counted(0)).expect(ping)
})

t.test('an idle link is pinged once for each interval', async t => {
  play(t, pulse())
    .give(counted(0))
    .expect(ping)
    .at(100)
    .give(answered)
    .expect()
    .wakesAt(20_100)
    .at(20_099)
    .give(counted(0))
    .expect()
    .at(20_100)
    .give(counted(0))
    .expect(ping)
    .at(20_200)
    .give(answered)
    .expect()
    .wakesAt(40_200)
})

t.test('a silent far is given up when the patience ends, not before', async t => {
  play(t, pulse())
    .give(counted(0))
    .expect(ping)
    .wakesAt(10_000)
    .at(9_999)
    .give(counted(0))
    .expect()
    .at(10_000)
    .give(counted(0))
    .expect({ kind: 'give-up', silentMs: 10_000 })
})

t.test('a far that sends anything is not silent, however late the answer to the PING', async t => {
  play(t, pulse())
    .give(counted(0))
    .expect(ping)
    .at(9_000)
    .give(counted(500))
    .expect()
    .wakesAt(19_000)
    .at(18_000)
    .give(counted(900, 1))
    .expect()
    .at(28_000)
    .give(counted(900, 1))
    .expect({ kind: 'give-up', silentMs: 10_000 })
})

t.test('while the bandwidth is unknown, rounds follow each other as long as bytes arrive', async t => {
  play(t, pulse())
    .give(counted(0, 0, true))
    .expect(ping)
    .at(100)
    .give(answered)
    .expect()
    .give(opened)
    .expect()
    .wakesAt(150)
    .at(150)
    .give(counted(40, 1, true))
    .expect()
    .wakesAt(160)
    .at(200)
    .give(counted(9_000, 1, true))
    .expect(ping)
    .at(210)
    .give(counted(20_000, 1, true))
    .expect()
    .at(300)
    .give(answered)
    .expect()
    .give(counted(30_000, 1, true))
    .expect(ping)
})

t.test('a settled busy link is pinged every two seconds, and not at all while nothing arrives', async t => {
  play(t, pulse())
    .give(counted(0, 1))
    .expect(ping)
    .at(100)
    .give(answered)
    .expect()
    .at(1_100)
    .give(counted(50_000, 1))
    .expect()
    .wakesAt(1_150)
    .at(1_999)
    .give(counted(80_000, 1))
    .expect()
    .at(2_100)
    .give(counted(90_000, 1))
    .expect(ping)
    .at(2_200)
    .give(answered)
    .expect()
    .at(5_000)
    .give(counted(90_500, 1))
    .expect()
})

t.test('the first request after a pause takes a PING along, others do not', async t => {
  play(t, pulse())
    .give(counted(0))
    .expect(ping)
    .at(100)
    .give(answered)
    .expect()
    .at(5_099)
    .give(opened)
    .expect()
    .at(5_100)
    .give(opened)
    .expect(ping)
    .give(opened)
    .expect()
    .wakesAt(5_150)
})

t.test('near looks often while bytes arrive and seldom while a long poll waits', async t => {
  const script = play(t, pulse())
    .give(counted(100, 1, true))
    .expect(ping)
    .wakesAt(10)
    .give(answered)
    .expect()
  let now = 10
  for (const waitMs of [20, 40, 80, 160, 320]) {
    script
      .at(now)
      .give(counted(100, 1, true))
      .expect()
      .wakesAt(now + waitMs)
    now += waitMs
  }
  script
    .at(now)
    .give(counted(200, 1, false))
    .expect()
    .wakesAt(now + 50)
})

/** Opens a stream on a link whose round trip is 100 ms, 1 s after the last word of far. */
function waiting(t: Test) {
  return play(t, pulse())
    .give(counted(0))
    .expect(ping)
    .at(100)
    .give(counted(40))
    .expect()
    .give(answered)
    .expect()
    .at(1_000)
    .give(opened)
    .expect()
}

t.test('a link that somebody waits for is pinged when quiet, and given up in seconds', async t => {
  waiting(t)
    .at(1_299)
    .give(counted(40, 1))
    .expect()
    .wakesAt(1_300)
    .at(1_300)
    .give(counted(40, 1))
    .expect(ping)
    .at(5_699)
    .give(counted(40, 1))
    .expect()
    .wakesAt(5_700)
    .at(5_700)
    .give(counted(40, 1))
    .expect({ kind: 'give-up', silentMs: 4_400 })
})

t.test(
  'an origin that thinks long costs half as many PINGs after each answer, as few as none waiting in the end',
  async t => {
    const script = waiting(t)
    let now = 1_300
    for (const quietMs of [2_400, 4_800, 9_600, 19_200, 20_000, 20_000]) {
      script
        .at(now)
        .give(counted(40, 1))
        .expect(ping)
        .at(now + 100)
        .give(answered)
        .expect()
        .at(now + 100 + quietMs - 1)
        .give(counted(40, 1))
        .expect()
        .wakesAt(now + 100 + quietMs)
      now += 100 + quietMs
    }
    script.give(opened).expect(ping)
    script
      .at(now)
      .give(answered)
      .expect()
      .at(now + 2_400)
      .give(counted(40, 2))
      .expect(ping)
  },
)

t.test('a PING behind a full queue may take its time: bytes arrive, and later silences are judged by it', async t => {
  const script = waiting(t).at(1_300).give(counted(40, 1)).expect(ping)
  // 28.8 kbit/s, and 20 s of data in front of the answer.
  for (let now = 1_500; now <= 21_300; now += 200) script.at(now).give(counted(now, 1)).expect()
  script
    .give(answered)
    .expect()
    .at(21_300)
    .give(counted(40_000, 1))
    .expect(ping)
    .at(31_299)
    .give(counted(40_000, 1))
    .expect()
    .at(31_300)
    .give(counted(40_000, 1))
    .expect({ kind: 'give-up', silentMs: 10_000 })
})

t.test('a PING behind an upload is waited for until the upload can have left on the slowest link', async t => {
  waiting(t)
    .at(1_300)
    .give(counted(40, 1, false, 9_000))
    .expect(ping)
    .at(10_199)
    .give(counted(40, 1, false, 9_000))
    .expect()
    .wakesAt(10_200)
    .at(10_200)
    .give(counted(40, 1, false, 9_000))
    .expect({ kind: 'give-up', silentMs: 8_900 })
})

t.test('a doubted link is pinged at once and given up in seconds, idle as it is; any sign ends the doubt', async t => {
  waiting(t)
    .at(2_000)
    .give(counted(40))
    .expect()
    .at(3_000)
    .give(doubted)
    .expect(ping)
    .wakesAt(7_400)
    .give(doubted)
    .expect()
    .at(7_400)
    .give(counted(40))
    .expect({ kind: 'give-up', silentMs: 4_400 })
    .give(counted(41))
    .expect()
    .wakesAt(17_400)
})
