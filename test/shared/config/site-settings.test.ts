// Claims about settings of single sites: how they are written, refused, and which of them holds for a host.
import t from 'tap'
import { parseSites, parseThresholds, settingsOf } from '../../../shared/config/site-settings.ts'
import { thresholds } from '../sample-version.ts'

t.test('a site has a policy and thresholds of its own', async t => {
  const sites = parseSites({ 'news.example': { policy: 'tunnel', maxDeltaRatio: 0.5, maxBaseBytes: '1MiB' } }, 'sites')
  t.strictSame(
    sites,
    new Map([['news.example', { policy: 'tunnel', thresholds: { maxDeltaRatio: 0.5, maxBaseBytes: 1024 ** 2 } }]]),
  )
})

t.test('the host itself beats what is above it, and the longer pattern the shorter', async t => {
  const sites = parseSites(
    {
      '*.example': { minExpectedGainMs: 1 },
      '*.site.example': { minExpectedGainMs: 2 },
      'a.site.example': { minExpectedGainMs: 3 },
    },
    'sites',
  )
  const gain = (host: string) => settingsOf(host, sites, thresholds).thresholds.minExpectedGainMs
  t.equal(gain('a.site.example'), 3)
  t.equal(gain('b.site.example'), 2)
  t.equal(gain('c.example'), 1)
  t.equal(gain('elsewhere.test'), thresholds.minExpectedGainMs)
})

t.test('no speculation is a policy, whatever the threshold says', async t => {
  const sites = parseSites({ 'a.example': { policy: 'no-speculation', speculation: 'latency' } }, 'sites')
  t.equal(settingsOf('a.example', sites, thresholds).thresholds.speculation, 'off')
  t.equal(settingsOf('b.example', sites, thresholds).thresholds.speculation, thresholds.speculation)
})

t.test('what does not fit is refused, and where it stands is said', async t => {
  for (const [value, message] of [
    [[], /sites is not a JSON object/],
    [{ 'a b': {} }, /"a b" is not a host/],
    [{ 'a.example,b.example': {} }, /is not a host/],
    [{ 'a.example': 'tunnel' }, /sites\.a\.example is not a JSON object/],
    [{ 'a.example': { policy: 'off' } }, /policy "off" is not one of on, no-speculation, tunnel, bypass/],
    [{ 'a.example': { maxDeltaRation: 1 } }, /no threshold maxDeltaRation\. .*maxDeltaRatio/],
    [{ 'a.example': { maxDeltaRatio: 2 } }, /maxDeltaRatio 2 is not a number from 0 to 1/],
    [{ 'a.example': { maxDeltaRatio: [] } }, /maxDeltaRatio \[\] is not/],
  ] as const) {
    t.throws(() => parseSites(value, 'sites'), { code: 'CONFIG', message })
  }
  t.throws(() => parseThresholds({ speculation: 'always' }, 'thresholds'), { code: 'CONFIG', message: /"always"/ })
})
