// Claims about what the VCDIFF decoder makes of hand-made deltas, good and bad (RFC 3284).
import t from 'tap'
import { applyVcdiff, VcdiffPatch } from '../../../shared/delta/vcdiff-patch.ts'
import { defaultTable, writeTable } from '../../../shared/delta/vcdiff-table.ts'
import { Fault, type FaultCode } from '../../../shared/fault.ts'
import { bytesOf, type HandMadeWindow, header, integer, makeDelta, makeWindow } from './samples.ts'

const base = Buffer.from('abcdefghijklmnop')
const limits = { maxTargetBytes: 1000 }

// The example of RFC 3284 §3: COPY 4,0; ADD 4,"wxyz"; COPY 4,4; COPY 12,24; RUN 4,"z".
const rfcTarget = 'abcdwxyzefghefghefghefghzzzz'
const rfcWindow: HandMadeWindow = {
  segment: [16, 0],
  targetBytes: 28,
  data: bytesOf('wxyzz'),
  instructions: [20, 5, 20, 28, 0, 4],
  addresses: [0, 4, 24],
}

/** Every good delta of this file: what it is, the delta, its target. */
const goldens: readonly [string, Buffer, string][] = [
  ['the example of RFC 3284 §3', makeDelta(rfcWindow), rfcTarget],
  ['a header alone', Buffer.from(header), ''],
  ['an empty window', makeDelta({ targetBytes: 0 }), ''],
  ['two windows', makeDelta(rfcWindow, rfcWindow), rfcTarget + rfcTarget],
  ['a window without a segment', makeDelta({ targetBytes: 3, data: bytesOf('xyz'), instructions: [4] }), 'xyz'],
  [
    'a segment within the base',
    makeDelta({ segment: [4, 8], targetBytes: 4, instructions: [20], addresses: [0] }),
    'ijkl',
  ],
  [
    'a copy from the segment on into the target',
    makeDelta({ segment: [4, 0], targetBytes: 8, data: bytesOf('12'), instructions: [3, 22], addresses: [2] }),
    '12cd12cd',
  ],
  [
    'mode here, counted back from what is made',
    makeDelta({ targetBytes: 7, data: bytesOf('abc'), instructions: [4, 36], addresses: [3] }),
    'abcabca',
  ],
  [
    'modes recent and same, from the caches of earlier copies',
    makeDelta({ segment: [16, 0], targetBytes: 12, instructions: [20, 52, 116], addresses: [5, 1, 5] }),
    'fghighijfghi',
  ],
  [
    'a window that copies from the target made before',
    makeDelta(rfcWindow, { indicator: 2, segment: [4, 4], targetBytes: 4, instructions: [20], addresses: [0] }),
    `${rfcTarget}wxyz`,
  ],
  [
    'sizes that follow the opcode, of zero and more',
    makeDelta({ targetBytes: 2, data: bytesOf('ab'), instructions: [1, 0, 1, 2] }),
    'ab',
  ],
  [
    'a copy and an add in one opcode',
    makeDelta({ segment: [16, 0], targetBytes: 5, data: bytesOf('!'), instructions: [247], addresses: [0] }),
    'abcd!',
  ],
  [
    'an Adler-32 that matches',
    makeDelta({ ...rfcWindow, indicator: 5, checksum: [0xa7, 0xfc, 0x0b, 0xbd] }),
    rfcTarget,
  ],
]

for (const [what, delta, target] of goldens) {
  t.test(`reads ${what}`, async t => {
    t.equal(Buffer.from(applyVcdiff(base, delta, limits)).toString(), target)
  })

  t.test(`reads ${what} byte by byte, and knows at each byte that it is not the end`, async t => {
    const patch = new VcdiffPatch(base, limits)
    let made = ''
    for (const byte of delta) {
      patch.push(Uint8Array.of(byte))
      for (let window = patch.next(); window !== undefined; window = patch.next())
        made += Buffer.from(window).toString()
    }
    patch.end()
    t.equal(made, target)
  })
}

t.test('a truncated delta raises DELTA_TRUNCATED unless it ends between windows', async t => {
  for (const [what, delta] of goldens) {
    const ends = new Set([delta.length, header.length, header.length + makeWindow(rfcWindow).length])
    for (let length = 0; length < delta.length; length++) {
      if (ends.has(length)) continue
      t.equal(codeOf(delta.subarray(0, length)), 'DELTA_TRUNCATED', `${what}, ${length} bytes`)
    }
  }
})

t.test('with every byte changed in every way, a checksummed delta makes its target or raises a fault', async t => {
  const [, delta, target] = goldens.at(-1)!
  let survived = 0
  for (let at = 0; at < delta.length; at++) {
    for (let value = 0; value < 256; value++) {
      const broken = Buffer.from(delta)
      broken[at] = value
      const made = attempt(broken)
      if (made instanceof Fault) continue
      // Without its checksum bit, or with no window at all, a delta is another delta, not a damaged one.
      if (at === header.length) continue
      survived++
      if (made.toString() !== target) t.fail(`byte ${at} = ${value} makes ${made.toString()}`)
    }
  }
  t.ok(survived >= delta.length - 1, `${survived}`)
})

t.test('with every byte changed in every way, no golden delta leaves its bounds', async t => {
  for (const [what, delta] of goldens) {
    for (let at = 0; at < delta.length; at++) {
      for (let value = 0; value < 256; value++) {
        const broken = Buffer.from(delta)
        broken[at] = value
        const made = attempt(broken)
        if (!(made instanceof Fault) && made.length > limits.maxTargetBytes) t.fail(`${what}: ${made.length} bytes`)
      }
    }
  }
})

const window = (over: Partial<HandMadeWindow>) => makeDelta({ ...rfcWindow, ...over })

/** Every bad delta: what is wrong, the delta, the fault. */
const broken: readonly [string, Uint8Array, FaultCode][] = [
  ['other magic', Buffer.from('GIF89a'), 'DELTA_MALFORMED'],
  ['the SDCH dialect', Buffer.from([0xd6, 0xc3, 0xc4, 0x53, 0]), 'DELTA_UNSUPPORTED'],
  ['a secondary compressor', Buffer.from([0xd6, 0xc3, 0xc4, 0, 1, 2]), 'DELTA_UNSUPPORTED'],
  ['an unknown header bit', Buffer.from([0xd6, 0xc3, 0xc4, 0, 8]), 'DELTA_UNSUPPORTED'],
  ['an unknown window bit', Buffer.from([...header, 8]), 'DELTA_MALFORMED'],
  ['a base and a target segment at once', window({ indicator: 3 }), 'DELTA_MALFORMED'],
  ['a segment beyond the base', window({ segment: [16, 1] }), 'DELTA_BASE'],
  ['a target segment that is not made yet', window({ indicator: 2 }), 'DELTA_MALFORMED'],
  ['a window of 2 GiB in 20 bytes', Buffer.from([...header, 0, 9, ...integer(2 ** 31), 0]), 'DELTA_TOO_LARGE'],
  ['a window longer than any encoder makes', Buffer.from([...header, 0, ...integer(99999), 4]), 'DELTA_MALFORMED'],
  ['more windows than are allowed', makeDelta(...Array.from({ length: 40 }, () => rfcWindow)), 'DELTA_TOO_LARGE'],
  ['a window shorter than its instructions', window({ targetBytes: 27 }), 'DELTA_MALFORMED'],
  ['a window longer than its instructions', window({ targetBytes: 29 }), 'DELTA_MALFORMED'],
  ['too little data for an add', window({ data: bytesOf('wxy') }), 'DELTA_MALFORMED'],
  ['too little data for a run', window({ data: bytesOf('wxyz') }), 'DELTA_MALFORMED'],
  ['data that nothing uses', window({ data: bytesOf('wxyzz!') }), 'DELTA_MALFORMED'],
  ['too few addresses', window({ addresses: [0, 4] }), 'DELTA_MALFORMED'],
  ['addresses that nothing uses', window({ addresses: [0, 4, 24, 0] }), 'DELTA_MALFORMED'],
  ['a copy from what is not made yet', window({ addresses: [0, 4, 28] }), 'DELTA_MALFORMED'],
  [
    'a copy from before the segment',
    window({ instructions: [20, 5, 36, 28, 0, 4], addresses: [0, 99, 24] }),
    'DELTA_MALFORMED',
  ],
  ['an instruction without its size', window({ instructions: [20, 5, 20, 28, 0] }), 'DELTA_MALFORMED'],
  ['an integer of nine digits', Buffer.from([...header, 1, ...Array(8).fill(0x81), 0]), 'DELTA_MALFORMED'],
  ['a window too short for its own lengths', Buffer.from([...header, 0, 0, 0, ...integer(2 ** 40)]), 'DELTA_MALFORMED'],
  ['compressed sections', Buffer.from([...header, 0, 5, 0, 1, 0, 0, 0]), 'DELTA_UNSUPPORTED'],
  ['sections that do not fill the window', Buffer.from([...header, 0, 6, 0, 0, 0, 0, 0, 0]), 'DELTA_MALFORMED'],
  ['an Adler-32 that does not match', window({ indicator: 5, checksum: [1, 2, 3, 4] }), 'DELTA_CHECKSUM'],
]

for (const [what, delta, code] of broken) {
  t.test(`${what} raises ${code}`, async t => {
    t.equal(codeOf(delta), code)
  })
}

t.test('an application header is passed over', async t => {
  const delta = Buffer.from([0xd6, 0xc3, 0xc4, 0, 4, 3, ...bytesOf('a//'), ...makeWindow(rfcWindow)])
  t.equal(Buffer.from(applyVcdiff(base, delta, limits)).toString(), rfcTarget)
})

t.test('target that is further back than the history kept is refused, not guessed', async t => {
  const again: HandMadeWindow = { indicator: 2, segment: [4, 4], targetBytes: 4, instructions: [20], addresses: [0] }
  const delta = makeDelta(rfcWindow, again)
  t.throws(() => applyVcdiff(base, delta, { ...limits, historyBytes: 20 }), { code: 'DELTA_UNSUPPORTED' })
  t.equal(applyVcdiff(base, delta, { ...limits, historyBytes: 28 }).length, 32)
})

t.test('a code table of its own is used instead of the default one (RFC 3284 §7)', async t => {
  // Opcode 255 becomes ADD 5; the table's delta copies the default table around the six bytes of that opcode.
  const serial = writeTable(defaultTable)
  const rows = [1, 0, 5, 0, 0, 0]
  const tableDelta = makeDelta({
    segment: [1536, 0],
    targetBytes: 1536,
    data: rows,
    instructions: rows.flatMap(() => [19, ...integer(255), 2]),
    addresses: rows.flatMap((_, column) => integer(column * 256)),
  })
  t.equal(applyVcdiff(serial, tableDelta, { maxTargetBytes: 1536 }).length, 1536)
  const table = [4, 3, ...tableDelta]
  const own = makeWindow({ targetBytes: 5, data: bytesOf('hello'), instructions: [255] })
  const delta = Buffer.from([0xd6, 0xc3, 0xc4, 0, 2, ...integer(table.length), ...table, ...own])
  t.equal(Buffer.from(applyVcdiff(base, delta, limits)).toString(), 'hello')
  const slots = Buffer.from(delta)
  slots[7] = 1
  t.equal(codeOf(slots), 'DELTA_MALFORMED', 'modes beyond the caches that the table declares')
})

function attempt(delta: Uint8Array): Buffer | Fault {
  try {
    return Buffer.from(applyVcdiff(base, delta, limits))
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
}

function codeOf(delta: Uint8Array): string {
  const made = attempt(delta)
  return made instanceof Fault ? made.code : `no fault: ${made.toString()}`
}
