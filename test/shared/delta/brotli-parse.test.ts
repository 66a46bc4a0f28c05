// Claims about the parse for Brotli.
import t from 'tap'
import { BaseIndex } from '../../../shared/delta/base-index.ts'
import { BrotliCosts } from '../../../shared/delta/brotli-costs.ts'
import { parseForBrotli } from '../../../shared/delta/brotli-parse.ts'
import { makePage, parsePairs } from './samples.ts'

const depth = { long: 16, short: 16, target: 16, niceBytes: 128 }
const costs = new BrotliCosts(undefined)

t.test('the commands make exactly the target, and no copy runs from the base into it', async t => {
  for (const [base, target] of parsePairs()) {
    const all = Buffer.concat([base, Buffer.alloc(target.length)])
    let at = base.length
    for (const { insert, copy, distance } of parseForBrotli(new BaseIndex(base), target, depth, costs)) {
      all.set(target.subarray(at - base.length, at - base.length + insert), at)
      at += insert
      const from = at - distance
      if (copy > 0 && (from < 0 || (from < base.length && from + copy > base.length))) t.fail('a copy leaves the base')
      for (let i = 0; i < copy; i++) all[at + i] = all[from + i]!
      at += copy
    }
    t.ok(all.subarray(base.length, at).equals(target), `${base.length} to ${target.length} bytes`)
  }
})

t.test('a page that did not change is one copy', async t => {
  const page = makePage(40_000, 1)
  t.same(parseForBrotli(new BaseIndex(page), page, depth, costs), [{ insert: 0, copy: 40_000, distance: 40_000 }])
})
