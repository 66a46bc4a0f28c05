// Claims about the base index.
import t from 'tap'
import { BaseIndex, hashLong, hashShort, wordAt } from '../../../shared/delta/base-index.ts'
import { makePage, randomBytes } from './samples.ts'

t.test('every four and every eight bytes of a small base are found in their chains', async t => {
  const base = makePage(5000, 1)
  const { short, long, step } = new BaseIndex(base)
  t.equal(step, 1)
  const reaches = (chain: { heads: Int32Array; links: Int32Array }, hash: number, wanted: number) => {
    for (let at = chain.heads[hash]!; at >= 0; at = chain.links[at]!) if (at === wanted) return true
    return false
  }
  for (let at = 0; at + 8 <= base.length; at++) {
    const low = wordAt(base, at)
    const found =
      reaches(short!, hashShort(low, short!.shift), at) &&
      reaches(long, hashLong(low, wordAt(base, at + 4), long.shift), at)
    if (!found) t.fail(`place ${at}`)
  }
})

t.test('a chain leads from later places to earlier ones, and ends', async t => {
  const { short } = new BaseIndex(Buffer.alloc(3000, 'ab'))
  let last = 3000
  for (const head of short!.heads) {
    last = 3000
    for (let at = head; at >= 0; at = short!.links[at]!) {
      if (at >= last) t.fail(`${at} after ${last}`)
      last = at
    }
  }
})

t.test('the index of a long base stays small: places are sampled, short strings left out', async t => {
  const index = new BaseIndex(randomBytes(9_000_000, 1))
  t.equal(index.short, undefined)
  t.equal(index.step, 8)
  t.ok(index.sizeBytes <= 16 * 1024 * 1024, `${index.sizeBytes}`)
})

t.test('bases too short for a string have empty chains', async t => {
  for (const length of [0, 1, 3, 7]) {
    const { long } = new BaseIndex(randomBytes(length, 1))
    t.ok(long.heads.every(head => head === -1))
  }
})
