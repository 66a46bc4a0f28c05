// Claims about the code tables: the default one against RFC 3284 §5.6, line by line, and the serial form of §7.
import t from 'tap'
import {
  ADD,
  COPY,
  defaultTable,
  NOOP,
  readTable,
  RECENT_SLOTS,
  RUN,
  SAME_SLOTS,
  TABLE_BYTES,
  writeTable,
} from '../../../shared/delta/vcdiff-table.ts'

type Half = readonly [kind: number, sizes: readonly number[], modes: readonly number[]]
const nothing: Half = [NOOP, [0], [0]]
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** The 21 lines of RFC 3284 §5.6: first half, second half, first and last index. */
const lines: readonly [Half, Half, number, number][] = [
  [[RUN, [0], [0]], nothing, 0, 0],
  [[ADD, [0, ...range(1, 17)], [0]], nothing, 1, 18],
  [[COPY, [0, ...range(4, 18)], [0]], nothing, 19, 34],
  [[COPY, [0, ...range(4, 18)], [1]], nothing, 35, 50],
  [[COPY, [0, ...range(4, 18)], [2]], nothing, 51, 66],
  [[COPY, [0, ...range(4, 18)], [3]], nothing, 67, 82],
  [[COPY, [0, ...range(4, 18)], [4]], nothing, 83, 98],
  [[COPY, [0, ...range(4, 18)], [5]], nothing, 99, 114],
  [[COPY, [0, ...range(4, 18)], [6]], nothing, 115, 130],
  [[COPY, [0, ...range(4, 18)], [7]], nothing, 131, 146],
  [[COPY, [0, ...range(4, 18)], [8]], nothing, 147, 162],
  [[ADD, range(1, 4), [0]], [COPY, range(4, 6), [0]], 163, 174],
  [[ADD, range(1, 4), [0]], [COPY, range(4, 6), [1]], 175, 186],
  [[ADD, range(1, 4), [0]], [COPY, range(4, 6), [2]], 187, 198],
  [[ADD, range(1, 4), [0]], [COPY, range(4, 6), [3]], 199, 210],
  [[ADD, range(1, 4), [0]], [COPY, range(4, 6), [4]], 211, 222],
  [[ADD, range(1, 4), [0]], [COPY, range(4, 6), [5]], 223, 234],
  [[ADD, range(1, 4), [0]], [COPY, [4], [6]], 235, 238],
  [[ADD, range(1, 4), [0]], [COPY, [4], [7]], 239, 242],
  [[ADD, range(1, 4), [0]], [COPY, [4], [8]], 243, 246],
  [[COPY, [4], range(0, 8)], [ADD, [1], [0]], 247, 255],
]

/** Every row of a line, the rightmost column running fastest. */
function expand([[kind1, sizes1, modes1], [kind2, sizes2, modes2]]: (typeof lines)[number]): number[][] {
  return sizes1.flatMap(size1 =>
    modes1.flatMap(mode1 => sizes2.flatMap(size2 => modes2.map(mode2 => [kind1, size1, mode1, kind2, size2, mode2]))),
  )
}

function rowOf(code: number): (number | undefined)[] {
  const { kind1, size1, mode1, kind2, size2, mode2 } = defaultTable
  return [kind1[code], size1[code], mode1[code], kind2[code], size2[code], mode2[code]]
}

t.test('the default table has the lines of RFC 3284 §5.6, each at its indices, and no others', async t => {
  let next = 0
  for (const line of lines) {
    const [, , first, last] = line
    t.equal(first, next)
    t.same(range(first, last).map(rowOf), expand(line), `codes ${first} to ${last}`)
    next = last + 1
  }
  t.equal(next, 256)
})

t.test('the kinds have the numbers of RFC 3284 §5.4, the caches the sizes of §5.1', async t => {
  t.same([NOOP, ADD, RUN, COPY], [0, 1, 2, 3])
  t.same([RECENT_SLOTS, SAME_SLOTS], [4, 3])
})

t.test(
  'a table is written in the order of RFC 3284 §7: kinds, sizes, modes, the first halves before the second',
  async t => {
    const columns = range(0, 5).map(column => Uint8Array.from({ length: 256 }, (_, code) => (code * 7 + column) % 256))
    const serial = Buffer.concat(columns)
    const table = readTable(serial)
    const { kind1, kind2, size1, size2, mode1, mode2 } = table
    t.same([kind1, kind2, size1, size2, mode1, mode2], columns)
    t.equal(serial.length, TABLE_BYTES)
    t.ok(serial.equals(writeTable(table)))
  },
)

t.test('what is read is a copy: the memory it came from may change', async t => {
  for (const serial of [writeTable(defaultTable), Buffer.from(writeTable(defaultTable))]) {
    const table = readTable(serial)
    serial.fill(9)
    t.same(table, defaultTable)
  }
})
