// Claims about near's decision on a request: every plan and every reason, and what never answers from what is held.
import t from 'tap'
import { type Mode, planRequest } from '../../../shared/exchange/plan-request.ts'
import type { FieldList } from '../../../shared/http/fields.ts'
import { MAX_BASES } from '../../../shared/link/ask.ts'
import { DATE, get, makeVersion, NOW } from '../sample-version.ts'

const modes = ['optimistic', 'simple', 'plain', 'direct'] as const satisfies readonly Mode[]
const fresh = makeVersion({
  cache: 'private',
  fields: [
    ['Cache-Control', 'max-age=60'],
    ['ETag', '"a"'],
    ['Last-Modified', DATE],
  ],
})
const stale = makeVersion({ content: 'stale', cache: 'private', fields: [['Cache-Control', 'max-age=0']] })

t.test('what is fresh is served, in every mode', async t => {
  for (const mode of modes) {
    t.strictSame(
      planRequest(get(), [fresh], mode, NOW),
      { kind: 'serve', held: fresh, how: 'fresh', notModified: false },
      mode,
    )
  }
})

t.test('a client that holds it too gets a 304', async t => {
  const conditions: FieldList = [
    ['If-None-Match', '"x", W/"a"'],
    ['If-Modified-Since', DATE],
  ]
  for (const condition of conditions) {
    t.match(planRequest(get([condition]), [fresh], 'simple', NOW), { kind: 'serve', notModified: true })
  }
  t.match(planRequest(get([['If-None-Match', '"x"']]), [fresh], 'simple', NOW), { kind: 'serve', notModified: false })
})

t.test('what is stale, or not held, is asked for, with what is held as bases', async t => {
  for (const mode of ['optimistic', 'simple'] as const) {
    t.strictSame(planRequest(get(), [], mode, NOW), { kind: 'ask', bases: [], rescue: undefined })
    t.match(planRequest(get(), [stale], mode, NOW), { kind: 'ask', bases: [stale] })
    t.match(planRequest(get(), [fresh], mode, NOW + 60_000), { kind: 'ask', bases: [fresh] })
  }
})

t.test('a reload goes to the origin, and what is held is still a base', async t => {
  for (const field of [
    ['Cache-Control', 'No-Cache'],
    ['Pragma', 'no-cache'],
    ['Cache-Control', 'max-age=0'],
  ] as const) {
    t.match(planRequest(get([field]), [fresh], 'simple', NOW + 1), { kind: 'ask', bases: [fresh] }, field.join(': '))
  }
})

t.test('an older version never answers, also when it is fresh by its own fields', async t => {
  t.match(planRequest(get(), [stale, fresh], 'simple', NOW), { kind: 'ask', bases: [stale, fresh] })
})

t.test('what other request fields selected does not answer, but is a base', async t => {
  const german = get([['Accept-Language', 'de']])
  const fields: FieldList = [
    ['Cache-Control', 'max-age=60'],
    ['Vary', 'Accept-Language'],
  ]
  const varied = makeVersion({ cache: 'private', request: german, fields })
  t.equal(planRequest(german, [varied], 'simple', NOW).kind, 'serve')
  t.match(planRequest(get(), [varied], 'simple', NOW), { kind: 'ask', bases: [varied] })
})

t.test('no more bases are named than an ask can have, the newest first', async t => {
  const held = Array.from({ length: MAX_BASES + 3 }, (_, at) => makeVersion({ content: `${at}` }))
  t.match(planRequest(get(), held, 'optimistic', NOW), { kind: 'ask', bases: held.slice(0, MAX_BASES) })
})

t.test('siblings are named where nothing of this URL is held', async t => {
  const siblings = [makeVersion({ content: 'sibling', url: 'http://site.example/b' })]
  t.match(planRequest(get(), [], 'simple', NOW, siblings), { kind: 'ask', bases: siblings })
  t.match(planRequest(get(), [stale], 'simple', NOW, siblings), { kind: 'ask', bases: [stale] })
})

t.test('what is not a plain GET is passed on with its reason, whatever is held', async t => {
  for (const method of ['POST', 'PUT', 'OPTIONS', 'get']) {
    t.match(planRequest({ ...get(), method }, [fresh], 'optimistic', NOW), { kind: 'pass', why: 'method' }, method)
  }
  const range = get([['Range', 'bytes=0-9']])
  t.match(planRequest(range, [stale], 'optimistic', NOW), { kind: 'pass', why: 'range' })
  const head = { ...range, method: 'HEAD' }
  t.match(planRequest(head, [fresh], 'optimistic', NOW), { kind: 'pass', why: 'range' }, 'RFC 9110 §14.2')
  for (const mode of ['plain', 'direct'] as const) {
    t.match(planRequest(get(), [stale], mode, NOW), { kind: 'pass', why: 'mode' })
  }
})

t.test('a range of what is fresh is served from it, several at once are not, and a condition comes first', async t => {
  const ranged = (range: string, ...more: [string, string][]) =>
    planRequest(get([['Range', range], ...more]), [fresh], 'optimistic', NOW)
  t.match(ranged('bytes=0-0'), { kind: 'serve', range: { kind: 'part', start: 0, end: 1 } })
  t.match(ranged('bytes=9999999-'), { kind: 'serve', range: { kind: 'unsatisfiable' } })
  t.match(ranged('bytes=0-0,2-2'), { kind: 'pass', why: 'range' })
  const all = ranged('lines=1-2')
  t.match(all, { kind: 'serve' })
  t.notOk('range' in all)
  t.notOk('range' in ranged('bytes=0-0', ['If-None-Match', '*']))
})

t.test(
  'what another site may have chosen, with cookies beside it, names no bases: its size tells nothing of them',
  async t => {
    const steered: FieldList = [
      ['Sec-Fetch-Site', 'cross-site'],
      ['Sec-Fetch-Mode', 'no-cors'],
    ]
    for (const secret of [
      ['Cookie', 'session=1'],
      ['Authorization', 'Basic YTpi'],
    ] as const) {
      const plan = planRequest(get([...steered, secret]), [stale], 'optimistic', NOW, [stale])
      t.match(plan, { kind: 'pass', why: 'steered' }, secret[0])
      t.match(planRequest(get([...steered, secret, ['Sec-Fetch-User', '?1']]), [stale], 'optimistic', NOW), {
        kind: 'ask',
      })
      for (const site of ['same-origin', 'same-site', 'none']) {
        t.match(planRequest(get([['Sec-Fetch-Site', site], secret]), [stale], 'optimistic', NOW), { kind: 'ask' }, site)
      }
      t.match(
        planRequest(get([...steered, secret]), [fresh], 'optimistic', NOW),
        { kind: 'serve' },
        'fresh tells nothing',
      )
    }
    t.match(planRequest(get(steered), [stale], 'optimistic', NOW), { kind: 'ask', bases: [stale] }, 'without a secret')
  },
)
