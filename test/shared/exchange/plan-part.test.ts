// Claims about requests for the head or a range of what far holds.
import t from 'tap'
import { planPart } from '../../../shared/exchange/plan-part.ts'
import type { FieldList } from '../../../shared/http/fields.ts'
import { get, makeVersion, NOW } from '../sample-version.ts'

const fresh = makeVersion({
  content: '0123456789',
  fields: [
    ['Cache-Control', 'max-age=60'],
    ['ETag', '"1"'],
  ],
})
const range = (value: string, ...fields: FieldList) => get([['Range', value], ...fields])

t.test('a range of what is fresh is answered, also where there are no such bytes', async t => {
  const held = { kind: 'held', version: fresh, how: 'fresh' }
  t.strictSame(planPart(range('bytes=2-4'), [fresh], NOW), { ...held, range: { kind: 'part', start: 2, end: 5 } })
  t.strictSame(planPart(range('bytes=10-'), [fresh], NOW), { ...held, range: { kind: 'unsatisfiable' } })
})

t.test('a part of another content is no part of this one: all of it answers', async t => {
  t.strictSame(planPart(range('bytes=2-4', ['If-Range', '"0"']), [fresh], NOW), {
    kind: 'held',
    version: fresh,
    how: 'fresh',
  })
})

t.test('HEAD is answered by what is fresh, with a range or without', async t => {
  for (const each of [get(), range('bytes=2-4')]) {
    const plan = planPart({ ...each, method: 'HEAD' }, [fresh], NOW)
    t.strictSame(plan, { kind: 'held', version: fresh, how: 'fresh' })
  }
})

t.test('what is stale, conditional, manifold, no 200 or of another method is the origin’s to answer', async t => {
  const gone = makeVersion({ status: 404, fields: [['Cache-Control', 'max-age=60']] })
  t.strictSame(planPart(range('bytes=2-4'), [fresh], NOW + 60_000), { kind: 'pass' })
  t.strictSame(planPart(range('bytes=2-4', ['If-None-Match', '"1"']), [fresh], NOW), { kind: 'pass' })
  t.strictSame(planPart(range('bytes=2-4, 6-'), [fresh], NOW), { kind: 'pass' })
  t.strictSame(planPart(range('bytes=2-4'), [gone], NOW), { kind: 'pass' })
  t.strictSame(planPart({ ...get(), method: 'POST' }, [fresh], NOW), { kind: 'pass' })
})

t.test('a client that wants what is held or nothing is refused when nothing is', async t => {
  const wish = range('bytes=2-4', ['Cache-Control', 'only-if-cached'])
  t.match(planPart(wish, [fresh], NOW), { kind: 'held' })
  t.strictSame(planPart(wish, [], NOW), { kind: 'refuse' })
  t.strictSame(planPart({ ...wish, method: 'HEAD' }, [], NOW), { kind: 'refuse' })
})
