// Claims about the lazy parse.
import * as fc from 'fast-check'
import t from 'tap'
import { BaseIndex } from '../../../shared/delta/base-index.ts'
import { parseLazily } from '../../../shared/delta/parse-lazy.ts'
import { editPage, makePage, parsePairs, rebuild } from './samples.ts'

const depth = { long: 64, short: 64, target: 64, niceBytes: 64 }

t.test('the verbs make exactly the target, whatever it is', async t => {
  for (const [base, target] of parsePairs()) {
    const { made } = rebuild(base, target, verbs => parseLazily(new BaseIndex(base), target, depth, verbs))
    t.ok(made.equals(target), `${base.length} to ${target.length} bytes`)
  }
})

t.test('what is equal is copied, what is new is added, what repeats is run', async t => {
  const base = makePage(4000, 1)
  const target = Buffer.concat([base.subarray(0, 2000), Buffer.alloc(50, '='), Buffer.from('NEW'), base.subarray(2000)])
  const { verbs } = rebuild(base, target, writer => parseLazily(new BaseIndex(base), target, depth, writer))
  t.same(
    verbs.map(({ kind }) => kind),
    ['copy', 'run', 'add', 'copy'],
  )
})

t.test('a match is grown backwards over bytes that were not written yet', async t => {
  const base = makePage(100_000, 3)
  const target = editPage(base, 5, 4)
  const { verbs } = rebuild(base, target, writer => parseLazily(new BaseIndex(base), target, depth, writer))
  const added = verbs.reduce((sum, verb) => sum + (verb.kind === 'add' ? verb.bytes : 0), 0)
  t.ok(added < 5 * 60, `${added} bytes added for five edits`)
})

t.test('few values, where matches, overlaps and runs begin everywhere, are made exactly too', async t => {
  const bytes = (maxLength: number) => fc.array(fc.nat(1), { maxLength }).map(values => Buffer.from(values))
  fc.assert(
    fc.property(bytes(40), bytes(80), fc.integer({ min: 4, max: 20 }), (base, target, niceBytes) => {
      const depth = { long: 4, short: 4, target: 4, niceBytes }
      const { verbs, made } = rebuild(base, target, verbs => parseLazily(new BaseIndex(base), target, depth, verbs))
      return made.equals(target) && verbs.every(({ bytes }) => bytes > 0)
    }),
    { numRuns: 300 },
  )
  t.pass()
})
