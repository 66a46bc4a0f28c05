// Claims about which held version answers a request, and who may share a response that is under way.
import t from 'tap'
import { isServerError, isUnreachable, mayShare, planReuse } from '../../../shared/exchange/plan-reuse.ts'
import { Fault } from '../../../shared/fault.ts'
import type { FieldList } from '../../../shared/http/fields.ts'
import { get, makeVersion, NOW } from '../sample-version.ts'

function variant(language: string, content = language) {
  const request = get([['Accept-Language', language]])
  const fields: FieldList = [
    ['Cache-Control', 'max-age=60'],
    ['Vary', 'Accept-Language'],
  ]
  return { request, version: makeVersion({ request, fields, content }) }
}

t.test('of several variants the one that the request selects answers, wherever it stands', async t => {
  const [german, english, french] = [variant('de'), variant('en'), variant('fr')]
  const held = [german.version, english.version]
  for (const each of [german, english]) {
    t.strictSame(planReuse(each.request, held, NOW), { kind: 'answer', version: each.version, how: 'fresh' })
  }
  t.strictSame(planReuse(french.request, held, NOW), { kind: 'ask', selected: undefined, rescue: 'none' })
})

t.test('of those that it selects only the newest answers', async t => {
  const fresh = makeVersion({ fields: [['Cache-Control', 'max-age=60']] })
  const stale = makeVersion({ content: 'stale' })
  t.match(planReuse(get(), [stale, fresh], NOW), { kind: 'ask', selected: stale })
})

t.test('only-if-cached is answered by what is held or refused', async t => {
  const wish = get([['Cache-Control', 'only-if-cached']])
  const fresh = makeVersion({ fields: [['Cache-Control', 'max-age=60']] })
  t.match(planReuse(wish, [fresh], NOW), { kind: 'answer' })
  t.strictSame(planReuse(wish, [fresh], NOW + 60_000), { kind: 'refuse' })
  t.strictSame(planReuse(wish, [], NOW), { kind: 'refuse' })
})

t.test('what stands in when the origin fails is said with the ask', async t => {
  const rescue = (value: string) => {
    return planReuse(get(), [makeVersion({ fields: [['Cache-Control', value]] })], NOW + 60_000)
  }
  t.match(rescue('max-age=60'), { kind: 'ask', rescue: 'unreachable' })
  t.match(rescue('max-age=60, stale-if-error=60'), { kind: 'ask', rescue: 'error' })
  t.match(rescue('max-age=60, must-revalidate'), { kind: 'ask', rescue: 'none' })
  t.match(rescue('max-age=60, stale-while-revalidate=60'), { kind: 'answer', how: 'revalidate' })
})

t.test('a failure that a person has to mend is seen; others are those of nobody being there', async t => {
  for (const code of ['LINK_CLOSED', 'LINK_TIMEOUT', 'ORIGIN_REFUSED', 'ORIGIN_RESET', 'FAR_BUSY'] as const) {
    t.ok(isUnreachable(new Fault(code, '')), code)
  }
  for (const code of ['ORIGIN_TLS', 'LINK_PIN', 'LINK_CREDENTIAL', 'CLIENT_GONE', 'NEAR_INTERNAL'] as const) {
    t.notOk(isUnreachable(new Fault(code, '')), code)
  }
  t.strictSame([500, 501, 502, 503, 504, 404].map(isServerError), [true, false, true, true, true, false])
})

t.test('a response is shared by plain GETs where nothing shows that it is never fresh', async t => {
  const fresh = makeVersion({ fields: [['Cache-Control', 'max-age=60']] })
  t.ok(mayShare(get(), [], 'shared'))
  t.ok(mayShare(get(), [fresh], 'shared'))
  t.notOk(mayShare(get(), [makeVersion(), fresh], 'shared'))
  t.notOk(mayShare({ ...get(), method: 'POST' }, [], 'shared'))
  for (const name of ['Range', 'If-None-Match', 'if-modified-since', 'If-Match']) {
    t.notOk(mayShare(get([[name, 'x']]), [], 'private'), name)
  }
  for (const value of ['no-cache', 'no-store', 'max-age=0', 'only-if-cached']) {
    t.notOk(mayShare(get([['Cache-Control', value]]), [], 'private'), value)
  }
})

t.test('by waiting no user learns what another asks for with a cookie or credentials', async t => {
  for (const name of ['Cookie', 'authorization']) {
    t.notOk(mayShare(get([[name, 'x']]), [], 'shared'), name)
    t.ok(mayShare(get([[name, 'x']]), [], 'private'), name)
  }
})
