// Claims about following the instructions of one window.
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
