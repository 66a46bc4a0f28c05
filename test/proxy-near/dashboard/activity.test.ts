// Claims about what is summed and remembered of exchanges.
import t from 'tap'
import { Activity, estimateSavedMs } from '../../../proxy-near/dashboard/activity.ts'
import type { Exchange } from '../../../proxy-near/exchange-log.ts'
import { wastedBytes } from '../../../shared/exchange/ledger.ts'

const noon = new Date(2026, 10, 23, 12).getTime()
const link = { bandwidthBytesPerSecond: 1000, roundTripMs: 200 }

function exchange(more: Partial<Exchange>): Exchange {
  return { method: 'GET', url: 'http://site.example/a', startedAt: noon, ...more }
}

t.test('sums are kept since the start, of today, of now, and by site', async t => {
  const activity = new Activity(noon)
  const delta = { way: 'delta', deltaBytes: 100, savedBytes: 900, contentBytes: 5000 } as const
  activity.note(exchange(delta), link, undefined, noon + 500)
  const tomorrow = noon + 86_400_000
  activity.note(exchange({ ...delta, url: 'site.example:443', startedAt: tomorrow }), link, undefined, tomorrow + 1)
  activity.note(exchange({ url: 'http://other.example:81/', startedAt: tomorrow }), link, 'LINK_CLOSED', tomorrow + 1)
  t.match(activity.total, { requests: 3, failures: 1, linkBytes: 200, savedBytes: 1800, savedMs: 1800 })
  t.match(activity.today(tomorrow), { requests: 2, savedBytes: 900 })
  t.match(activity.latest(tomorrow), { requests: 2 })
  t.match(activity.latest(tomorrow + 300_001), { requests: 0 })
  t.match(activity.sites, [
    { site: 'other.example:81', requests: 1, failures: 1 },
    { site: 'site.example', requests: 2, ways: { delta: 2 } },
  ])
  t.strictSame(activity.ways, { delta: 2 })
})

t.test('those who listen hear of each exchange until they stop', async t => {
  const activity = new Activity(noon)
  const heard: number[] = []
  const stop = activity.listen(({ id }) => heard.push(id))
  activity.note(exchange({}), link, undefined, noon)
  activity.note(exchange({}), link, undefined, noon)
  stop()
  activity.note(exchange({}), link, undefined, noon)
  t.strictSame(heard, [1, 2])
  t.strictSame(
    activity.last.map(({ id }) => id),
    [3, 2, 1],
  )
})

t.test('only the last five hundred exchanges are remembered one by one', async t => {
  const activity = new Activity(noon)
  for (let count = 0; count < 600; count++) activity.note(exchange({}), link, undefined, noon)
  t.equal(activity.last.length, 500)
  t.equal(activity.last[0]?.id, 600)
  t.equal(activity.total.requests, 600)
})

t.test('a speculation costs bytes and no time: it came while nothing else did', async t => {
  const corrected = exchange({ way: 'corrected', baseBytes: 1000, deltaBytes: 100, savedBytes: -100 })
  t.equal(estimateSavedMs(corrected, link), 900)
  t.equal(wastedBytes(corrected), 100)
  t.equal(estimateSavedMs(exchange({ way: 'confirmed', baseBytes: 1000, savedBytes: 0 }), link), 1000)
  t.equal(wastedBytes(exchange({ way: 'confirmed', baseBytes: 1000, savedBytes: 0 })), 0)
  t.equal(wastedBytes(exchange({ way: 'abandoned', baseBytes: 700, savedBytes: -700 })), 700)
})

t.test('what is fresh saves the round trip as well', async t => {
  t.equal(estimateSavedMs(exchange({ way: 'fresh', savedBytes: 500 }), link), 700)
  t.equal(estimateSavedMs(exchange({ way: 'fresh', contentBytes: 4000 }), link), 1200)
})

t.test('without a measured link nothing is claimed', async t => {
  t.equal(
    estimateSavedMs(exchange({ way: 'fresh', savedBytes: 500 }), {
      bandwidthBytesPerSecond: undefined,
      roundTripMs: 1,
    }),
    0,
  )
})
