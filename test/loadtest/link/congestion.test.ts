// What the two congestion controls do with a link, seen from outside: the queue that they make, how they share.

import t from 'tap'
import { congestionControls, presetFigures, type CongestionControl } from '../../../loadtest/link/presets.ts'
import { LinkPlay } from './play-link.ts'

/** The round trips that small exchanges beside a long transfer see, in ms, once it is under way. */
function probeBeside(congestion: CongestionControl): number[] {
  const play = new LinkPlay(presetFigures('geo', congestion)).open(0).open(1).passUntil(2000)
  play.offer('down', 20e6, 0)
  return Array.from({ length: 12 }, (_, probe) => {
    const askedAt = 12_000 + probe * 1700
    play.passUntil(askedAt).offer('down', 100, 1)
    return play.passUntilDelivered('down', 100 * (probe + 1), 1) - askedAt
  })
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

t.test('a transfer with cubic fills the queue, one with bbr keeps it short', async t => {
  const [cubic, bbr] = [mean(probeBeside('cubic')), mean(probeBeside('bbr'))]
  t.ok(cubic > 340 + 250, `cubic: ${cubic.toFixed(0)} ms one way`)
  t.ok(bbr < 340 + 200, `bbr: ${bbr.toFixed(0)} ms one way`)
})

for (const congestion of congestionControls) {
  t.test(`${congestion}: four long transfers at once each get a share`, async t => {
    const play = new LinkPlay(presetFigures('3g', congestion))
    for (let connection = 0; connection < 4; connection++) play.open(connection).offer('down', 20e6, connection)
    play.passUntil(60_000)
    const shares = [0, 1, 2, 3].map(connection => play.delivered('down', connection))
    const all = shares.reduce((sum, share) => sum + share, 0)
    t.ok(all > 0.9 * 60 * 200_000 * (1448 / 1500), `${all} bytes in a minute`)
    t.ok(Math.min(...shares) > all / 20, `the least had ${Math.min(...shares)} of ${all}`)
  })

  t.test(
    `${congestion}: a rest does not lose what was not acknowledged, and the next transfer fills the link again`,
    async t => {
      const play = new LinkPlay(presetFigures('3g', congestion)).open().offer('down', 1e6)
      play.passUntilDelivered('down', 1e6)
      const startedAt = play.now + 30_000
      play.passUntil(startedAt).offer('down', 1e6)
      const tookMs = play.passUntilDelivered('down', 2e6) - startedAt
      t.ok(tookMs > 5180 && tookMs < 1.4 * 5180, `${tookMs.toFixed(0)} ms`)
    },
  )
}
