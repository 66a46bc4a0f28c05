// Claims about storing and reusing responses (RFC 9111), at given times.
import * as fc from 'fast-check'
import t from 'tap'
import { Freshness, hasDirective, isPublic, mayKeep, updateFields } from '../../../shared/http/caching.ts'
import { type FieldList, valueOf } from '../../../shared/http/fields.ts'
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

t.test('a stale response never answers, whatever client or origin would put up with', async t => {
  const allowed = freshness(says('max-age=60, stale-while-revalidate=600, stale-if-error=600'))
  t.notOk(allowed.answers(get(), NOW + MINUTE))
  t.equal(allowed.freshForSeconds(NOW + MINUTE), 0)
  t.equal(allowed.freshForSeconds(NOW), 60)
  const patient = get([['Cache-Control', 'max-stale']])
  t.notOk(allowed.answers(patient, NOW + MINUTE))
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
      t.strictSame(freshness(says(value, ...fields), cache).validators(get(), NOW), expected, `${cache} ${value}`)
    }
    const secret = get([['Authorization', 'x']])
    t.strictSame(freshness(fields, cache, secret).validators(secret, NOW), expected, cache)
  }
  t.strictSame(freshness([['Last-Modified', DATE]]).validators(get(), NOW), { etag: undefined, lastModified: DATE })
  t.equal(freshness([]).validators(get(), NOW), undefined)
})

t.test('the client’s own conditions are no validators of the response', async t => {
  const conditional = get([
    ['If-None-Match', '"client"'],
    ['If-Modified-Since', DATE],
  ])
  t.strictSame(freshness([['ETag', '"a"']]).validators(conditional, NOW), { etag: '"a"', lastModified: undefined })
  t.equal(freshness([]).validators(conditional, NOW), undefined)
})

t.test('a response that other request fields selected has no validators for this request', async t => {
  const varied = freshness([
    ['Vary', 'Cookie'],
    ['ETag', '"a"'],
  ])
  t.ok(varied.validators(get(), NOW))
  t.equal(varied.validators(get([['Cookie', 'user=2']]), NOW), undefined)
})

t.test('no-store on either side forbids to keep a response, nothing else does', async t => {
  t.notOk(mayKeep(get(), ok(says('no-store'))))
  t.notOk(mayKeep(get(), ok(says('max-age=5,No-Store'))))
  t.notOk(mayKeep(get(says('no-store')), ok([])))
  for (const value of ['private', 'no-cache', 'max-age=0', 'ext="no-store"', 'ext="a, no-store, b"', 'x-no-store']) {
    t.ok(mayKeep(get(), ok(says(value))), value)
  }
})

t.test('what a shared cache may store is public', async t => {
  for (const fields of [[], says('max-age=60'), says('no-cache'), [['Vary', 'Accept-Encoding']]] as FieldList[]) {
    t.ok(isPublic(get(), ok(fields)), JSON.stringify(fields))
  }
  for (const value of [
    'private',
    'Private',
    'private="set-cookie"',
    'public, private',
    'no-store',
    'public, no-store',
  ]) {
    t.notOk(isPublic(get(), ok(says(value))), value)
  }
})

t.test('cookies and credentials make a response private, unless the origin says public', async t => {
  const personal: FieldList[] = [[['Cookie', 'user=1']], [['Authorization', 'Basic x']]]
  for (const fields of personal) {
    t.notOk(isPublic(get(fields), ok([])))
    t.notOk(isPublic(get(fields), ok(says('max-age=60, must-revalidate'))))
    t.ok(isPublic(get(fields), ok(says('public'))))
    t.ok(isPublic(get(fields), ok(says('S-MaxAge="60"'))))
    for (const value of ['s-maxage=0', 's-maxage', 's-maxage=x', 'ext="a, public"', 'private, public']) {
      t.notOk(isPublic(get(fields), ok(says(value))), value)
    }
  }
  t.notOk(isPublic(get(), ok([['Set-Cookie', 'user=1']])))
  t.ok(isPublic(get(), ok(says('public', ['Set-Cookie', 'user=1']))))
})

t.test('what Vary says is one user’s stays private, also when the origin says public', async t => {
  const cookie = get([['Cookie', 'user=1']])
  for (const vary of ['Cookie', 'Accept-Encoding,cookie', '*']) {
    t.notOk(isPublic(cookie, ok(says('public, max-age=60', ['Vary', vary]))), vary)
  }
  t.notOk(isPublic(get([['Authorization', 'x']]), ok(says('s-maxage=60', ['Vary', 'authorization']))))
  t.notOk(
    isPublic(get(), ok([['Vary', 'Cookie']])),
    'nothing says that what comes without a cookie is the same for all',
  )
  t.ok(isPublic(get(), ok(says('public', ['Vary', 'Cookie']))))
  t.ok(isPublic(get(), ok([['Vary', 'X-Cookie-Consent']])))
})

t.test('nothing is public that is not kept, and no cookie is shared without a word for it', async t => {
  const value = fc.array(
    fc.constantFrom('public', 'private', 'no-store', 'max-age=5', 's-maxage=0', 'S-MAXAGE=5', 'x="y, public"'),
  )
  const vary = fc.constantFrom('', 'Cookie', '*', 'Accept')
  fc.assert(
    fc.property(value, vary, fc.boolean(), (directives, names, hasCookie) => {
      const request = get(hasCookie ? [['Cookie', 'a=1']] : [])
      const response = ok([...says(directives.join(', ')), ['Vary', names]])
      if (!isPublic(request, response)) return true
      const isSaid = directives.includes('public') || directives.includes('S-MAXAGE=5')
      return mayKeep(request, response) && !directives.includes('private') && (isSaid || !hasCookie)
    }),
  )
  t.pass('nothing')
})

t.test('a 304 brings its fields; the content’s stay, in their place', async t => {
  const stored: FieldList = [
    ['Content-Type', 'text/html'],
    ['ETag', '"a"'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
    ['X-Kept', '1'],
  ]
  const notModified: FieldList = [
    ['etag', 'W/"a"'],
    ['set-cookie', 'c=3'],
    ['Content-Type', 'text/plain'],
    ['Content-Length', '0'],
    ['Content-Encoding', 'gzip'],
    ['Content-Range', 'bytes 0-1/2'],
    ['Repr-Digest', 'sha-256=:AA==:'],
    ['Cache-Control', 'max-age=60'],
  ]
  t.strictSame(updateFields(stored, notModified), [
    ['Content-Type', 'text/html'],
    ['X-Kept', '1'],
    ['etag', 'W/"a"'],
    ['set-cookie', 'c=3'],
    ['Cache-Control', 'max-age=60'],
  ])
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
    isPublic(get(), ok(fields))
    t.ok(process.cpuUsage().user - startedAt < 500_000, piece)
  }
})
