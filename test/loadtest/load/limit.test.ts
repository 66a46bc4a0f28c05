// Claims about the physical limit of an exchange.
import t from 'tap'
import { limitOf } from '../../../loadtest/load/limit.ts'
import { presetFigures } from '../../../loadtest/link/presets.ts'

const link = { ...presetFigures('modem-28.8'), downBitsPerSecond: 8000, upBitsPerSecond: 8000, roundTripMs: 200 }
const facts = { link, askBytes: 100, originWaitMs: 1000, fewestBytes: 500, wholeBytes: 4000, baseBytes: 0 }

t.test('without a base the limit is ask, round trip, wait and the fewest bytes', async t => {
  // 1 byte a millisecond both ways.
  t.same(limitOf(facts), {
    firstByteMs: 100 + 200 + 1000 + 60,
    lastByteMs: 100 + 200 + 1000 + 60 + 500,
    usableIdleBytes: 0,
  })
})

t.test('a base that fits into the wait leaves only the delta', async t => {
  const { lastByteMs, usableIdleBytes } = limitOf({ ...facts, baseBytes: 1000 })
  t.equal(usableIdleBytes, 1000)
  t.equal(lastByteMs, 1300 + 60 + 500)
})

t.test('of a base that does not fit, the missing share comes as its share of the whole', async t => {
  const { lastByteMs, usableIdleBytes } = limitOf({ ...facts, baseBytes: 2000 })
  t.equal(usableIdleBytes, 1000)
  t.equal(lastByteMs, 1300 + 60 + 500 + 2000)
})

t.test('the rest is never more than the whole', async t => {
  t.equal(limitOf({ ...facts, fewestBytes: 3900, baseBytes: 8000 }).lastByteMs, 1300 + 60 + 4000)
})
