// Claims about making a delta in several ways.
import t from 'tap'
import { encodeSmallest } from '../../../shared/delta/attempts.ts'
import { decodeDelta } from '../../../shared/delta/format.ts'
import { editPage, makePage } from './samples.ts'

const base = makePage(20_000, 1)
const target = editPage(base, 10, 2)
const dcb = { format: 'dcb', effort: 5 } as const
const vcdiff = { format: 'vcdiff', effort: 1 } as const

t.test('the smallest of several attempts is kept, whatever their order, and says which it is', async t => {
  for (const attempts of [
    [dcb, vcdiff],
    [vcdiff, dcb],
  ] as const) {
    const { attempt, delta } = await encodeSmallest(attempts, base, target, 'link')
    t.equal(attempt, dcb)
    const made = await decodeDelta('dcb', base, delta, { framing: 'link', maxTargetBytes: target.length })
    t.ok(Buffer.from(made).equals(target))
  }
})

t.test('of equals the first is kept', async t => {
  const twin = { ...dcb }
  t.equal((await encodeSmallest([dcb, twin], base, target, 'link')).attempt, dcb)
})
