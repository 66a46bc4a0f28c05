// Claims about the index of a base: every string it promises to know is there, and its chains run back and end.
import * as fc from 'fast-check'
import t from 'tap'
import {
  BaseIndex,
  type Chain,
  emptyChain,
  hashLong,
  hashShort,
  LONG_KEY_BYTES,
  SHORT_KEY_BYTES,
  wordAt,
} from '../../../shared/delta/base-index.ts'
import { randomBytes } from './samples.ts'

/** The entries of one bucket, first to last. */
function follow({ heads, links }: Chain, hash: number): number[] {
  const entries: number[] = []
  for (let entry = heads[hash]!; entry >= 0; entry = links[entry]!) entries.push(entry)
  return entries
}

const shortHash = (base: Uint8Array, at: number, { shift }: Chain) => hashShort(wordAt(base, at), shift)
const longHash = (base: Uint8Array, at: number, { shift }: Chain) =>
  hashLong(wordAt(base, at), wordAt(base, at + 4), shift)

t.test('every string of four and of eight bytes is in its chain once, the latest first', async t => {
  const bytes = fc.array(fc.nat(2), { maxLength: 80 }).map(values => Uint8Array.from(values))
  fc.assert(
    fc.property(bytes, base => {
      const { short, long, step } = new BaseIndex(base)
      const expected = (chain: Chain, keyBytes: number, hashAt: typeof shortHash) => {
        const buckets = new Map<number, number[]>()
        for (let at = 0; at + keyBytes <= base.length; at++) {
          const hash = hashAt(base, at, chain)
          buckets.set(hash, [at, ...(buckets.get(hash) ?? [])])
        }
        return chain.heads.every((head, hash) => {
          const wanted = buckets.get(hash) ?? []
          return head === (wanted[0] ?? -1) && (head < 0 || String(follow(chain, hash)) === String(wanted))
        })
      }
      if (short === undefined || step !== 1) return false
      return expected(short, SHORT_KEY_BYTES, shortHash) && expected(long, LONG_KEY_BYTES, longHash)
    }),
  )
  t.pass()
})

t.test('a base shorter than a string has empty chains', async t => {
  for (let length = 0; length < SHORT_KEY_BYTES; length++) {
    const { short, long } = new BaseIndex(new Uint8Array(length))
    t.ok(short?.heads.every(head => head === -1) && long.heads.every(head => head === -1), `${length} bytes`)
  }
})

t.test('in a long base every match of 8 + step − 1 bytes holds a string of the index', async t => {
  const base = randomBytes(4 * 1024 * 1024 + 5, 1)
  const { short, long, step } = new BaseIndex(base)
  t.equal(short, undefined, 'the base is too long for short strings')
  t.equal(step, 4)
  const last = base.length - (LONG_KEY_BYTES + step - 1)
  for (const from of [0, 1, 2, 3, 4, 1_000_001, 2_345_678, last - 2, last - 1, last]) {
    const found = Array.from({ length: step }, (_, i) => from + i).filter(at =>
      follow(long, longHash(base, at, long)).some(entry => entry * step === at),
    )
    t.equal(found.length, 1, `the match at ${from}`)
  }
})

t.test('the index of a long base stays small: the longer the base, the fewer of its places are in it', async t => {
  const index = new BaseIndex(Buffer.alloc(9_000_000, randomBytes(1000, 1)))
  t.equal(index.step, 8)
  t.ok(index.sizeBytes <= 16 * 1024 * 1024, `${index.sizeBytes}`)
})

t.test('the size of an index is that of its four arrays', async t => {
  const index = new BaseIndex(randomBytes(5000, 1))
  const { short, long } = index
  const arrays = [short!.heads, short!.links, long.heads, long.links]
  t.equal(
    index.sizeBytes,
    arrays.reduce((sum, { byteLength }) => sum + byteLength, 0),
  )
  t.equal(new BaseIndex(index.base).sizeBytes, index.sizeBytes)
})

t.test('hashes fall into their table, whatever its size', async t => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), fc.nat(9_000_000), (low, high, entries) => {
      const { heads, shift } = entries < 100_000 ? emptyChain(entries, 0) : { heads: { length: 1 << 22 }, shift: 10 }
      const hashes = [hashShort(low, shift), hashLong(low, high, shift)]
      return hashes.every(hash => hash >= 0 && hash < heads.length)
    }),
  )
  t.equal(emptyChain(9_000_000, 0).shift, 10, 'a table has at most 2^22 buckets')
  t.equal(emptyChain(0, 0).shift, 22, 'and at least 2^10')
})

t.test('a word is four bytes, the first the lowest', async t => {
  t.equal(wordAt(Uint8Array.of(9, 0x78, 0x56, 0x34, 0x12), 1), 0x12345678)
  t.equal(wordAt(Uint8Array.of(0, 0, 0, 0x80), 0), -(2 ** 31))
})
