// Claims about a response when it comes (RFC 9111): who may keep it, who may see it, what it changes.
import * as fc from 'fast-check'
import t from 'tap'
import { answeredRequest, invalidatedUrls, isPublic, mayKeep, updateFields } from '../../../shared/http/caching.ts'
import type { FieldList } from '../../../shared/http/fields.ts'
import { DATE, get, ok, URL_A } from '../sample-version.ts'

function says(value: string, ...more: FieldList): FieldList {
  return [['Cache-Control', value], ...more]
}

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

t.test('a 304 brings its fields; what depends on the form of the content stays, in its place', async t => {
  const stored: FieldList = [
    ['Content-Type', 'text/html'],
    ['ETag', 'W/"a"'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
    ['X-Kept', '1'],
  ]
  const notModified: FieldList = [
    ['etag', '"a"'],
    ['set-cookie', 'c=3'],
    ['Content-Type', 'text/plain'],
    ['Content-Length', '0'],
    ['Content-Encoding', 'gzip'],
    ['Content-Range', 'bytes 0-1/2'],
    ['Repr-Digest', 'sha-256=:AA==:'],
    ['Cache-Control', 'max-age=60'],
  ]
  t.strictSame(updateFields(stored, notModified), [
    ['ETag', 'W/"a"'],
    ['X-Kept', '1'],
    ['set-cookie', 'c=3'],
    ['Content-Type', 'text/plain'],
    ['Cache-Control', 'max-age=60'],
  ])
})

t.test('a tag that only the 304 names is weak, because it may be that of a coded content', async t => {
  t.strictSame(updateFields([], [['ETag', '"a"']]), [['ETag', 'W/"a"']])
})

t.test('must-understand keeps what no-store would forbid, when the status is known', async t => {
  const both = says('max-age=60, must-understand, no-store')
  t.ok(mayKeep(get(), ok(both)))
  t.notOk(mayKeep(get(), { status: 599, fields: both }))
  t.notOk(mayKeep(get(), { status: 599, fields: says('max-age=60, must-understand') }))
  t.ok(mayKeep(get(), { status: 599, fields: says('max-age=60') }))
  t.notOk(mayKeep(get(says('no-store')), ok(both)), 'the client does not want it')
})

t.test('what is no 200 is kept while it is fresh, and parts never', async t => {
  const modified: FieldList = [
    ['Last-Modified', DATE],
    ['Date', 'Sun, 06 Nov 1994 09:49:37 GMT'],
  ]
  for (const status of [203, 204, 300, 301, 308, 404, 405, 410, 414, 501]) {
    t.ok(mayKeep(get(), { status, fields: modified }), `${status}`)
    t.notOk(mayKeep(get(), { status, fields: [] }), `${status} says nothing`)
  }
  for (const status of [201, 302, 307, 403, 500, 503, 599]) {
    t.notOk(mayKeep(get(), { status, fields: modified }), `${status}`)
    t.ok(mayKeep(get(), { status, fields: says('max-age=60') }), `${status} says how long`)
  }
  for (const status of [100, 103, 206, 304])
    t.notOk(mayKeep(get(), { status, fields: says('max-age=60') }), `${status}`)
})

t.test('an unsafe method makes stale its URL and those of the same origin that the response names', async t => {
  const fields: FieldList = [
    ['Location', '/b#part'],
    ['Content-Location', 'http://other.example/c'],
  ]
  const put = { ...get(), method: 'PUT' }
  t.strictSame(invalidatedUrls(put, { status: 201, fields }), [URL_A, 'http://site.example/b'])
  t.strictSame(invalidatedUrls({ ...put, method: 'M-SEARCH' }, { status: 302, fields: [] }), [URL_A])
  for (const status of [400, 404, 500, 103]) t.strictSame(invalidatedUrls(put, { status, fields }), [], `${status}`)
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE']) {
    t.strictSame(invalidatedUrls({ ...put, method }, { status: 200, fields }), [], method)
  }
  t.strictSame(invalidatedUrls(put, { status: 200, fields: [['Location', 'http://[']] }), [URL_A])
})

t.test(
  'a POST answers later GETs when its response says that it is what lies at its URL, and for how long',
  async t => {
    const post = { ...get(), method: 'POST' }
    const here: FieldList = [['Content-Location', '/a']]
    const fresh: FieldList = [['Cache-Control', 'max-age=60']]
    t.strictSame(answeredRequest(post, ok([...here, ...fresh])), get())
    t.equal(answeredRequest(post, ok(here)), undefined, 'for how long is not said')
    t.equal(answeredRequest(post, ok(fresh)), undefined, 'where it lies is not said')
    t.equal(answeredRequest(post, ok([['Content-Location', '/b'], ...fresh])), undefined, 'elsewhere')
    t.equal(answeredRequest(post, { status: 201, fields: [...here, ...fresh] }), undefined, 'no 200')
    t.equal(answeredRequest({ ...get(), method: 'PUT' }, ok([...here, ...fresh])), undefined, 'another method')
    t.strictSame(answeredRequest(get(), ok([])), get(), 'a GET is its own')
  },
)
