// Claims about the model of the link: what an exchange takes alone, beside others, and with what was sent ahead.
import t from 'tap'
import { defaultThresholds } from '../../../shared/exchange/trace-line.ts'
import type { ExchangeFacts } from '../../../shared/replay/facts.ts'
import { byHindsight, byThresholds, type LinkModel, replay } from '../../../shared/replay/replay.ts'

const link: LinkModel = { roundTripMs: 200, bytesPerMs: 10, overheadMs: 5, lagMs: 0 }
const whole: ExchangeFacts = {
  at: 0,
  site: 'a',
  url: 'b',
  measuredMs: 0,
  isAsked: true,
  waitMs: 100,
  contentMs: 0,
  wholeBytes: 1000,
  deltaBytes: undefined,
  common: false,
  candidate: undefined,
  baseBytes: 0,
  staleBytes: 0,
  contentBytes: 4000,
  word: undefined,
  thresholds: defaultThresholds(),
}
const expected = { gainMs: 100, sentBytes: 1000, wastedBytes: 100 }
const candidate = { sizeBytes: 4000, wireBytes: 1000, expected }
const stale: ExchangeFacts = { ...whole, candidate, baseBytes: 1000, staleBytes: 100 }
const today = byThresholds(({ thresholds }) => thresholds)
const timesOf = (...run: readonly ExchangeFacts[]) => replay(run, link, today).map(({ totalMs }) => totalMs)

t.test('alone, an exchange takes round trip, wait, bytes and what programs take', async t => {
  t.strictSame(timesOf(whole), [200 + 100 + 100 + 5])
  t.strictSame(timesOf({ ...whole, deltaBytes: 50, common: true }), [200 + 100 + 5 + 5])
  t.strictSame(timesOf({ ...whole, deltaBytes: 900, common: true }), [405], 'such a delta is not sent')
  t.strictSame(timesOf({ ...whole, isAsked: false, measuredMs: 3 }), [3])
  t.strictSame(timesOf({ ...whole, contentMs: 700 }), [200 + 100 + 700 + 5], 'an origin may make its content slowly')
})

t.test('contents that come together share the link', async t => {
  t.strictSame(timesOf(whole, whole), [505, 505])
  t.strictSame(timesOf(whole, { ...whole, at: 50 }), [455, 455])
})

t.test('what was sent ahead is missing no more', async t => {
  const [all] = replay([stale], link, today)
  t.match(all, { speculates: true, baseBytes: 1000, restBytes: 100, wastedBytes: 100, totalMs: 200 + 100 + 10 + 5 })
  const [half] = replay([{ ...stale, waitMs: 50 }], link, today)
  t.match(half, { baseBytes: 500, restBytes: 550, totalMs: 200 + 50 + 55 + 5 })
  const [confirmed] = replay([{ ...stale, staleBytes: 0, waitMs: 50 }], link, today)
  t.match(confirmed, { restBytes: 500, wastedBytes: 0 })
  const off = { ...stale, thresholds: { ...whole.thresholds, speculation: 'off' } as const }
  t.strictSame(timesOf(off), [405])
})

t.test('what is sent ahead has only what others leave of the link', async t => {
  const [, ahead] = replay(
    [
      { ...whole, waitMs: 0 },
      { ...stale, waitMs: 100 },
    ],
    link,
    today,
  )
  t.equal(ahead?.baseBytes, 0)
})

t.test('what is under way keeps an answer', async t => {
  const [late] = replay([{ ...stale, waitMs: 50 }], { ...link, lagMs: 20 }, today)
  t.equal(late?.totalMs, 200 + 50 + 20 + 55 + 5)
})

t.test('with hindsight nothing is sent that is of no use', async t => {
  const useless = { ...stale, staleBytes: 1000 }
  t.strictSame(
    replay([stale, useless], link, byHindsight).map(({ speculates }) => speculates),
    [true, false],
  )
})
