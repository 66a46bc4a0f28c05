// Claims about what a response to HEAD changes in what is held.
import t from 'tap'
import { planHead } from '../../../shared/exchange/plan-head.ts'
import type { FieldList } from '../../../shared/http/fields.ts'
import { get, makeVersion, ok } from '../sample-version.ts'

const MODIFIED = 'Sun, 06 Nov 1994 08:00:00 GMT'
const LATER = 'Sun, 06 Nov 1994 08:30:00 GMT'
const held = makeVersion({
  content: '0123456789',
  fields: [
    ['ETag', 'W/"1"'],
    ['Last-Modified', MODIFIED],
  ],
})
const head = { ...get(), method: 'HEAD' }
const says = (...fields: FieldList) => planHead(head, ok(fields), held)

t.test('a head with the same validators and length, as far as it has them, brings its fields', async t => {
  t.equal(says(), 'update')
  t.equal(says(['ETag', '"1"'], ['Last-Modified', MODIFIED], ['Content-Length', '10']), 'update')
  t.equal(says(['ETag', '"1"'], ['Content-Encoding', 'gzip'], ['Content-Length', '7']), 'update', 'coded')
})

t.test('a head with another validator or length says that there is another content', async t => {
  t.equal(says(['ETag', '"2"']), 'invalidate')
  t.equal(says(['Last-Modified', LATER]), 'invalidate')
  t.equal(says(['ETag', '"1"'], ['Content-Length', '11']), 'invalidate')
  const bare = makeVersion({ content: '0123456789' })
  t.equal(planHead(head, ok([['ETag', '"1"']]), bare), 'invalidate', 'one that had none')
})

t.test('an error, another variant, another method and what must not be kept say nothing', async t => {
  const other: FieldList = [['ETag', '"2"']]
  t.equal(planHead(head, { status: 404, fields: other }, held), 'leave')
  t.equal(planHead(get(), ok(other), held), 'leave')
  t.equal(says(['ETag', '"2"'], ['Cache-Control', 'no-store']), 'leave')
  t.equal(planHead({ ...head, fields: [['Cache-Control', 'no-store']] }, ok(other), held), 'leave')
  const german = makeVersion({ request: get([['Accept-Language', 'de']]), fields: [['Vary', 'Accept-Language']] })
  t.equal(planHead(head, ok(other), german), 'leave')
})
