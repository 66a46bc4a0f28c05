// Claims about how a VCDIFF stream is taken apart.
import * as fc from 'fast-check'
import t from 'tap'
import { maxWindowBytes, type VcdiffItem, VcdiffReader } from '../../../shared/delta/vcdiff-reader.ts'
import { bytesOf, header, integer, makeDelta, makeWindow } from './samples.ts'

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

function readAll(reader: VcdiffReader, pieces: Iterable<Uint8Array>): VcdiffItem[] {
  const items: VcdiffItem[] = []
  for (const piece of pieces) {
    reader.push(piece)
    for (let item = reader.next(); item !== undefined; item = reader.next()) items.push(item)
  }
  reader.end()
  return items
}

t.test('any windows are read as they were written, in whatever pieces they come', async t => {
  const bytes = fc.array(fc.nat(255), { maxLength: 20 })
  const window = fc.record({
    place: fc.option(fc.tuple(fc.nat(100_000), fc.maxSafeNat())),
    isTarget: fc.boolean(),
    targetBytes: fc.nat(1000),
    checksum: fc.option(fc.nat(0xffffffff)),
    data: bytes,
    instructions: bytes,
    addresses: bytes,
  })
  fc.assert(
    fc.property(fc.array(window, { maxLength: 4 }), fc.integer({ min: 1, max: 60 }), (windows, pieceBytes) => {
      const made = windows.map(({ place, isTarget, checksum, ...rest }) =>
        makeWindow({
          ...rest,
          ...(place === null ? {} : { segment: place }),
          indicator: (place === null ? 0 : isTarget ? 2 : 1) + (checksum === null ? 0 : 4),
          checksum: checksum === null ? [] : [24, 16, 8, 0].map(shift => (checksum >>> shift) & 255),
        }),
      )
      const delta = Buffer.from([...header, ...made.flat()])
      const pieces = Array.from({ length: Math.ceil(delta.length / pieceBytes) }, (_, i) =>
        delta.subarray(i * pieceBytes, (i + 1) * pieceBytes),
      )
      const [first, ...items] = readAll(new VcdiffReader(1000), pieces)
      return (
        first?.kind === 'header' &&
        items.length === windows.length &&
        windows.every(({ place, isTarget, targetBytes, checksum, data, instructions, addresses }, i) => {
          const item = items[i]
          return (
            item?.kind === 'window' &&
            item.segment === (place === null ? 'none' : isTarget ? 'target' : 'base') &&
            item.segmentBytes === (place?.[0] ?? 0) &&
            item.segmentAt === (place?.[1] ?? 0) &&
            item.targetBytes === targetBytes &&
            item.checksum === (checksum ?? undefined) &&
            item.deltaBytes === made[i]!.length &&
            String([...item.data]) === String(data) &&
            String([...item.instructions]) === String(instructions) &&
            String([...item.addresses]) === String(addresses)
          )
        })
      )
    }),
  )
  t.pass()
})

t.test('limits are reached before they are passed', async t => {
  const begin = (bytes: readonly number[], maxTargetBytes = 1000) => {
    const reader = new VcdiffReader(maxTargetBytes)
    reader.push(Uint8Array.from(bytes))
    const items: (VcdiffItem | undefined)[] = [reader.next()]
    if (items[0] !== undefined) items.push(reader.next())
    return items.at(-1)
  }
  const most = 0x7fffffff
  const body = maxWindowBytes(1000)
  t.equal(begin([...header, 0, ...integer(body), ...integer(1000)]), undefined)
  t.throws(() => begin([...header, 0, ...integer(body + 1), ...integer(1000)]), { code: 'DELTA_MALFORMED' })
  t.throws(() => begin([...header, 0, ...integer(body), ...integer(1001)]), { code: 'DELTA_TOO_LARGE' })
  t.equal(begin([...header, 1, ...integer(most - 1000), 0, 50, ...integer(1000)]), undefined)
  t.throws(() => begin([...header, 1, ...integer(most - 999), 0, 50, ...integer(1000)]), { code: 'DELTA_TOO_LARGE' })
  for (const [bit, limit] of [
    [4, 65_536],
    [2, 4096],
  ] as const) {
    const start = [0xd6, 0xc3, 0xc4, 0, bit]
    t.equal(begin([...start, ...integer(limit)]), undefined)
    const whole = new VcdiffReader(1000)
    whole.push(Uint8Array.from([...start, ...integer(limit), ...Array<number>(limit).fill(1)]))
    t.equal(whole.next()?.kind, 'header')
    whole.end()
    t.throws(() => begin([...start, ...integer(limit + 1)]), { code: 'DELTA_TOO_LARGE' })
  }
})

t.test('other dialects are told from what is no VCDIFF at all', async t => {
  const start = (...bytes: number[]) => {
    const reader = new VcdiffReader(100)
    reader.push(Uint8Array.from(bytes))
    return () => reader.next()
  }
  t.throws(start(0xd6, 0xc3, 0xc4, 0x53), { code: 'DELTA_UNSUPPORTED', message: /SDCH/ })
  for (const bytes of [
    [0xd6, 0xc3, 0xc4, 0x01],
    [0xd6, 0x53],
    [0x53, 0xc3, 0xc4, 0],
  ]) {
    t.throws(start(...bytes), { code: 'DELTA_MALFORMED' })
  }
  t.throws(start(...header.slice(0, 4), 1), { code: 'DELTA_UNSUPPORTED', message: /secondary/ })
  t.throws(start(...header.slice(0, 4), 8), { code: 'DELTA_UNSUPPORTED', message: /indicator/ })
  t.throws(start(...header.slice(0, 4), 2, 1, 4), { code: 'DELTA_MALFORMED', message: /code table/ })
  for (let length = 0; length <= 4; length++) t.equal(start(...header.slice(0, length))(), undefined)
})

t.test('what a header notes outlives the memory it came in', async t => {
  const reader = new VcdiffReader(100)
  const chunk = Buffer.from([0xd6, 0xc3, 0xc4, 0, 6, 3, 4, 3, 9, 2, ...bytesOf('ab')])
  reader.push(chunk)
  const item = reader.next()
  chunk.fill(0)
  t.match(item, { application: Uint8Array.from(bytesOf('ab')), codeTable: { delta: Uint8Array.of(9) } })
})
