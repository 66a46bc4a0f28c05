// Claims about the match finder.
import t from 'tap'
import { BaseIndex } from '../../../shared/delta/base-index.ts'
import { MatchFinder } from '../../../shared/delta/match-finder.ts'
import { editPage, makePage } from './samples.ts'

const unbounded = { long: 1e9, short: 1e9, target: 1e9, niceBytes: 1e9 }
const base = makePage(3000, 1)
const target = editPage(base, 20, 2)

function longestByTrying(at: number): number {
  const all = Buffer.concat([base, target])
  let best = 0
  for (let from = 0; from < base.length + at; from++) {
    let bytes = 0
    // A match in the base ends with the base.
    const end = from < base.length ? base.length : all.length
    while (at + bytes < target.length && from + bytes < end && all[from + bytes] === target[at + bytes]) bytes++
    best = Math.max(best, bytes)
  }
  return best
}

t.test('looking far enough, it finds the longest match there is, in the base or the target before', async t => {
  const finder = new MatchFinder(new BaseIndex(base), target, unbounded)
  for (let at = 0; at < target.length; at++) {
    finder.find(at, -1)
    const longest = longestByTrying(at)
    if (longest >= 4 && finder.bytes !== longest) t.fail(`at ${at}: ${finder.bytes} for ${longest}`)
    const all = Buffer.concat([base, target])
    for (let i = 0; i < finder.bytes; i++)
      if (all[finder.address + i] !== target[at + i]) t.fail(`at ${at}: the match differs at ${i}`)
    finder.insert(at)
  }
})

t.test('the place that is named is looked at first', async t => {
  const finder = new MatchFinder(new BaseIndex(base), base, { ...unbounded, niceBytes: 16 })
  finder.find(100, 100)
  t.same([finder.bytes, finder.address], [base.length - 100, 100])
})

t.test('every place offered may match: its first four bytes hash alike', async t => {
  const finder = new MatchFinder(new BaseIndex(base), target, unbounded)
  const offered = new Set<number>()
  finder.visit(0, { takeBase: from => (offered.add(from), false), takeTarget: () => false })
  t.ok(offered.has(0))
  let seen = 0
  finder.visit(0, { takeBase: () => ++seen === 1, takeTarget: () => false })
  t.equal(seen, 1, 'and it stops when the visitor has seen enough')
})
