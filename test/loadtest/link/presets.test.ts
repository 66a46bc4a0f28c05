// The figures of a link: presets, and what people write instead.

import t from 'tap'
import { defaultQueueBytes, parseFigures, presetFigures, presetNames } from '../../../loadtest/link/presets.ts'

t.test('every preset gives figures, with half a second of queue but ten packets at least', async t => {
  for (const name of presetNames) {
    const link = presetFigures(name)
    t.ok(link.downBitsPerSecond >= link.upBitsPerSecond, name)
    t.equal(link.downQueueBytes, Math.max(15_000, Math.floor(link.downBitsPerSecond / 16)), name)
  }
  t.equal(defaultQueueBytes(28_800), 15_000)
  t.equal(defaultQueueBytes(8_000_000), 500_000)
})

t.test('figures are read in the units that people write', async t => {
  t.match(parseFigures({ down: '1.6mbit', up: '768kbit', rtt: '300', loss: '0.01', queue: '64kB' }), {
    downBitsPerSecond: 1_600_000,
    upBitsPerSecond: 768_000,
    roundTripMs: 300,
    loss: 0.01,
    downQueueBytes: 64_000,
    upQueueBytes: 64_000,
    congestion: 'cubic',
  })
  t.match(parseFigures({ down: '28800', up: '28.8kbit/s', rtt: '0.2s', loss: '1%' }), {
    downBitsPerSecond: 28_800,
    upBitsPerSecond: 28_800,
    roundTripMs: 200,
    loss: 0.01,
  })
})

t.test('a figure that is given replaces that of the preset, and the queue follows the rate', async t => {
  const link = parseFigures({ preset: '3g', down: '8mbit', congestion: 'bbr' })
  t.match(link, { downBitsPerSecond: 8_000_000, upBitsPerSecond: 768_000, downQueueBytes: 500_000, congestion: 'bbr' })
})

t.test('what is no figure is refused with a sentence that names it', async t => {
  const wrong = [
    [{ preset: '4g' }, /no preset "4g"/],
    [{}, /--preset .* or all of --down, --up and --rtt/],
    [{ down: '1mbit', up: '1mbit' }, /--rtt/],
    [{ preset: '3g', down: 'fast' }, /--down fast/],
    [{ preset: '3g', down: '0' }, /--down 0/],
    [{ preset: '3g', up: '-1' }, /--up -1/],
    [{ preset: '3g', rtt: '61s' }, /--rtt 61s/],
    [{ preset: '3g', loss: '1' }, /--loss 1/],
    [{ preset: '3g', loss: '100%' }, /--loss 100%/],
    [{ preset: '3g', queue: '1' }, /--queue 1/],
    [{ preset: '3g', congestion: 'reno' }, /--congestion reno/],
  ] as const
  for (const [words, message] of wrong) t.throws(() => parseFigures(words), { code: 'USAGE', message })
})
