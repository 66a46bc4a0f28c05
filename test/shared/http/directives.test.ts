// Claims about reading Cache-Control, also where it is odd.
import * as fc from 'fast-check'
import t from 'tap'
import { directivesOf, hasDirective, secondsOf, splitList } from '../../../shared/http/directives.ts'
import type { FieldList } from '../../../shared/http/fields.ts'

function says(value: string, ...more: FieldList): FieldList {
  return [['Cache-Control', value], ...more]
}

t.test('directives are found by name, whatever stands around them', async t => {
  for (const value of ['no-cache', 'a, NO-CACHE', 'no-cache="x, y"', ' no-cache ,b', 'a="b, c",no-cache']) {
    t.ok(hasDirective(says(value), 'no-cache'), value)
  }
  for (const value of ['', 'no-cached', 'x-no-cache', 'a="no-cache"', 'a="b, no-cache, c"', 'a=no-cache']) {
    t.notOk(hasDirective(says(value), 'no-cache'), value)
  }
})

t.test('Pragma counts where Cache-Control says nothing, and for no-cache only', async t => {
  t.ok(hasDirective([['Pragma', 'x, No-Cache']], 'no-cache'))
  t.notOk(hasDirective([['Pragma', 'no-store']], 'no-store'))
  t.notOk(hasDirective([['Pragma', 'no-cache'], ...says('max-age=5')], 'no-cache'))
})

t.test('no field takes long to read, however it is quoted', async t => {
  for (const piece of ['a="', 'a="b=\\"', '"', '=,"\\']) {
    const fields = says(piece.repeat(60_000))
    const startedAt = process.cpuUsage().user
    hasDirective(fields, 'public')
    t.ok(process.cpuUsage().user - startedAt < 500_000, piece)
  }
})

t.test('seconds are whole numbers; what is none is 0, and what is huge is 68 years', async t => {
  const seconds = (value: string) => secondsOf(directivesOf(says(value)), 'max-age')
  t.equal(seconds('max-age=60'), 60)
  t.equal(seconds('max-age="60"'), 60)
  t.equal(seconds('max-age=0060'), 60)
  t.equal(seconds('a, max-age=60, max-age=5'), 60)
  t.equal(seconds('max-age=99999999999999999999'), 2 ** 31)
  for (const odd of ["'60'", '-60', '60.5', 'a60', '60a', '', ' 60', '"60', '1e3']) {
    t.equal(seconds(`max-age=${odd}`), 0, odd)
  }
  t.equal(seconds('max-age =60'), 0)
  t.equal(seconds('max-age'), 0)
  t.equal(seconds('x="max-age=60"'), undefined)
})

t.test('quotes without an end hide nothing', async t => {
  t.ok(hasDirective(says('a="b, no-store'), 'no-store'))
  t.ok(hasDirective(says('a="b", c=", no-store'), 'no-store'))
  t.notOk(hasDirective(says('a="\\", no-store, "'), 'no-store'))
})

t.test('arguments come without quotes, lists without empty members', async t => {
  t.equal(directivesOf(says('no-cache="Set-Cookie, x"')).get('no-cache'), 'Set-Cookie, x')
  t.strictSame(splitList('Set-Cookie, ,X,'), ['set-cookie', 'x'])
  t.strictSame(splitList(undefined), [])
})

t.test('whatever the field holds, reading it ends, and a directive that stands first is found', async t => {
  fc.assert(fc.property(fc.string(), rest => hasDirective(says(`no-store,${rest}`), 'no-store')))
  t.pass('found')
})
