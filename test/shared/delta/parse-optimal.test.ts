// Claims about the optimal parse.
import t from 'tap'
import { BaseIndex } from '../../../shared/delta/base-index.ts'
import { parseLazily } from '../../../shared/delta/parse-lazy.ts'
import { parseOptimally } from '../../../shared/delta/parse-optimal.ts'
import { linkCosts, plainCosts } from '../../../shared/delta/vcdiff-costs.ts'
import { WindowWriter, type Verbs } from '../../../shared/delta/vcdiff-window.ts'
import { editPage, makePage, parsePairs, rebuild } from './samples.ts'

const depth = { long: 16, short: 16, target: 16, niceBytes: 128 }

t.test('the verbs make exactly the target, whatever it is', async t => {
  for (const [base, target] of parsePairs()) {
    for (const costs of [plainCosts, linkCosts]) {
      const { made } = rebuild(base, target, verbs => parseOptimally(new BaseIndex(base), target, depth, costs, verbs))
      t.ok(made.equals(target), `${base.length} to ${target.length} bytes`)
    }
  }
})

t.test('counting bytes, it takes fewer than the lazy parse', async t => {
  const base = makePage(30_000, 1)
  const index = new BaseIndex(base)
  for (const edits of [1, 10, 100, 1000]) {
    const target = editPage(base, edits, 2)
    const size = (parse: (verbs: Verbs) => void) => {
      const writer = new WindowWriter({ at: 0, bytes: base.length }, target)
      parse(writer)
      return writer.finish(true).length
    }
    const optimal = size(verbs => parseOptimally(index, target, depth, plainCosts, verbs))
    const lazy = size(verbs => parseLazily(index, target, depth, verbs))
    t.ok(optimal <= lazy, `${edits} edits: ${optimal} and ${lazy} bytes`)
  }
})

t.test('a target longer than a block is parsed without a seam', async t => {
  const base = makePage(40_000, 5)
  const { verbs } = rebuild(base, base, writer => parseOptimally(new BaseIndex(base), base, depth, plainCosts, writer))
  t.same(verbs, [{ kind: 'copy', bytes: base.length }])
})
