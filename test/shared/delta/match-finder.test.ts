// Claims about the match finder.
import * as fc from 'fast-check'
import t from 'tap'
import { BaseIndex } from '../../../shared/delta/base-index.ts'
import { MatchFinder, runBytes } from '../../../shared/delta/match-finder.ts'
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

const bytesOfFew = (maxLength: number) => fc.array(fc.nat(1), { maxLength }).map(values => Buffer.from(values))

t.test('in any bytes, a match is the longest there is and ends with the base, or with the target', async t => {
  fc.assert(
    fc.property(bytesOfFew(24), bytesOfFew(24), (base, target) => {
      const finder = new MatchFinder(new BaseIndex(base), target, unbounded)
      for (let at = 0; at < target.length; at++) {
        finder.find(at, -1)
        let longest = 0
        for (let from = 0; from < base.length; from++) longest = Math.max(longest, finder.baseBytes(at, from))
        for (let from = 0; from < at; from++) longest = Math.max(longest, finder.targetBytes(at, from))
        // Shorter ones are found by accident only, and nobody may rely on them.
        if (longest >= 4 ? finder.bytes !== longest : finder.bytes > longest) return false
        finder.insert(at)
      }
      return true
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('the length of a match at any two places is that of their common beginning', async t => {
  fc.assert(
    fc.property(bytesOfFew(20), bytesOfFew(20), fc.nat(20), fc.nat(20), (base, target, atWish, fromWish) => {
      const [at, from] = [Math.min(atWish, target.length), Math.min(fromWish, base.length)]
      const finder = new MatchFinder(new BaseIndex(base), target, unbounded)
      const common = (one: Uint8Array, other: Uint8Array) => {
        let bytes = 0
        while (bytes < one.length && bytes < other.length && one[bytes] === other[bytes]) bytes++
        return bytes
      }
      const own = Math.min(from, at)
      return (
        finder.baseBytes(at, from) === common(base.subarray(from), target.subarray(at)) &&
        finder.targetBytes(at, own) === common(target.subarray(own), target.subarray(at))
      )
    }),
  )
  t.pass()
})

t.test('no more places of a chain are offered than the depth allows, and those of the target lie before', async t => {
  const repeats = Buffer.alloc(100, 'abcdefgh')
  for (const [long, short, own] of [
    [0, 0, 0],
    [1, 0, 2],
    [2, 3, 1],
    [100, 100, 100],
  ] as const) {
    const finder = new MatchFinder(new BaseIndex(repeats), repeats, { long, short, target: own, niceBytes: 1e9 })
    for (let at = 0; at < 40; at++) finder.insert(at)
    const offered = { base: 0, target: 0 }
    finder.visit(40, {
      takeBase: from => {
        if (from + 4 > repeats.length) t.fail(`${from} is beyond the base`)
        offered.base++
        return false
      },
      takeTarget: from => {
        if (from >= 40) t.fail(`${from} is not before`)
        offered.target++
        return false
      },
    })
    // Of each chain of the base there are twelve places (the ninety-sixth has only four bytes), of the target five.
    t.same(offered, { base: Math.min(long, 12) + Math.min(short, 13), target: Math.min(own, 5) })
  }
})

t.test('a match that is long enough ends the search, and of equals the first is kept', async t => {
  const repeats = Buffer.from('abcdefgh-abcdefghij-abcdefgh')
  const wanted = Buffer.from('abcdefghij')
  const find = (niceBytes: number, aligned: number) => {
    const finder = new MatchFinder(new BaseIndex(repeats), wanted, { ...unbounded, niceBytes })
    finder.find(0, aligned)
    return [finder.address, finder.bytes]
  }
  t.same(find(8, 0), [0, 8], 'the place that was named is long enough')
  t.same(find(9, 0), [9, 10], 'a longer one is looked for')
  t.same(find(1e9, 9), [9, 10])
  for (const aligned of [-1, -100, repeats.length, 1e6]) t.same(find(1e9, aligned), [9, 10])
  const twice = new MatchFinder(new BaseIndex(repeats), repeats.subarray(0, 8), unbounded)
  twice.find(0, 20)
  t.same([twice.address, twice.bytes], [20, 8])
})

t.test('a run is four equal bytes or more, up to the first other byte or the end', async t => {
  const bytes = Buffer.from('abbbbbcdddeeee')
  t.equal(runBytes(bytes, 0), 0)
  t.equal(runBytes(bytes, 1), 5)
  t.equal(runBytes(bytes, 3), 0)
  t.equal(runBytes(bytes, 7), 0)
  t.equal(runBytes(bytes, 10), 4)
  t.equal(runBytes(bytes, 13), 0)
})
