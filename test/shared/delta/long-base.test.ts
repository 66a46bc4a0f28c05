// Claims about bases that are too long for one index.
import t from 'tap'
import type { BaseReader } from '../../../shared/delta/base-reader.ts'
import { createDeltaEncoder, decodeDelta } from '../../../shared/delta/format.ts'
import { LongBase, WHOLE_BASE_BYTES } from '../../../shared/delta/long-base.ts'
import { feed, randomBytes } from './samples.ts'

const MIB = 1024 * 1024

/** A base that is not in memory: each four bytes are made from their place. */
function makeLongBase(mebibytes: number): BaseReader & { mostRead: number } {
  const base = {
    length: mebibytes * MIB,
    mostRead: 0,
    read(at: number, bytes: number): Uint8Array {
      base.mostRead = Math.max(base.mostRead, bytes)
      const first = Math.floor(at / 4)
      const words = new Uint32Array(Math.ceil((at + bytes) / 4) - first)
      for (let i = 0; i < words.length; i++) {
        const mixed = Math.imul(first + i, 0x9e3779b1)
        words[i] = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77)
      }
      return new Uint8Array(words.buffer).subarray(at - first * 4, at - first * 4 + bytes)
    },
  }
  return base
}

t.test('the stretch that is indexed is the one that the target resembles', async t => {
  const base = makeLongBase(80)
  const long = new LongBase(base)
  for (const at of [0, 30, 70, 5]) {
    const target = base.read(at * MIB + 1000, 2 * MIB)
    const { at: found, index } = long.segmentFor(target)
    t.ok(found <= at * MIB + 1000 && found + index.base.length >= (at + 2) * MIB + 1000, `${at}: ${found / MIB}`)
  }
  const last = long.segmentFor(randomBytes(MIB, 5)).at
  t.equal(long.segmentFor(randomBytes(MIB, 6)).at, last, 'what resembles nothing keeps the last stretch')
})

t.test('a delta against a long base is small, decodes, and never held more than a stretch of it', async t => {
  const base = makeLongBase(WHOLE_BASE_BYTES / MIB + 8)
  const target = Buffer.concat([base.read(60 * MIB + 77, 8 * MIB), base.read(3 * MIB, 7 * MIB), Buffer.from('new')])
  base.mostRead = 0
  const delta = await feed(createDeltaEncoder('vcdiff', base, { framing: 'file', effort: 1 }), [target])
  t.ok(delta.length < 200, `${delta.length} bytes`)
  t.equal(base.mostRead, 16 * MIB)
  const made = await decodeDelta('vcdiff', base, delta, { framing: 'file', maxTargetBytes: target.length })
  t.ok(Buffer.from(made).equals(target))
})

t.test('dcb refuses a base that it cannot hold, and says what to use', async t => {
  const base = makeLongBase(WHOLE_BASE_BYTES / MIB + 1)
  t.throws(() => createDeltaEncoder('dcb', base, { framing: 'file' }), {
    code: 'DELTA_UNSUPPORTED',
    message: /use vcdiff/,
  })
})
