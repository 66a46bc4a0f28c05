// Claims about conditional requests: what the origin is asked, whom a 304 confirms, what the client gets.
import * as fc from 'fast-check'
import t from 'tap'
import {
  becomesNotModified,
  hasCondition,
  hasSameValidators,
  isConfirmedBy,
  type Validators,
  withValidators,
} from '../../../shared/http/conditional.ts'
import { type FieldList, valueOf } from '../../../shared/http/fields.ts'
import { DATE } from '../sample-version.ts'

const LATER = 'Sun, 06 Nov 1994 08:49:38 GMT'
const tagged: Validators = { etag: '"held"', lastModified: DATE }
const dated: Validators = { etag: undefined, lastModified: DATE }
const bare: Validators = { etag: undefined, lastModified: undefined }

const clientTag: FieldList = [['If-None-Match', '"client", W/"other"']]
const clientDate: FieldList = [['if-modified-since', LATER]]
const clientBoth: FieldList = [...clientTag, ...clientDate]
const unconditional: FieldList = [['Accept', '*/*']]

t.test('a held tag takes the place of all conditions of the client', async t => {
  for (const fields of [unconditional, clientTag, clientDate, clientBoth, [['If-None-Match', '*']] as FieldList]) {
    const sent = withValidators(fields, tagged)
    t.equal(valueOf(sent, 'if-none-match'), '"held"')
    t.equal(valueOf(sent, 'if-modified-since'), undefined)
    t.equal(valueOf(sent, 'accept'), valueOf(fields, 'accept'))
  }
})

t.test('a held date takes the place of the client’s date, but not of its tags', async t => {
  t.equal(valueOf(withValidators(unconditional, dated), 'if-modified-since'), DATE)
  t.equal(valueOf(withValidators(clientDate, dated), 'if-modified-since'), DATE)
  t.strictSame(withValidators(clientTag, dated), clientTag)
  t.strictSame(withValidators(clientBoth, dated), clientBoth)
})

t.test('nothing held leaves the request as it is', async t => {
  for (const fields of [unconditional, clientTag, clientDate]) t.strictSame(withValidators(fields, bare), fields)
})

t.test('a 304 without a tag confirms the held version exactly where the origin was asked about it', async t => {
  for (const fields of [unconditional, clientTag, clientDate, clientBoth]) t.ok(isConfirmedBy([], tagged, fields))
  for (const fields of [unconditional, clientDate]) t.ok(isConfirmedBy([], dated, fields))
  for (const fields of [clientTag, clientBoth]) t.notOk(isConfirmedBy([], dated, fields))
  for (const fields of [unconditional, clientTag, clientDate]) t.notOk(isConfirmedBy([], bare, fields))
})

t.test('a 304 that names a tag confirms the version of that tag only, weak or strong', async t => {
  const named = (etag: string): FieldList => [['ETag', etag]]
  t.ok(isConfirmedBy(named('"held"'), tagged, unconditional))
  t.ok(isConfirmedBy(named('W/"held"'), tagged, clientTag))
  t.ok(isConfirmedBy(named('"held"'), { ...tagged, etag: 'W/"held"' }, unconditional))
  t.notOk(isConfirmedBy(named('"client"'), tagged, clientTag))
  t.notOk(isConfirmedBy(named('"HELD"'), tagged, unconditional))
  t.ok(isConfirmedBy(named('"new"'), dated, unconditional), 'a version without a tag was asked about by its date')
})

t.test('one request never asks about two contents, so that a 304 is never a riddle', async t => {
  const list = fc.array(fc.constantFrom(...clientBoth, ...unconditional), { maxLength: 4 })
  const held = fc.constantFrom(tagged, dated, bare)
  fc.assert(
    fc.property(list, held, (fields, validators) => {
      const sent = withValidators(fields, validators)
      const isAskedAboutHeld = isConfirmedBy([], validators, fields)
      const isAskedAboutClients = ['"client"', LATER].some(each =>
        sent.some(([name, value]) => {
          // A date beside tags is not looked at (RFC 9110 §13.1.3).
          const counts = name.toLowerCase() === 'if-none-match' || valueOf(sent, 'if-none-match') === undefined
          return counts && value.includes(each)
        }),
      )
      return !(isAskedAboutHeld && isAskedAboutClients)
    }),
  )
  t.pass('never')
})

t.test('a tag of the client’s list makes the response a 304, compared weakly', async t => {
  const is = (ifNoneMatch: string, etag: string) =>
    becomesNotModified([['If-None-Match', ifNoneMatch]], [['ETag', etag]])
  t.ok(is('"a"', '"a"'))
  t.ok(is('W/"a"', '"a"'))
  t.ok(is('"a"', 'W/"a"'))
  t.ok(is('"x", W/"a" ,"y"', '"a"'))
  t.ok(is('"comma, inside", "a"', '"comma, inside"'))
  t.ok(is('""', '""'))
  t.ok(is(' * ', '"a"'))
  t.notOk(is('"A"', '"a"'))
  t.notOk(is('"xa"', '"a"'))
  t.notOk(is('"ax"', '"a"'))
  t.notOk(is('"*"', '"a"'))
  t.notOk(is('a', '"a"'), 'a tag without quotes is none')
  t.notOk(is('', '"a"'))
})

t.test('lines of tags are one list', async t => {
  const fields: FieldList = [
    ['If-None-Match', '"x"'],
    ['if-none-match', '"a"'],
  ]
  t.ok(becomesNotModified(fields, [['ETag', '"a"']]))
})

t.test('any response meets *, one without a tag meets no list', async t => {
  t.ok(becomesNotModified([['If-None-Match', '*']], []))
  t.notOk(becomesNotModified([['If-None-Match', '"a"']], []))
})

t.test('a date makes the response a 304 when it was modified no later', async t => {
  const is = (since: string, modified: string) =>
    becomesNotModified([['If-Modified-Since', since]], [['Last-Modified', modified]])
  t.ok(is(DATE, DATE))
  t.ok(is(LATER, DATE))
  t.notOk(is(DATE, LATER))
  t.ok(is('Sun Nov  6 08:49:37 1994', DATE), 'asctime’s form is in UTC')
  t.notOk(is('Sun Nov  6 08:49:36 1994', DATE))
})

t.test('what is no HTTP-date is no condition', async t => {
  for (const since of ['', 'yesterday', '2030-01-01', '2030', `${LATER}; length=1`]) {
    t.notOk(becomesNotModified([['If-Modified-Since', since]], [['Last-Modified', DATE]]), since)
  }
  t.notOk(becomesNotModified(clientDate, []))
  t.notOk(becomesNotModified(clientDate, [['Last-Modified', '0']]))
})

t.test('tags come before dates: a date that would do does not help a tag that does not', async t => {
  const response: FieldList = [
    ['ETag', '"new"'],
    ['Last-Modified', DATE],
  ]
  t.notOk(becomesNotModified(clientBoth, response))
  t.ok(becomesNotModified(clientDate, response))
  t.notOk(becomesNotModified(unconditional, response))
})

t.test('only what a 304 can answer is such a condition', async t => {
  t.ok(hasCondition(clientTag))
  t.ok(hasCondition(clientDate))
  t.notOk(hasCondition([['If-Match', '"a"']]))
  t.notOk(hasCondition([['If-Range', '"a"']]))
})

t.test('a tag that lacks its quotes is met by the same one only', async t => {
  const asks = (tag: string): FieldList => [['If-None-Match', tag]]
  t.ok(becomesNotModified(asks('abc'), [['ETag', 'abc']]))
  t.ok(becomesNotModified(asks('"x", abc'), [['ETag', 'abc']]))
  t.notOk(becomesNotModified(asks('abc'), [['ETag', '"abc"']]))
  t.notOk(becomesNotModified(asks('ab'), [['ETag', 'abc']]))
})

t.test('what does not say when it was modified was so when it was made', async t => {
  t.ok(becomesNotModified([['If-Modified-Since', LATER]], [['Date', DATE]]))
  t.notOk(becomesNotModified([['If-Modified-Since', DATE]], [['Date', LATER]]))
})

t.test('validators are the same when all that are named are, whether the tag became weak or not', async t => {
  const held: FieldList = [
    ['ETag', 'W/"1"'],
    ['Last-Modified', 'Sun, 06 Nov 1994 08:49:37 GMT'],
  ]
  t.ok(hasSameValidators([], held))
  t.ok(hasSameValidators([['ETag', '"1"']], held))
  t.ok(hasSameValidators(held, held))
  t.notOk(hasSameValidators([['ETag', '"2"']], held))
  t.notOk(hasSameValidators([['Last-Modified', 'Sun, 06 Nov 1994 08:49:38 GMT']], held))
  t.notOk(hasSameValidators([['ETag', '"1"']], []))
})
