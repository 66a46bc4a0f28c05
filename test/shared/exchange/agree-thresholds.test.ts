// Claims about whose word counts for which threshold.
import t from 'tap'
import { readConfig } from '../../../shared/config/read-config.ts'
import { agreeThresholds, thresholdsToSay } from '../../../shared/exchange/agree-thresholds.ts'
import { thresholds } from '../sample-version.ts'

t.test('what near does not say is as far has it', async t => {
  t.strictSame(agreeThresholds(thresholds, {}), thresholds)
})

t.test('near says only what is not the default, because each word costs bytes on the uplink', async t => {
  const own = readConfig('near', { argv: [], env: { HOME: '/home/u' } }).thresholds
  t.strictSame(thresholdsToSay(own), {})
  t.strictSame(thresholdsToSay({ ...own, maxDeltaRatio: 0.5, deltaEffort: 5, speculation: 'off' }), {
    maxDeltaRatio: 0.5,
    deltaEffort: 5,
  })
})

t.test('sizes stay within what both allow', async t => {
  const { minBaseBytes, maxBaseBytes } = thresholds
  const wider = agreeThresholds(thresholds, { minBaseBytes: minBaseBytes - 1, maxBaseBytes: maxBaseBytes + 1 })
  t.match(wider, { minBaseBytes, maxBaseBytes })
  const closer = { minBaseBytes: minBaseBytes + 1, maxBaseBytes: maxBaseBytes - 1 }
  t.match(agreeThresholds(thresholds, closer), closer)
})

t.test('what the link is worth is for near to say', async t => {
  const asked = { maxDeltaRatio: 1, minExpectedGainMs: 0, maxWastePercent: 100 }
  t.match(agreeThresholds(thresholds, asked), asked)
})

t.test('far gives no more effort than it is set to', async t => {
  const effort = (own: 'auto' | 2 | 4, asked: 'auto' | 1 | 3 | 5) =>
    agreeThresholds({ ...thresholds, deltaEffort: own }, { deltaEffort: asked }).deltaEffort
  t.equal(effort('auto', 5), 5)
  t.equal(effort('auto', 'auto'), 'auto')
  t.equal(effort(2, 5), 2)
  t.equal(effort(4, 3), 3)
  t.equal(effort(2, 'auto'), 2)
})
