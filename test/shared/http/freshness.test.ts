// Claims about reusing stored responses (RFC 9111), at given times.
import t from 'tap'
import { updateFields } from '../../../shared/http/caching.ts'
import { type FieldList, valueOf } from '../../../shared/http/fields.ts'
import { Freshness } from '../../../shared/http/freshness.ts'
import { DATE, get, NOW, ok } from '../sample-version.ts'

const MINUTE = 60_000
const caches = ['shared', 'private'] as const

function freshness(fields: FieldList, cache: 'shared' | 'private' = 'private', request = get()): Freshness {
  return Freshness.of(request, ok(fields), cache, NOW)
}

function says(value: string, ...more: FieldList): FieldList {
  return [['Cache-Control', value], ...more]
}

t.test('a response answers while it is fresh and not a millisecond longer', async t => {
  for (const cache of caches) {
    const minute = freshness(says('max-age=60'), cache)
    t.ok(minute.answers(get(), NOW))
    t.ok(minute.answers(get(), NOW + MINUTE - 1))
    t.notOk(minute.answers(get(), NOW + MINUTE))
  }
})

t.test('the time that is given counts, in any order of calls and for several responses at once', async t => {
  const minute = freshness(says('max-age=60'))
  const hour = freshness(says('max-age=3600'))
  t.notOk(minute.answers(get(), NOW + 2 * MINUTE))
  t.ok(hour.answers(get(), NOW + 2 * MINUTE))
  t.ok(minute.answers(get(), NOW))
  t.equal(hour.ageSeconds(NOW + 90_999), 90)
  t.equal(minute.freshForSeconds(NOW + 500), 59)
})

t.test('lifetimes come from s-maxage, max-age, Expires and Last-Modified, in this order', async t => {
  const expires = 'Sun, 06 Nov 1994 08:59:37 GMT'
  const date: FieldList = [['Date', DATE]]
  const modified: FieldList = [['Last-Modified', 'Sun, 06 Nov 1994 07:09:37 GMT']]
  const lifetime = (fields: FieldList, cache: 'shared' | 'private') => freshness(fields, cache).freshForSeconds(NOW)
  const all: FieldList = [...date, ...modified, ['Expires', expires]]
  t.equal(lifetime([...all, ['Cache-Control', 's-maxage=5, max-age=60']], 'shared'), 5)
  t.equal(lifetime([...all, ['Cache-Control', 's-maxage=5, max-age=60']], 'private'), 60)
  t.equal(lifetime(all, 'shared'), 600)
  t.equal(lifetime([...date, ...modified], 'private'), 600, 'a tenth of 6000 s')
  t.equal(lifetime(date, 'private'), 0)
})

t.test('an Expires that is no date is in the past, and a Date that is none is the time of the request', async t => {
  for (const expires of ['0', '-1', '2030', 'Thu, 01 Jan 2040', '']) {
    t.notOk(freshness([['Expires', expires]]).answers(get(), NOW), expires)
  }
  const fields: FieldList = [
    ['Date', 'today'],
    ['Expires', 'Sun, 06 Nov 1994 08:50:37 GMT'],
  ]
  t.equal(freshness(fields).freshForSeconds(NOW), 60)
})

t.test('dates in asctime’s form are in UTC', async t => {
  const fields: FieldList = [
    ['Date', 'Sun Nov  6 08:49:37 1994'],
    ['Expires', 'Sun Nov  6 08:50:37 1994'],
  ]
  t.equal(freshness(fields).freshForSeconds(NOW), 60)
})

t.test('the age that a response came with counts', async t => {
  const aged = freshness(says('max-age=60', ['Age', '50']))
  t.equal(aged.ageSeconds(NOW + 3_000), 53)
  t.equal(aged.freshForSeconds(NOW), 10)
  t.notOk(aged.answers(get(), NOW + 10_000))
})

t.test('freshness without a word of must-revalidate is as long as with it', async t => {
  for (const cache of caches) {
    for (const more of ['must-revalidate', 'proxy-revalidate', 'immutable']) {
      const minute = freshness(says(`max-age=60, ${more}`), cache)
      t.ok(minute.answers(get(), NOW + MINUTE - 1), `${more}, ${cache}`)
      t.notOk(minute.answers(get(), NOW + MINUTE), `${more}, ${cache}`)
    }
  }
})

t.test('a reload of what is immutable is answered while it is fresh, in the user’s own cache only', async t => {
  const fields = says('max-age=60, immutable')
  const reload = get([['Cache-Control', 'max-age=0']])
  t.ok(freshness(fields).answers(reload, NOW + 1000))
  t.notOk(freshness(fields).answers(reload, NOW + MINUTE), 'stale')
  t.notOk(freshness(fields, 'shared').answers(reload, NOW + 1000), 'for all')
  t.notOk(freshness(says('max-age=60')).answers(reload, NOW + 1000), 'not immutable')
  t.notOk(freshness(fields).answers(get([['Cache-Control', 'no-cache']]), NOW + 1000), 'to be sure')
  t.notOk(freshness(fields).answers(get([['Cache-Control', 'max-age=1']]), NOW + 2000), 'an age of its own')
})

t.test('a stale response answers only a client that takes it so', async t => {
  const allowed = freshness(says('max-age=60, stale-while-revalidate=600, stale-if-error=600'))
  t.notOk(allowed.answers(get(), NOW + MINUTE))
  t.equal(allowed.freshForSeconds(NOW + MINUTE), 0)
  t.equal(allowed.timeToLiveSeconds(NOW + 2 * MINUTE), -60)
  t.equal(allowed.freshForSeconds(NOW), 60)
  const patient = get([['Cache-Control', 'max-stale']])
  t.ok(allowed.answers(patient, NOW + MINUTE))
  t.notOk(freshness(says('no-cache, max-age=60')).answers(patient, NOW))
})

t.test('no-cache, no-store and max-age=0 never answer, in whatever case they are written', async t => {
  for (const value of [
    'no-cache',
    'No-Cache',
    'max-age=0',
    'Max-Age=0',
    'no-store, max-age=60',
    'NO-STORE, max-age=60',
  ]) {
    for (const cache of caches) t.notOk(freshness(says(value), cache).answers(get(), NOW), value)
  }
  t.ok(freshness(says('MAX-AGE="60"')).answers(get(), NOW))
})

t.test('of a directive that is given twice the first counts', async t => {
  t.equal(freshness(says('max-age=5, max-age=60')).freshForSeconds(NOW), 5)
})

t.test('a request that wants the origin’s word does not get the stored one', async t => {
  const minute = freshness(says('max-age=60'))
  const asks = (...fields: FieldList) => minute.answers(get(fields), NOW + 5_000)
  t.notOk(asks(['Cache-Control', 'no-cache']))
  t.notOk(asks(['Pragma', 'no-cache']))
  t.notOk(asks(['Cache-Control', 'max-age=0']))
  t.notOk(asks(['Cache-Control', 'Max-Age=4']))
  t.notOk(asks(['Cache-Control', 'min-fresh=56']))
  t.ok(asks(['Cache-Control', 'max-age=5, min-fresh=55']))
})

t.test('a response answers its own URL and method only', async t => {
  const minute = freshness(says('max-age=60'))
  t.notOk(minute.answers(get([], 'http://site.example/b'), NOW))
  t.notOk(minute.answers({ ...get(), method: 'POST' }, NOW))
})

t.test('what Vary names must be the same, but for Accept-Encoding: contents are kept without coding', async t => {
  const german = get([
    ['Accept-Language', 'de'],
    ['Accept-Encoding', 'gzip'],
  ])
  const varied = freshness(says('max-age=60', ['Vary', 'Accept-Encoding, ACCEPT-LANGUAGE']), 'private', german)
  t.ok(varied.answers(get([['accept-language', 'de']]), NOW))
  t.notOk(varied.answers(get([['Accept-Language', 'en']]), NOW))
  t.notOk(varied.answers(get(), NOW))
  for (const vary of ['*', 'accept-encoding, *']) {
    t.notOk(freshness(says('max-age=60', ['Vary', vary])).answers(get(), NOW), vary)
  }
})

t.test('validators are those of the response, also where a shared cache may not answer with it', async t => {
  const fields: FieldList = [
    ['ETag', 'W/"a"'],
    ['Last-Modified', DATE],
  ]
  const expected = { etag: 'W/"a"', lastModified: DATE }
  for (const cache of caches) {
    for (const value of ['max-age=0', 'private', 'no-cache']) {
      t.strictSame(freshness(says(value, ...fields), cache).validators(get()), expected, `${cache} ${value}`)
    }
    const secret = get([['Authorization', 'x']])
    t.strictSame(freshness(fields, cache, secret).validators(secret), expected, cache)
  }
  t.strictSame(freshness([['Last-Modified', DATE]]).validators(get()), { etag: undefined, lastModified: DATE })
  t.equal(freshness([]).validators(get()), undefined)
})

t.test('the client’s own conditions are no validators of the response', async t => {
  const conditional = get([
    ['If-None-Match', '"client"'],
    ['If-Modified-Since', DATE],
  ])
  t.strictSame(freshness([['ETag', '"a"']]).validators(conditional), { etag: '"a"', lastModified: undefined })
  t.equal(freshness([]).validators(conditional), undefined)
})

t.test('a response that other request fields selected has no validators for this request', async t => {
  const varied = freshness([
    ['Vary', 'Cookie'],
    ['ETag', '"a"'],
  ])
  t.ok(varied.validators(get()))
  t.equal(varied.validators(get([['Cookie', 'user=2']])), undefined)
})

t.test('after a 304 a response is as old as the 304, not as it was before', async t => {
  const stored = says('max-age=60', ['Age', '59'], ['Date', DATE], ['Expires', DATE])
  const updated = updateFields(stored, [['ETag', '"a"']])
  t.equal(valueOf(updated, 'age'), undefined)
  t.equal(freshness(updated).freshForSeconds(NOW), 60)
  t.equal(valueOf(updateFields(stored, [['Age', '7']]), 'age'), '7')
  const lasting: FieldList = [
    ['Date', DATE],
    ['Expires', 'Sun, 06 Nov 1994 08:50:37 GMT'],
  ]
  const later = Freshness.of(get(), ok(updateFields(lasting, [])), 'private', NOW + MINUTE)
  t.notOk(later.answers(get(), NOW + MINUTE))
})

t.test(
  'stale-while-revalidate answers for as long as it says, unless the client or the origin wants a word',
  async t => {
    const page = freshness(says('max-age=60, stale-while-revalidate=30'))
    const kind = (fields: FieldList, now: number) => page.reuse(get(fields), now).kind
    t.equal(kind([], NOW + MINUTE - 1), 'fresh')
    t.equal(kind([], NOW + MINUTE), 'revalidate')
    t.equal(kind([], NOW + 90_000), 'validate')
    t.equal(kind(says('max-age=100'), NOW + MINUTE), 'validate')
    for (const more of ['must-revalidate', 'no-cache']) {
      const strict = freshness(says(`max-age=60, stale-while-revalidate=30, ${more}`))
      t.equal(strict.reuse(get(), NOW + MINUTE).kind, 'validate', more)
    }
    for (const more of ['proxy-revalidate', 's-maxage=60']) {
      const fields = says(`max-age=60, stale-while-revalidate=30, ${more}`)
      t.equal(freshness(fields, 'shared').reuse(get(), NOW + MINUTE).kind, 'validate', more)
      t.equal(freshness(fields, 'private').reuse(get(), NOW + MINUTE).kind, 'revalidate', more)
    }
  },
)

t.test('what stands in for an origin that cannot be asked was fresh once, and is not forbidden to', async t => {
  const late = NOW + 100 * MINUTE
  const stands = (value: string, request = get(), cache: 'shared' | 'private' = 'private', now = late) => {
    const reuse = freshness(says(value), cache).reuse(request, now)
    return reuse.kind === 'validate' && [reuse.ifUnreachable, reuse.ifError]
  }
  t.strictSame(stands('max-age=60'), [true, false])
  t.strictSame(stands('max-age=0'), [false, false])
  t.strictSame(stands('max-age=60, stale-if-error=9999'), [true, true])
  t.strictSame(stands('max-age=0, stale-if-error=9999'), [true, true])
  t.strictSame(stands('max-age=60, stale-if-error=60'), [false, false], 'the origin says how long')
  t.strictSame(stands('max-age=60', get(says('stale-if-error=9999'))), [true, true], 'the client says so')
  t.strictSame(stands('max-age=60', get(says('no-cache'))), [false, false])
  for (const value of ['max-age=60, must-revalidate', 'no-cache, max-age=60'])
    t.strictSame(stands(value), [false, false])
  for (const value of ['max-age=60, proxy-revalidate', 's-maxage=60']) {
    t.strictSame(stands(value, get(), 'shared'), [false, false], value)
  }
})

t.test('max-stale takes what is stale by no more than it says', async t => {
  const page = freshness(says('max-age=60'))
  const kind = (value: string, now: number) => page.reuse(get(says(value)), now).kind
  t.equal(kind('max-stale=30', NOW + 90_000), 'stale')
  t.equal(kind('max-stale=30', NOW + 90_001), 'validate')
  t.equal(kind('max-stale', NOW + 1000 * MINUTE), 'stale')
  t.equal(kind('max-stale=x', NOW + 90_000), 'validate')
  t.equal(kind('max-stale, max-age=60', NOW + 90_000), 'validate')
  for (const more of ['must-revalidate', 'no-cache']) {
    const strict = freshness(says(`max-age=60, ${more}`))
    t.notOk(strict.answers(get(says('max-stale')), NOW + 90_000), more)
  }
})

t.test('what was invalidated answers nobody, and keeps its validators', async t => {
  const page = freshness(says('max-age=60, stale-if-error=600', ['ETag', '"a"'])).invalidated()
  t.strictSame(page.reuse(get(), NOW), { kind: 'validate', ifUnreachable: false, ifError: false })
  t.ok(page.validators(get()))
})

t.test('a shared cache answers with credentials, cookies and private only as the origin says', async t => {
  const secret = get([['Authorization', 'x']])
  const answers = (value: string, request = get(), ...more: FieldList) => {
    return caches.map(cache => freshness(says(`max-age=60, ${value}`, ...more), cache, request).answers(request, NOW))
  }
  t.strictSame(answers('x', secret), [false, true])
  for (const value of ['public', 's-maxage=60', 'must-revalidate'])
    t.strictSame(answers(value, secret), [true, true], value)
  t.strictSame(answers('private'), [false, true])
  t.strictSame(answers('private="x"'), [false, true])
})

t.test('what sets a cookie sets it for one: only in words is it for who asks next, in either cache', async t => {
  for (const cache of caches) {
    const answers = (value: string) => freshness(says(value, ['Set-Cookie', 'a=1']), cache).answers(get(), NOW)
    t.notOk(answers('max-age=60'))
    t.ok(answers('max-age=60, public'))
    t.ok(answers('max-age=60, no-cache="set-cookie"'), 'and is not served')
  }
})

t.test('what was made for a cookie or credentials, or is private, answers only who sends the same ones', async t => {
  const ann = get([['Cookie', 'user=ann']])
  const robert = get([['Cookie', 'user=robert']])
  const strangers = [get(), robert, get([...ann.fields, ['Authorization', 'Basic x']])]
  const minute = 'max-age=60'
  for (const cache of caches) {
    const page = freshness(says(minute, ['ETag', '"1"']), cache, ann)
    t.ok(page.answers(ann, NOW))
    for (const stranger of strangers) {
      t.notOk(page.answers(stranger, NOW))
      t.equal(page.validators(stranger), undefined, 'nor is it confirmed for them')
    }
    t.ok(freshness(says(`${minute}, public`), cache, ann).answers(robert, NOW), 'for all, in words')
    t.ok(freshness(says(minute), cache).answers(ann, NOW), 'what was made for nobody is for all')
    const again = Freshness.restore(page.facts, ok(says(minute)))
    t.strictSame([again.answers(ann, NOW), again.answers(robert, NOW)], [true, false], 'also when it was written down')
  }
  const secret = freshness(says(`${minute}, private`))
  t.strictSame([secret.answers(get(), NOW), secret.answers(ann, NOW)], [true, false])
})

t.test('no-cache with names answers without those fields', async t => {
  const fields = says('max-age=60, no-cache="Set-Cookie, x"', ['Set-Cookie', 'a=1'], ['X', '1'], ['Y', '2'])
  const page = freshness(fields)
  t.ok(page.answers(get(), NOW))
  t.strictSame(page.fieldsToServe(fields, NOW + 7_000).slice(1), [
    ['Y', '2'],
    ['Age', '7'],
  ])
})

t.test('HEAD is answered by what GET brought, and nothing else by another method', async t => {
  const page = freshness(says('max-age=60'))
  t.ok(page.answers({ ...get(), method: 'HEAD' }, NOW))
  t.notOk(page.answers({ ...get(), method: 'POST' }, NOW))
})

t.test('whether it was fresh when it came does not depend on now', async t => {
  t.ok(freshness(says('max-age=60')).isForAWhile)
  for (const value of ['max-age=0', 'no-cache, max-age=60', 'x']) t.notOk(freshness(says(value)).isForAWhile, value)
  t.notOk(freshness(says('max-age=60', ['Age', '60'])).isForAWhile)
})

t.test(
  'what was written down of a response gives the same rules again, and none of the request it need not',
  async t => {
    const request = get([
      ['Authorization', 'Basic c2VjcmV0'],
      ['Cookie', 'session=secret'],
      ['Accept-Language', 'de'],
    ])
    const response = ok([
      ['Vary', 'Accept-Language'],
      ['Cache-Control', 'max-age=60'],
    ])
    for (const cache of ['private', 'shared'] as const) {
      for (const before of [
        Freshness.of(request, response, cache, NOW),
        Freshness.of(request, response, cache, NOW).invalidated(),
      ]) {
        const text = JSON.stringify(before.facts)
        t.notMatch(text, /secret|c2VjcmV0/)
        const after = Freshness.restore(JSON.parse(text), response)
        for (const asked of [request, get([['Accept-Language', 'de']]), get([['Accept-Language', 'en']])]) {
          for (const later of [0, 59_000, 61_000]) {
            t.strictSame(after.reuse(asked, NOW + later), before.reuse(asked, NOW + later))
            t.equal(after.selects(asked), before.selects(asked))
          }
        }
      }
    }
  },
)
