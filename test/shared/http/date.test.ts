// Claims about dates in fields, with the examples of RFC 9110 §5.6.7.
import * as fc from 'fast-check'
import t from 'tap'
import { parseHttpDate } from '../../../shared/http/date.ts'
import { DATE, NOW } from '../sample-version.ts'

t.test('all three forms of one moment are that moment, in whatever time zone this machine is', async t => {
  const zone = process.env['TZ']
  t.teardown(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })
  for (const each of ['UTC', 'America/New_York', 'Asia/Kolkata']) {
    process.env['TZ'] = each
    t.equal(parseHttpDate(DATE), NOW, each)
    t.equal(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT'), NOW, each)
    t.equal(parseHttpDate('Sun Nov  6 08:49:37 1994'), NOW, each)
  }
})

t.test('space around a date is none of it', async t => {
  t.equal(parseHttpDate(` ${DATE} `), NOW)
})

t.test('what is no HTTP-date is none, also when Date.parse takes it', async t => {
  const bad = ['', '0', '-1', '2030', '1994-11-06T08:49:37Z', 'Sun, 06 Nov 1994 08:49:37', `${DATE}; length=5`]
  bad.push(
    'Sun, 06 Nov 1994 08:49:37 EST',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 25:00:00 GMT',
    `${DATE}, ${DATE}`,
  )
  bad.push('sun, 06 nov 1994 08:49:37 gmt', 'Sun, 06 Foo 1994 08:49:37 GMT')
  for (const text of bad) t.equal(parseHttpDate(text), undefined, text)
  t.equal(parseHttpDate(undefined), undefined)
})

t.test('every second that has four digits of a year is read back', async t => {
  const seconds = fc.integer({ min: 0, max: 253_402_300_799 })
  fc.assert(fc.property(seconds, each => parseHttpDate(new Date(each * 1000).toUTCString()) === each * 1000))
  t.pass('read back')
})
