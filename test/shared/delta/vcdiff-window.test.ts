// Claims about the window writer.
import * as fc from 'fast-check'
import t from 'tap'
import { PLAIN_HEADER } from '../../../shared/delta/vcdiff-layout.ts'
import { applyVcdiff } from '../../../shared/delta/vcdiff-patch.ts'
import { VcdiffReader } from '../../../shared/delta/vcdiff-reader.ts'
import { WindowWriter } from '../../../shared/delta/vcdiff-window.ts'
import { randomBytes } from './samples.ts'

const base = randomBytes(100_000, 1)

function sections(window: Uint8Array) {
  const reader = new VcdiffReader(1_000_000)
  reader.push(PLAIN_HEADER)
  reader.next()
  reader.push(window)
  const item = reader.next()
  if (item?.kind !== 'window') throw new Error('no window')
  return { instructions: [...item.instructions], addresses: [...item.addresses], data: [...item.data] }
}

t.test('any verbs make a window that makes their target', async t => {
  const verb = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), bytes: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constant('run' as const), bytes: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constant('copy' as const), bytes: fc.integer({ min: 1, max: 300 }), from: fc.nat(1_000_000) }),
  )
  fc.assert(
    fc.property(fc.array(verb, { maxLength: 60 }), fc.boolean(), (verbs, checksum) => {
      const all = [...base]
      const resolved = verbs.map(({ kind, bytes, ...rest }, i) => {
        const from = 'from' in rest ? rest.from % all.length : 0
        const at = all.length - base.length
        for (let k = 0; k < bytes; k++)
          all.push(kind === 'copy' ? all[from + k]! : kind === 'run' ? 7 : (i * 31 + k) & 255)
        return { kind, bytes, from, at }
      })
      const target = Uint8Array.from(all.slice(base.length))
      const writer = new WindowWriter({ at: 0, bytes: base.length }, target)
      for (const { kind, bytes, from, at } of resolved) {
        if (kind === 'add') writer.add(at, bytes)
        else if (kind === 'run') writer.run(7, bytes)
        else writer.copy(from, bytes)
      }
      const delta = Buffer.concat([PLAIN_HEADER, writer.finish(checksum)])
      return Buffer.from(applyVcdiff(base, delta, { maxTargetBytes: target.length })).equals(target)
    }),
    { numRuns: 150 },
  )
  t.pass()
})

t.test('an add and a short copy share an opcode, and so do a copy of four and an add of one', async t => {
  const target = base.subarray(0, 30)
  const writer = new WindowWriter({ at: 0, bytes: base.length }, target)
  writer.add(0, 3)
  writer.copy(3, 5)
  writer.copy(8, 4)
  writer.add(12, 1)
  writer.copy(13, 17)
  const { instructions } = sections(writer.finish(false))
  t.equal(instructions.length, 3)
})

t.test(
  'an address takes its shortest form: itself, back from here, after a recent one, or one seen before',
  async t => {
    const target = Buffer.concat([90_000, 90_010, 100, 90_000, 90_000].map(from => base.subarray(from, from + 8)))
    const near = Buffer.concat([target, base.subarray(99_950, 99_958)])
    const writer = new WindowWriter({ at: 0, bytes: base.length }, near)
    for (const from of [90_000, 90_010, 100, 90_000, 90_000, 99_950]) writer.copy(from, 8)
    const lengths = sections(writer.finish(false)).addresses.length
    // 90000 from here: two bytes and ten thousand back; then one byte each.
    t.equal(lengths, 2 + 1 + 1 + 1 + 1 + 1)
  },
)

t.test('a window without a segment says so', async t => {
  const writer = new WindowWriter({ at: 0, bytes: 0 }, Buffer.from('ab'))
  writer.add(0, 2)
  t.equal(writer.finish(false)[0], 0)
})

t.test(
  'sizes at the edges of the code table and addresses that come again are read back as they were written',
  async t => {
    const size = fc.constantFrom(1, 2, 4, 5, 6, 7, 17, 18, 19, 127, 128)
    const address = fc.constantFrom(0, 5, 127, 128, 768, 773, 20_000, 20_100, 20_768, 50_000, 99_000)
    const verb = fc.record({ kind: fc.constantFrom('add', 'run', 'copy', 'copy'), bytes: size, address })
    fc.assert(
      fc.property(fc.array(verb, { maxLength: 40 }), verbs => {
        const parts = verbs.map(({ kind, bytes, address }) =>
          kind === 'copy' ? base.subarray(address, address + bytes) : Buffer.alloc(bytes, kind === 'run' ? 7 : 'new'),
        )
        const target = Buffer.concat(parts)
        const writer = new WindowWriter({ at: 0, bytes: base.length }, target)
        let at = 0
        for (const { kind, bytes, address } of verbs) {
          if (kind === 'copy') writer.copy(address, bytes)
          else if (kind === 'run') writer.run(7, bytes)
          else writer.add(at, bytes)
          at += bytes
        }
        const delta = Buffer.concat([PLAIN_HEADER, writer.finish(true)])
        return Buffer.from(applyVcdiff(base, delta, { maxTargetBytes: target.length })).equals(target)
      }),
      { numRuns: 200 },
    )
    t.pass()
  },
)

t.test('of several forms the shortest is taken, not the first that is shorter', async t => {
  const writer = new WindowWriter({ at: 0, bytes: base.length }, base.subarray(0, 24))
  // The second lies 10 000 after the first, the third 10 after the second and 10 010 after the first.
  for (const from of [30_000, 40_000, 40_010]) writer.copy(from, 8)
  t.equal(sections(writer.finish(false)).addresses.length, 3 + 2 + 1)
})

t.test('a window tells its segment, its checksum and its lengths (RFC 3284 §4.3)', async t => {
  const writer = new WindowWriter({ at: 300, bytes: 16 }, Buffer.from('abc'))
  writer.add(0, 3)
  const sum = [0x02, 0x4d, 0x01, 0x27]
  t.same([...writer.finish(true)], [5, 16, 0x82, 0x2c, 13, 3, 0, 3, 1, 0, ...sum, 0x61, 0x62, 0x63, 4])
})

t.test(
  'an address seen long before is one byte, in the mode of its third of the same cache (RFC 3284 §5.3)',
  async t => {
    for (const [third, address] of [768 * 50 + 7, 768 * 50 + 256 + 255, 768 * 50 + 512].entries()) {
      const writer = new WindowWriter({ at: 0, bytes: base.length }, Buffer.alloc(48))
      for (const from of [address, 0, 1, 2, 3, address]) writer.copy(from, 8)
      const { instructions, addresses } = sections(writer.finish(false))
      t.equal(instructions.at(-1), 19 + 16 * (6 + third) + 5, 'COPY 8 in mode 6, 7 or 8')
      t.equal(addresses.at(-1), address % 256)
      t.equal(addresses.length, 3 + 4 + 1)
    }
  },
)
