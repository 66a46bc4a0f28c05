// The whole link model on a fake clock: times, sharing, loss, silence. play-link.ts runs the scripts.

import t, { type Test } from 'tap'
import { parseFigures, presetFigures, presetNames } from '../../../loadtest/link/presets.ts'
import { LinkPlay } from './play-link.ts'

const near = (t: Test, found: number, wanted: number, share: number, what: string) =>
  t.ok(Math.abs(found / wanted - 1) <= share, `${what}: ${found.toFixed(1)}, wanted ${wanted.toFixed(1)}`)

t.test('a connection opens after a round trip, and its target is reached after half of one', async t => {
  const play = new LinkPlay(parseFigures({ down: '1mbit', up: '1mbit', rtt: '100' })).open().offer('up', 100)
  play.passUntilDelivered('up', 100)
  // SYN: 60 bytes at 125 bytes a millisecond; the SYN-ACK back; then the 100 bytes with their headers.
  t.equal(play.timeOf('connect'), 50.48)
  t.equal(play.now, 50.48 + 50.48 + 152 / 125 + 50 + 52 / 125)
})

t.test('a small answer on a warm connection takes a round trip and its own time on the wire', async t => {
  const play = new LinkPlay(presetFigures('modem-28.8')).open().offer('up', 400)
  play.passUntilDelivered('up', 400)
  play.passUntil(5000).offer('up', 400)
  play.passUntilDelivered('up', 800)
  play.offer('down', 2000)
  play.passUntilDelivered('down', 2000)
  near(t, play.now - 5000, 200 + (452 + 2104) / 3.6, 0.02, 'milliseconds')
})

for (const name of presetNames) {
  for (const congestion of ['cubic', 'bbr'] as const) {
    t.test(
      `${name}, ${congestion}: a long transfer fills the link with whole packets, and all of it arrives`,
      async t => {
        const link = { ...presetFigures(name, congestion), loss: 0 }
        const bytes = Math.min(20e6, Math.round((link.downBitsPerSecond / 8) * 30))
        const play = new LinkPlay(link).open().offer('down', bytes)
        const endedAt = play.passUntilDelivered('down', bytes)
        const leastMs = ((bytes * 1500) / 1448 / link.downBitsPerSecond) * 8000
        t.equal(play.delivered('down'), bytes)
        t.ok(endedAt > leastMs, 'not faster than the link')
        t.ok(endedAt < leastMs * 1.15 + 8 * link.roundTripMs, `${endedAt.toFixed(0)} ms, least ${leastMs.toFixed(0)}`)
      },
    )
  }
}

t.test('slow start doubles what arrives in each round trip', async t => {
  const link = parseFigures({ down: '1gbit', up: '1gbit', rtt: '100' })
  const play = new LinkPlay(link).open().offer('down', 10e6)
  const totals = [190, 290, 390, 490, 590].map(at => play.passUntil(at).delivered('down'))
  const rounds = totals.map((total, round) => total - (totals[round - 1] ?? 0))
  t.same(
    rounds,
    [0, 10, 20, 40, 80].map(segments => segments * 1448),
  )
})

t.test('two connections share the link: each takes twice as long as alone', async t => {
  const link = presetFigures('3g')
  const alone = new LinkPlay(link).open().offer('down', 3_000_000).passUntilDelivered('down', 3_000_000)
  const play = new LinkPlay(link).open(0).open(1).offer('down', 3_000_000, 0).offer('down', 3_000_000, 1)
  play.passUntilDelivered('down', 3_000_000, 0)
  const both = play.passUntilDelivered('down', 3_000_000, 1)
  near(t, Math.max(both, play.now), 2 * alone, 0.1, 'milliseconds for both')
})

t.test('acknowledgements take room: a narrow way up slows a transfer down', async t => {
  const wide = parseFigures({ down: '10mbit', up: '10mbit', rtt: '50' })
  const narrow = parseFigures({ down: '10mbit', up: '64kbit', rtt: '50' })
  const [fast, slow] = [wide, narrow].map(link =>
    new LinkPlay(link).open().offer('down', 5e6).passUntilDelivered('down', 5e6),
  )
  t.ok((slow ?? 0) > 1.5 * (fast ?? 0), `${slow} ms against ${fast} ms`)
})

t.test('loss stalls only the connection whose packet was lost, and every byte still arrives', async t => {
  const link = parseFigures({ preset: 'plane', loss: '0.03' })
  const play = new LinkPlay(link, 5).open()
  for (let connection = 1; connection < 20; connection++) play.open(connection).offer('down', 20_000, connection)
  const ends = Array.from({ length: 19 }, (_, index) => play.passUntilDelivered('down', 20_000, index + 1))
  t.ok(ends.every(Number.isFinite))
  const { lost, stalls } = play.model.counts().down
  t.ok(
    lost > 0 && stalls > 0 && stalls <= lost + play.model.counts().down.droppedByQueue,
    `${lost} lost, ${stalls} stalls`,
  )
})

t.test('bytes arrive in order and once, whatever is lost', async t => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const link = parseFigures({ down: '2mbit', up: '500kbit', rtt: '80', loss: '0.2' })
    const play = new LinkPlay(link, seed).open().offer('up', 30_000).offer('down', 100_000)
    play.passUntilDelivered('up', 30_000)
    play.passUntilDelivered('down', 100_000)
    play.passUntil(play.now + 3_000_000)
    t.equal(play.delivered('up'), 30_000)
    t.equal(play.delivered('down'), 100_000)
  }
})

t.test('bbr keeps its rate under loss that makes cubic slow', async t => {
  const [cubic, bbr] = (['cubic', 'bbr'] as const).map(congestion =>
    new LinkPlay(presetFigures('plane', congestion)).open().offer('down', 4e6).passUntilDelivered('down', 4e6),
  )
  t.ok((cubic ?? 0) > 1.5 * (bbr ?? 0), `cubic ${cubic} ms, bbr ${bbr} ms`)
})

t.test('an end arrives after the last byte, in its direction only', async t => {
  const play = new LinkPlay(presetFigures('3g'))
    .open()
    .offer('up', 5000)
    .say({ kind: 'ended', connection: 0, direction: 'up' })
  play.passUntil(60_000)
  const upwards = play.heard.map(({ command }) => command).filter(({ kind }) => kind === 'deliver' || kind === 'end')
  t.match(upwards.at(-1), { kind: 'end', direction: 'up' })
  t.equal(upwards.filter(({ kind }) => kind === 'end').length, 1)
  play.offer('down', 5000).passUntil(120_000)
  t.equal(play.delivered('down'), 5000)
})

t.test('a refused connection is reset at the client after a round trip', async t => {
  const play = new LinkPlay(parseFigures({ down: '1mbit', up: '1mbit', rtt: '100' }))
  t.equal(play.open().model.wakeAt(), 50.48)
  for (const command of play.model.handle({ kind: 'ticked' }, 50.48)) t.equal(command.kind, 'connect')
  play.model.handle({ kind: 'broken', connection: 0, direction: 'down' }, 50.48)
  const at = 50.48 + 50 + 52 / 125
  t.same(play.model.handle({ kind: 'ticked' }, at), [{ kind: 'reset', connection: 0, direction: 'down' }])
})

t.test('a source is paused when the link has enough to send, and resumed when it has not', async t => {
  const play = new LinkPlay(presetFigures('edge')).open().passUntil(1000).offer('up', 500_000)
  t.match(play.heard.at(-1)?.command, { kind: 'pause-source', direction: 'up' })
  play.passUntilDelivered('up', 450_000)
  t.equal(play.timeOf('resume-source'), undefined)
  play.passUntilDelivered('up', 500_000)
  t.ok(play.timeOf('resume-source'))
})

t.test('while the link is silent nothing arrives; afterwards TCP finds its way by itself', async t => {
  const play = new LinkPlay(presetFigures('3g')).open().offer('down', 400_000)
  play.passUntil(2000).say({ kind: 'silenced' })
  const before = play.delivered('down')
  t.equal(play.passUntil(12_000).delivered('down'), before)
  play.say({ kind: 'unsilenced' })
  t.ok(Number.isFinite(play.passUntilDelivered('down', 400_000)))
})

t.test('a connection that is opened while the link is silent opens when the SYN is sent again', async t => {
  const play = new LinkPlay(presetFigures('3g')).say({ kind: 'silenced' }).open().passUntil(500)
  play.say({ kind: 'unsilenced' }).passUntil(10_000)
  near(t, play.timeOf('connect') ?? 0, 1150, 0.01, 'milliseconds')
})

t.test('a late call changes when things are seen, not when they happen', async t => {
  const [punctual, late] = [1, 2].map(() => new LinkPlay(presetFigures('edge')).open().passUntil(2000))
  const lastAt = punctual?.offer('down', 50_000).passUntilDelivered('down', 50_000) ?? 0
  const commands = late?.offer('down', 50_000).model.handle({ kind: 'ticked' }, lastAt) ?? []
  t.equal(
    commands.reduce((sum, command) => sum + (command.kind === 'deliver' ? command.bytes : 0), 0),
    50_000,
  )
})

t.test('a reset while the link is silent is heard when the other side next sends', async t => {
  const play = new LinkPlay(presetFigures('3g')).open().passUntil(1000)
  play.say({ kind: 'silenced' }, { kind: 'broken', connection: 0, direction: 'up' }, { kind: 'unsilenced' })
  t.equal(play.passUntil(60_000).timeOf('reset'), undefined)
  play.offer('down', 100).passUntil(120_000)
  near(t, (play.timeOf('reset') ?? 0) - 60_000, 300, 0.01, 'milliseconds')
})

t.test('what a forgotten connection had not sent never takes room on the link', async t => {
  const play = new LinkPlay(presetFigures('modem-28.8')).open().passUntil(1000).offer('down', 1_000_000)
  play.passUntil(2000).say({ kind: 'forgotten', connection: 0 }).passUntil(60_000)
  t.ok(play.model.counts().down.bytes < 20_000)
  t.equal(play.model.wakeAt(), undefined)
})
