// What the fuzzer starts from and how it changes it.
// Knows: VCDIFF's layout well enough to break it in interesting places. Does not know: rules.

import { encodeDelta } from '../../shared/delta/format.ts'
import { ByteSink } from '../../shared/delta/byte-sink.ts'
import { defaultTable, writeTable } from '../../shared/delta/vcdiff-table.ts'
import { makeRandom } from './random.ts'

/** The base that all inputs are decoded against. */
export const base: Buffer = makeBase()

function makeBase(): Buffer {
  const random = makeRandom(7)
  const words = ['alpha', 'beta', 'gamma', 'delta', '<li>', '</li>', '\n', ' ', '0', '1']
  let text = ''
  while (text.length < 3000) text += words[Math.floor(random() * words.length)]
  return Buffer.from(text)
}

function editedBase(): Buffer {
  const part = (from: number, to: number) => base.subarray(from, to)
  return Buffer.concat([part(0, 500), Buffer.from('NEW TEXT'), part(700, 1500), Buffer.alloc(40, 65), part(900, 2900)])
}

/** One window: indicator, segment, lengths, sections, by hand. */
function handMade(indicator: number, segment: readonly number[], targetBytes: number, sections: readonly number[][]) {
  const body = new ByteSink()
  body.integer(targetBytes)
  body.byte(0)
  for (const section of sections) body.integer(section.length)
  for (const section of sections) body.bytes(Uint8Array.from(section))
  const window = new ByteSink()
  window.byte(indicator)
  for (const number of segment) window.integer(number)
  window.integer(body.length)
  window.bytes(body.taken())
  return window.taken()
}

/** Deltas that decode: with and without checksums, several windows, target segments, a code table of their own. */
export async function makeSeeds(): Promise<Uint8Array[]> {
  const target = editedBase()
  const header = Buffer.from([0xd6, 0xc3, 0xc4, 0, 0])
  const plain = await encodeDelta('vcdiff', base, target, { framing: 'file', checksum: false })
  const summed = await encodeDelta('vcdiff', base, target, { framing: 'file' })
  const fromTarget = handMade(2, [50, 10], 60, [[66], [35, 0, 56], [0]])
  const alone = handMade(0, [], 20, [[65, 66, 67], [4, 51, 15, 0, 2], [3]])
  const modes = handMade(1, [3000, 0], 40, [
    [1, 2],
    [24, 56, 72, 88, 104, 120, 2, 2],
    [9, 5, 5, 5, 5, 9],
  ])
  const serial = writeTable(defaultTable)
  const tableDelta = await encodeDelta('vcdiff', serial, serial, { framing: 'file', checksum: false })
  const table = new ByteSink()
  table.bytes(Uint8Array.of(0xd6, 0xc3, 0xc4, 0, 6))
  table.integer(tableDelta.length + 2)
  table.bytes(Uint8Array.of(4, 3))
  table.bytes(tableDelta)
  table.integer(3)
  table.bytes(Buffer.from('app'))
  table.bytes(plain.subarray(5))
  return [
    plain,
    summed,
    Buffer.concat([header, alone]),
    Buffer.concat([plain, fromTarget]),
    Buffer.concat([header, modes]),
    Buffer.concat([header, alone, alone, fromTarget]),
    table.taken(),
    header,
  ]
}

// Values that sit at the edges of integers, modes and sizes.
const edges = [0, 1, 2, 3, 4, 5, 18, 19, 20, 0x7f, 0x80, 0x81, 0xff, 0xfe, 0x8f]

/** One to eight changes to an input of `corpus`. */
export function mutate(corpus: readonly Uint8Array[], random: () => number): Uint8Array {
  const pick = (n: number) => Math.floor(random() * n)
  let bytes: Uint8Array = Buffer.from(corpus[pick(corpus.length)]!)
  for (let changes = 1 + pick(4) * pick(3); changes > 0; changes--) {
    // Most of a delta is data; the interesting bytes are at its front.
    const at = random() < 0.5 ? pick(Math.min(bytes.length + 1, 40)) : pick(bytes.length + 1)
    const kind = pick(8)
    if (kind === 0 && at < bytes.length) bytes[at]! ^= 1 << pick(8)
    else if (kind === 1 && at < bytes.length) bytes[at] = edges[pick(edges.length)]!
    else if (kind === 2 && at < bytes.length) bytes[at] = (bytes[at]! + pick(9) - 4) & 255
    else if (kind === 3) bytes = splice(bytes, at, 0, Uint8Array.of(edges[pick(edges.length)]!))
    else if (kind === 4) bytes = splice(bytes, at, 1 + pick(4), new Uint8Array(0))
    else if (kind === 5) bytes = splice(bytes, at, 0, bytes.subarray(at, at + pick(30)))
    else if (kind === 6) bytes = bytes.subarray(0, at)
    else bytes = splice(bytes, at, bytes.length, takeTail(corpus[pick(corpus.length)]!, at))
  }
  return bytes.length > 20_000 ? bytes.subarray(0, 20_000) : Uint8Array.from(bytes)
}

function takeTail(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.subarray(Math.min(at, bytes.length))
}

function splice(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)])
}
