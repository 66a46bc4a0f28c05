// Claims about the parsers that read what others wrote: a short fuzzing of each (docs/simulation.md has the long one).
import t from 'tap'
import { makeRandom } from '../../loadtest/delta/random.ts'
import { mutate } from './mutate.ts'
import { fuzzOnce, targets } from './targets.ts'

const INPUTS = 200

for (const target of targets) {
  t.test(`${target.name} gives what it should or raises one of its faults, whatever it is given`, async t => {
    const random = makeRandom(5)
    const corpus = target.seeds()
    const inputs = [...corpus, ...Array.from({ length: INPUTS }, () => mutate(corpus, target.words, random))]
    const ends = await Promise.all(inputs.map(input => fuzzOnce(target, input)))
    t.strictSame(
      ends.filter(({ kind }) => kind === 'broken'),
      [],
    )
    t.ok(ends.some(({ kind }) => kind === 'accepted'))
  })
}
