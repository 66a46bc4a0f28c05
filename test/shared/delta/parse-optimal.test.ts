// Claims about the optimal parse.
import * as fc from 'fast-check'
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

t.test('few values, where matches, overlaps and runs begin everywhere, are made exactly too', async t => {
  const bytes = (maxLength: number) => fc.array(fc.nat(1), { maxLength }).map(values => Buffer.from(values))
  fc.assert(
    fc.property(bytes(40), bytes(80), fc.integer({ min: 4, max: 20 }), (base, target, niceBytes) => {
      const depth = { long: 4, short: 4, target: 4, niceBytes }
      const { verbs, made } = rebuild(base, target, verbs =>
        parseOptimally(new BaseIndex(base), target, depth, plainCosts, verbs),
      )
      return made.equals(target) && verbs.every(({ bytes }) => bytes > 0)
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('what matches nothing is one add, and what repeats one byte is one run, across blocks too', async t => {
  const parse = (target: Uint8Array) =>
    rebuild(Buffer.alloc(0), target, verbs =>
      parseOptimally(new BaseIndex(Buffer.alloc(0)), target, depth, plainCosts, verbs),
    ).verbs
  for (const bytes of [1, 100, 8191, 8192, 8193, 16_384, 16_385]) {
    const noise = Buffer.from(Uint32Array.from({ length: Math.ceil(bytes / 4) }, (_, i) => 1e9 + i * 77_777_777).buffer)
    t.same(parse(noise.subarray(0, bytes)), [{ kind: 'add', bytes }])
    if (bytes >= 100) t.same(parse(Buffer.alloc(bytes, 7)), [{ kind: 'run', bytes }])
  }
})
