// Claims about how long responses are fresh and how old they come (RFC 9111 §4.2).
import t from 'tap'
import type { FieldList } from '../../../shared/http/fields.ts'
import { hasLifetime, initialAgeSeconds, lifetimeSeconds } from '../../../shared/http/lifetime.ts'
import { DATE, NOW, ok } from '../sample-version.ts'

const HOUR_EARLIER = 'Sun, 06 Nov 1994 07:49:37 GMT'

t.test('a number that cannot be read is no freshness, whatever else is said', async t => {
  const expires: FieldList = [['Expires', 'Sun, 06 Nov 1994 09:49:37 GMT']]
  const seconds = (value: string, cache: 'shared' | 'private' = 'private') => {
    return lifetimeSeconds(ok([...expires, ['Cache-Control', value]]), cache, NOW)
  }
  t.equal(seconds('x'), 3600)
  for (const value of ['max-age=-5', 'max-age=1.5', 'max-age', "max-age='5'"]) t.equal(seconds(value), 0, value)
  t.equal(seconds('s-maxage=x, max-age=5', 'shared'), 0)
  t.equal(seconds('s-maxage=x, max-age=5', 'private'), 5)
})

t.test('two dates in Expires are none', async t => {
  const late = 'Sun, 06 Nov 1994 09:49:37 GMT'
  t.equal(
    lifetimeSeconds(
      ok([
        ['Expires', late],
        ['Expires', late],
      ]),
      'private',
      NOW,
    ),
    0,
  )
})

t.test('freshness is guessed from Last-Modified for statuses that allow it, and for a week at most', async t => {
  const fields: FieldList = [
    ['Date', DATE],
    ['Last-Modified', HOUR_EARLIER],
  ]
  const guessed = (status: number, more: FieldList = []) => {
    return lifetimeSeconds({ status, fields: [...fields, ...more] }, 'private', NOW)
  }
  for (const status of [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
    t.equal(guessed(status), 360, `${status}`)
  for (const status of [201, 202, 302, 307, 403, 500, 502, 503, 504, 599]) t.equal(guessed(status), 0, `${status}`)
  t.equal(guessed(599, [['Cache-Control', 'public']]), 360)
  const old: FieldList = [['Last-Modified', 'Sun, 06 Nov 1983 07:49:37 GMT']]
  t.equal(lifetimeSeconds(ok(old), 'private', NOW), 7 * 24 * 3600)
  t.equal(lifetimeSeconds(ok([['Last-Modified', 'Sun, 06 Nov 2094 07:49:37 GMT']]), 'private', NOW), 0)
})

t.test('of several ages the first counts, and what is none is passed over', async t => {
  const age = (...values: string[]) =>
    initialAgeSeconds(
      values.map(value => ['Age', value] as const),
      'private',
      NOW,
    )
  t.equal(age('7200'), 7200)
  t.equal(age('7200', '0'), 7200)
  t.equal(age('0, 7200'), 0)
  for (const odd of ['-5', '7200a', '7200.0', 'a', '', '7200;x=1']) t.equal(age(odd), 0, odd)
  t.equal(age('99999999999999'), 2 ** 31)
})

t.test('far counts from the origin’s Date too, near does not trust its own clock for that', async t => {
  const fields: FieldList = [
    ['Date', HOUR_EARLIER],
    ['Age', '7'],
  ]
  t.equal(initialAgeSeconds(fields, 'shared', NOW), 3600)
  t.equal(initialAgeSeconds(fields, 'private', NOW), 7)
  t.equal(initialAgeSeconds([['Date', DATE]], 'shared', NOW - 60_000), 0)
})

t.test('a response has a lifetime when either kind of cache finds one', async t => {
  for (const value of ['max-age=1', 's-maxage=1']) t.ok(hasLifetime(ok([['Cache-Control', value]])), value)
  t.notOk(hasLifetime(ok([['Cache-Control', 'max-age=0']])))
  t.notOk(hasLifetime(ok([])))
})
