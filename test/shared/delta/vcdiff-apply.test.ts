// Claims about following the instructions of one window.
import * as fc from 'fast-check'
import t from 'tap'
import { applyWindow, walkInstructions } from '../../../shared/delta/vcdiff-apply.ts'
import { AddressCache } from '../../../shared/delta/vcdiff-address.ts'
import { type VcdiffWindow, VcdiffReader } from '../../../shared/delta/vcdiff-reader.ts'
import { defaultTable } from '../../../shared/delta/vcdiff-table.ts'
import { bytesOf, type HandMadeWindow, integer, makeDelta, randomBytes } from './samples.ts'

const set = { table: defaultTable, cache: new AddressCache() }

function readWindow(window: HandMadeWindow): VcdiffWindow {
  const reader = new VcdiffReader(1_000_000)
  reader.push(makeDelta(window))
  reader.next()
  const item = reader.next()
  if (item?.kind !== 'window') throw new Error('no window')
  return item
}

t.test('instructions are walked in order, with their modes and what they take', async t => {
  const window = readWindow({
    segment: [16, 0],
    targetBytes: 28,
    data: bytesOf('wxyzz'),
    instructions: [20, 5, 20, 28, 0, 4],
    addresses: [0, 4, 24],
  })
  const walked: unknown[] = []
  walkInstructions(window, set, {
    add: (...args) => walked.push(['add', ...args]),
    run: (...args) => walked.push(['run', ...args]),
    copy: (...args) => walked.push(['copy', ...args]),
  })
  t.same(walked, [
    ['copy', 0, 4, 0],
    ['add', 0, 4],
    ['copy', 4, 4, 0],
    ['copy', 24, 12, 0],
    ['run', 122, 4],
  ])
})

t.test('a copy that overlaps what it makes repeats it, for every distance and length', async t => {
  for (const distance of [1, 2, 3, 7, 23, 24, 25, 100]) {
    for (const length of [4, 23, 24, 25, 26, 48, 49, 100, 1000]) {
      const data = randomBytes(distance, length)
      const window = readWindow({
        targetBytes: distance + length,
        data: [...data],
        instructions: [1, ...integer(distance), 19, ...integer(length)],
        addresses: [0],
      })
      const expected = Buffer.from(Array.from({ length: distance + length }, (_, at) => data[at % distance]!))
      const made = Buffer.from(applyWindow(window, new Uint8Array(0), set))
      if (!made.equals(expected)) t.fail(`distance ${distance}, length ${length}`)
    }
  }
})

t.test('a copy across the end of the segment goes on in the target', async t => {
  for (const [segmentBytes, length] of [
    [3, 10],
    [60, 100],
    [60, 60],
  ] as const) {
    const segment = randomBytes(segmentBytes, 1)
    const from = segmentBytes - Math.ceil(segmentBytes / 2)
    const window = readWindow({
      segment: [segmentBytes, 0],
      targetBytes: length,
      instructions: [19, ...integer(length)],
      addresses: [from],
    })
    const all = [...segment]
    for (let at = 0; at < length; at++) all.push(all[from + at]!)
    t.same([...applyWindow(window, segment, set)], all.slice(segmentBytes))
  }
})

t.test('any copies, across the end of the segment or not, make what copying byte by byte makes', async t => {
  const copy = fc.record({ from: fc.nat(1000), bytes: fc.integer({ min: 1, max: 60 }) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.array(copy, { minLength: 1, maxLength: 12 }), (length, copies) => {
      const segment = randomBytes(length, length)
      const all = [...segment]
      const addresses: number[] = []
      for (const { from, bytes } of copies) {
        const address = from % all.length
        addresses.push(...integer(address))
        for (let i = 0; i < bytes; i++) all.push(all[address + i]!)
      }
      const window = readWindow({
        segment: [length, 0],
        targetBytes: all.length - length,
        instructions: copies.flatMap(({ bytes }) => [19, ...integer(bytes)]),
        addresses,
      })
      return Buffer.from(applyWindow(window, segment, set)).equals(Buffer.from(all.slice(length)))
    }),
  )
  t.pass()
})

t.test('every window begins with empty caches, and every copy is remembered', async t => {
  // COPY 4 by address 9, then by the first recent slot + 1, then by the same slot of the first.
  const window = readWindow({ segment: [16, 0], targetBytes: 12, instructions: [20, 52, 116], addresses: [9, 1, 9] })
  const copies = () => {
    const addresses: number[] = []
    const ignore = () => {}
    walkInstructions(window, set, { add: ignore, run: ignore, copy: address => addresses.push(address) })
    return addresses
  }
  t.same(
    [copies(), copies()],
    [
      [9, 10, 9],
      [9, 10, 9],
    ],
  )
  const fromEmpty = readWindow({ segment: [16, 0], targetBytes: 4, instructions: [52], addresses: [3] })
  t.same(
    [
      ...applyWindow(
        fromEmpty,
        Uint8Array.from({ length: 16 }, (_, at) => at),
        set,
      ),
    ],
    [3, 4, 5, 6],
  )
})

t.test('a copy starts before the byte that is being made, and not before the segment', async t => {
  const make = (mode: number, address: number) => {
    const window = readWindow({
      segment: [4, 0],
      targetBytes: 5,
      data: [7],
      instructions: [2, 20 + 16 * mode],
      addresses: integer(address),
    })
    return () => [...applyWindow(window, Uint8Array.of(1, 2, 3, 4), set)]
  }
  const [SELF, HERE] = [0, 1]
  t.same(make(SELF, 0)(), [7, 1, 2, 3, 4])
  t.same(make(SELF, 4)(), [7, 7, 7, 7, 7])
  t.same(make(HERE, 1)(), [7, 7, 7, 7, 7])
  t.same(make(HERE, 5)(), [7, 1, 2, 3, 4])
  for (const outside of [make(SELF, 5), make(SELF, 2 ** 40), make(HERE, 0), make(HERE, 6), make(HERE, 2 ** 50)])
    t.throws(outside, { code: 'DELTA_MALFORMED' })
})

t.test('a checksum that is there is checked, zero included, and one that is not there is not missed', async t => {
  const window = readWindow({ targetBytes: 3, data: bytesOf('abc'), instructions: [4] })
  const make = (checksum: number | undefined) => () =>
    Buffer.from(applyWindow({ ...window, checksum }, new Uint8Array(0), set)).toString()
  t.equal(make(undefined)(), 'abc')
  t.equal(make(0x024d0127)(), 'abc')
  for (const wrong of [0, 0x024d0126, 0x27014d02]) t.throws(make(wrong), { code: 'DELTA_CHECKSUM' })
})
