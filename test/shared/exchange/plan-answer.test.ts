// Claims about far's two decisions on an ask: what to do at once, and what to make of the origin's answer.
import * as fc from 'fast-check'
import t from 'tap'
import {
  type AnswerFacts,
  findCommons,
  hasSameFields,
  planAnswer,
  planVerdict,
  type VerdictFacts,
} from '../../../shared/exchange/plan-answer.ts'
import type { FieldList } from '../../../shared/http/fields.ts'
import type { Ask } from '../../../shared/link/ask.ts'
import { shorten, type Version } from '../../../shared/version.ts'
import { get, makeVersion, NOW, thresholds } from '../sample-version.ts'

const ask: Ask = {
  bases: [],
  formats: ['dcb'],
  speculation: 'balanced',
  link: { bandwidthBytesPerSecond: 5_000, roundTripMs: 200 },
  thresholds: {},
}
const held = makeVersion({ content: 'h'.repeat(4_000), fields: [['Cache-Control', 'max-age=60']] })
const other = makeVersion({ content: 'o'.repeat(4_000) })
const asked: AnswerFacts = {
  request: get(),
  ask,
  held: [held],
  siblings: [],
  common: undefined,
  commons: [],
  waitsMs: [200],
  deltaShares: [],
}
const STALE = NOW + 60_000

t.test('what is fresh answers without the origin', async t => {
  t.strictSame(planAnswer(asked, thresholds, NOW), { kind: 'held', version: held, how: 'fresh' })
})

t.test('what is stale is validated, and sent while the origin thinks', async t => {
  t.match(planAnswer(asked, thresholds, STALE), {
    kind: 'fetch',
    validate: held,
    rescue: 'unreachable',
    speculation: {
      kind: 'speculate',
      version: held,
      expected: { gainMs: 180, sentBytes: 1_000, wastedBytes: 100 },
    },
  })
})

t.test('a client that wants the origin’s word gets it', async t => {
  const reloads: FieldList = [
    ['Cache-Control', 'no-cache'],
    ['Cache-Control', 'no-store'],
    ['Cache-Control', 'max-age=0'],
    ['Pragma', 'no-cache'],
  ]
  for (const field of reloads) {
    const plan = planAnswer({ ...asked, request: get([field]) }, thresholds, NOW + 1)
    t.match(plan, { kind: 'fetch', validate: held }, field.join(': '))
  }
})

t.test('only the newest version answers, is validated or sent', async t => {
  t.match(planAnswer({ ...asked, held: [other, held] }, thresholds, NOW), {
    kind: 'fetch',
    validate: other,
    speculation: { kind: 'speculate', version: other },
  })
})

t.test('without a version, or with one in common, there is nothing to speculate with', async t => {
  t.match(planAnswer({ ...asked, held: [] }, thresholds, NOW), {
    kind: 'fetch',
    validate: undefined,
    rescue: 'none',
    speculation: { kind: 'wait', why: 'no-version' },
  })
  const common = planAnswer({ ...asked, common: held, commons: [held] }, thresholds, STALE)
  t.match(common, { validate: held, speculation: { kind: 'wait', why: 'common' } })
})

t.test('a sibling is sent where far has nothing else and near has none, and is never validated', async t => {
  const siblings = [other, held]
  t.match(planAnswer({ ...asked, held: [], siblings }, thresholds, NOW), {
    kind: 'fetch',
    validate: undefined,
    speculation: { kind: 'speculate', version: other },
  })
  t.match(planAnswer({ ...asked, siblings }, thresholds, STALE), { speculation: { kind: 'speculate', version: held } })
  t.match(planAnswer({ ...asked, held: [], siblings, commons: [other] }, thresholds, NOW), {
    kind: 'fetch',
    validate: undefined,
    rescue: 'none',
    speculation: { kind: 'wait', why: 'no-version' },
  })
})

t.test('what near wishes and reads is heeded', async t => {
  const why = (change: Partial<Ask>) => planAnswer({ ...asked, ask: { ...ask, ...change } }, thresholds, STALE)
  t.match(why({ speculation: 'off' }), { speculation: { kind: 'wait', why: 'off' } })
  t.match(why({ formats: [] }), { speculation: { kind: 'wait', why: 'no-deltas' } })
})

const answered: VerdictFacts = {
  status: 200,
  readsDeltas: true,
  compressible: true,
  contentLength: 5_000,
  common: undefined,
  sibling: undefined,
  sent: undefined,
  same: undefined,
}

t.test('a content that near holds, or is being sent, is confirmed; even if it is small or no text', async t => {
  const small = makeVersion({ content: 'small' })
  for (const version of [held, small]) {
    const odd = { ...answered, compressible: false, readsDeltas: false, same: version }
    t.strictSame(planVerdict({ ...odd, common: version }, thresholds), { kind: 'confirm', version })
    t.strictSame(planVerdict({ ...odd, sent: { version, length: 0 } }, thresholds), { kind: 'confirm', version })
  }
})

t.test('a content that far knows and near has not is not confirmed', async t => {
  t.match(planVerdict({ ...answered, same: held }, thresholds), { kind: 'whole', why: 'no-base' })
  const plan = planVerdict({ ...answered, same: held, common: other }, thresholds)
  t.strictSame(plan, { kind: 'delta', base: other, baseLength: 4_000 })
})

t.test('a delta starts from the whole of what both hold, or from what was sent of a speculation', async t => {
  const sent = { version: held, length: 1_500 }
  t.strictSame(planVerdict({ ...answered, sent }, thresholds), { kind: 'delta', base: held, baseLength: 1_500 })
  const both = planVerdict({ ...answered, sent, common: other }, thresholds)
  t.strictSame(both, { kind: 'delta', base: other, baseLength: 4_000 })
})

t.test(
  'of the bases that are large enough the nearest is taken: common, then what was sent, then a sibling',
  async t => {
    const small = makeVersion({ content: 'small' })
    const sent = { version: held, length: 100 }
    const plan = planVerdict({ ...answered, common: small, sent, sibling: other }, thresholds)
    t.strictSame(plan, { kind: 'delta', base: other, baseLength: 4_000 })
    t.match(planVerdict({ ...answered, sent: { ...sent, length: 600 }, sibling: other }, thresholds), { base: held })
    t.match(planVerdict({ ...answered, sibling: small }, thresholds), { kind: 'whole', why: 'small' })
    t.match(planVerdict({ ...answered, sibling: small, same: small }, thresholds), { kind: 'confirm', version: small })
  },
)

t.test('each reason to send the whole is said, and the first one counts', async t => {
  // From the last reason to the first: each change lets the one before stand.
  let against: VerdictFacts = { ...answered, sent: { version: held, length: 511 } }
  const says = (why: string) => t.strictSame(planVerdict(against, thresholds), { kind: 'whole', why })
  says('small')
  against = { ...against, sent: undefined }
  says('no-base')
  against = { ...against, contentLength: 10_001 }
  says('large')
  against = { ...against, compressible: false }
  says('media-type')
  against = { ...against, readsDeltas: false }
  says('no-formats')
  against = { ...against, status: 404 }
  says('status')
})

t.test('a content whose length is not told may still become a delta', async t => {
  t.equal(planVerdict({ ...answered, contentLength: undefined, common: held }, thresholds).kind, 'delta')
})

t.test('nothing is no base, also where the threshold is 0', async t => {
  const none = { ...thresholds, minBaseBytes: 0 }
  const sent = { version: held, length: 0 }
  t.strictSame(planVerdict({ ...answered, sent }, none), { kind: 'whole', why: 'small' })
  t.match(planVerdict({ ...answered, sent: { ...sent, length: 1 } }, none), { kind: 'delta', baseLength: 1 })
})

t.test('whatever the facts are, only what near can have is confirmed or is a base', async t => {
  const version = fc.option(fc.constantFrom(held, other), { nil: undefined })
  const length = fc.integer({ min: 0, max: 4_000 })
  const facts: fc.Arbitrary<VerdictFacts> = fc.record({
    status: fc.constantFrom(200, 206, 404),
    readsDeltas: fc.boolean(),
    compressible: fc.boolean(),
    contentLength: fc.option(fc.nat(20_000), { nil: undefined }),
    common: version,
    sibling: version,
    sent: fc.tuple(version, length).map(([each, sent]) => (each ? { version: each, length: sent } : undefined)),
    same: version,
  })
  fc.assert(
    fc.property(facts, each => {
      const plan = planVerdict(each, thresholds)
      if (plan.kind === 'whole') return true
      const has = (one: Version) => [each.common, each.sibling, each.sent?.version].includes(one)
      if (plan.kind === 'confirm') return has(plan.version) && plan.version === each.same
      const wholes = [each.common, each.sibling].filter(one => one === plan.base).map(one => one?.content.length)
      const available = [...wholes, plan.base === each.sent?.version ? each.sent.length : undefined]
      return each.status === 200 && each.readsDeltas && has(plan.base) && available.includes(plan.baseLength)
    }),
    { numRuns: 1000 },
  )
  t.pass('only that')
})

t.test('in common is what near named and far holds, in near’s order', async t => {
  const named = (...versions: readonly Version[]): Ask => ({
    ...ask,
    bases: versions.map(each => ({ digest: shorten(each.digest), fieldsId: '00000000' })),
  })
  const find = (digest: string) => [held, other].find(each => shorten(each.digest) === digest)
  const unknown = makeVersion({ content: 'unknown' })
  t.strictSame(findCommons(named(unknown, other, held), [], find), [other, held])
  t.strictSame(findCommons(named(unknown), [], find), [])
  t.strictSame(findCommons(ask, [], find), [])
})

t.test('of a content that several URLs have, the version of this URL is the common one', async t => {
  const here = makeVersion({ content: 'the same' })
  const elsewhere = makeVersion({ content: 'the same', url: 'http://elsewhere.example/' })
  const named = { ...ask, bases: [{ digest: shorten(here.digest), fieldsId: '00000000' }] }
  t.equal(findCommons(named, [other, here], () => elsewhere)[0], here)
  t.equal(findCommons(named, [other], () => elsewhere)[0], elsewhere)
})

t.test('fields are the same when near named them with this version, not with another', async t => {
  const bases = [
    { digest: shorten(held.digest), fieldsId: '11111111' },
    { digest: shorten(other.digest), fieldsId: '22222222' },
  ]
  t.ok(hasSameFields({ ...ask, bases }, held, '11111111'))
  t.notOk(hasSameFields({ ...ask, bases }, held, '22222222'))
  t.notOk(hasSameFields(ask, held, '11111111'))
})
