// Claims about how a VCDIFF stream is taken apart.
import t from 'tap'
import { VcdiffReader } from '../../../shared/delta/vcdiff-reader.ts'
import { bytesOf, integer, makeDelta, makeWindow } from './samples.ts'

t.test('a header tells what the application noted and which code table it brings', async t => {
  const reader = new VcdiffReader(100)
  const table = [4, 3, 1, 2, 3]
  reader.push(Uint8Array.of(0xd6, 0xc3, 0xc4, 0, 6, table.length, ...table, 3, ...bytesOf('abc')))
  t.same(reader.next(), {
    kind: 'header',
    application: Uint8Array.from(bytesOf('abc')),
    codeTable: { recentSlots: 4, sameSlots: 3, delta: Uint8Array.of(1, 2, 3) },
  })
  t.equal(reader.next(), undefined)
  reader.end()
})

t.test('a window is given out with its sections when its last byte is there, not before', async t => {
  const window = { segment: [9, 4] as const, targetBytes: 6, data: [1, 2], instructions: [3, 20], addresses: [5] }
  const delta = makeDelta(window)
  const reader = new VcdiffReader(100)
  reader.push(delta.subarray(0, -1))
  t.equal(reader.next()?.kind, 'header')
  t.equal(reader.next(), undefined)
  t.throws(() => reader.end(), { code: 'DELTA_TRUNCATED' })
  reader.push(delta.subarray(-1))
  t.match(reader.next(), {
    kind: 'window',
    segment: 'base',
    segmentBytes: 9,
    segmentAt: 4,
    targetBytes: 6,
    checksum: undefined,
    data: { 0: 1, 1: 2 },
    instructions: { 0: 3, 1: 20 },
    addresses: { 0: 5 },
    deltaBytes: makeWindow(window).length,
  })
  reader.end()
})

t.test('a claim that is too large is refused before its bytes have come', async t => {
  const claims = (bytes: number[]) => {
    const reader = new VcdiffReader(1000)
    reader.push(makeDelta())
    reader.next()
    reader.push(Uint8Array.from(bytes))
    return () => reader.next()
  }
  t.throws(claims([0, ...integer(5000), ...integer(1001)]), { code: 'DELTA_TOO_LARGE' })
  t.throws(claims([0, ...integer(2 ** 40), ...integer(1000)]), { code: 'DELTA_MALFORMED' })
  t.throws(claims([1, ...integer(2 ** 31), 0, 9, 5]), { code: 'DELTA_TOO_LARGE' })
  t.throws(
    () => {
      const reader = new VcdiffReader(1000)
      reader.push(Uint8Array.of(0xd6, 0xc3, 0xc4, 0, 4, ...integer(100_000)))
      reader.next()
    },
    { code: 'DELTA_TOO_LARGE' },
  )
})
