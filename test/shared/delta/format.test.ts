// Claims about both formats behind one interface: what is encoded is decoded, whole, in pieces, flushed, in any framing.
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import t from 'tap'
import type { Effort } from '../../../shared/delta/effort.ts'
import {
  BaseIndex,
  createDeltaDecoder,
  createDeltaEncoder,
  decodeDelta,
  deltaFormats,
  encodeDelta,
} from '../../../shared/delta/format.ts'
import { Fault } from '../../../shared/fault.ts'
import { editPage, feed, makePage, randomBytes, splitBytes } from './samples.ts'

const framings = ['file', 'link'] as const
const kinds = deltaFormats.flatMap(format =>
  framings.map(framing => ({ format, framing, name: `${format} ${framing}` })),
)
const efforts: readonly Effort[] = [1, 2, 3, 4, 5]
const page = makePage(30000, 1)
const edited = editPage(page, 20, 2)
const generous = { maxTargetBytes: 10_000_000 }

for (const { format, framing, name } of kinds) {
  t.test(`${name}: what is encoded is decoded, at every effort`, async t => {
    const samples: [Uint8Array, Uint8Array][] = [
      [page, edited],
      [page, page],
      [page, Buffer.alloc(0)],
      [Buffer.alloc(0), page],
      [Buffer.alloc(0), Buffer.alloc(0)],
      [Buffer.from('a'), Buffer.from('b')],
      [Buffer.alloc(5000), Buffer.alloc(70000)],
      [randomBytes(5000, 3), randomBytes(5000, 4)],
      [page.subarray(0, 7000), edited],
    ]
    for (const effort of efforts) {
      for (const [base, target] of samples) {
        const delta = await encodeDelta(format, base, target, { framing, effort })
        const made = await decodeDelta(format, base, delta, { framing, maxTargetBytes: target.length })
        t.ok(Buffer.from(made).equals(target), `effort ${effort}, ${base.length} to ${target.length} bytes`)
      }
    }
  })

  t.test(`${name}: any bytes make any other bytes`, async t => {
    // Few values, so that copies, overlaps and runs are common.
    const bytes = fc.array(fc.nat(3), { maxLength: 300 }).map(values => Uint8Array.from(values))
    await fc.assert(
      fc.asyncProperty(bytes, bytes, fc.constantFrom(...efforts), async (base, target, effort) => {
        const delta = await encodeDelta(format, base, target, { framing, effort })
        const made = await decodeDelta(format, base, delta, { framing, maxTargetBytes: target.length })
        return Buffer.from(made).equals(target)
      }),
      { numRuns: 80 },
    )
    t.pass()
  })

  t.test(`${name}: any edits of a page are decoded`, async t => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(60), fc.constantFrom(...efforts), async (seed, edits, effort) => {
        const base = makePage(4000, seed % 50)
        const target = editPage(base, edits, seed)
        const delta = await encodeDelta(format, base, target, { framing, effort })
        return Buffer.from(await decodeDelta(format, base, delta, { framing, ...generous })).equals(target)
      }),
      { numRuns: 30 },
    )
    t.pass()
  })

  t.test(`${name}: a delta that is fed byte by byte makes the same target`, async t => {
    const delta = await encodeDelta(format, page, edited, { framing })
    const made = await feed(createDeltaDecoder(format, page, { framing, ...generous }), splitBytes(delta))
    t.ok(made.equals(edited))
  })

  t.test(`${name}: a target that is fed in small pieces makes a delta of it`, async t => {
    const delta = await feed(createDeltaEncoder(format, page, { framing }), splitBytes(edited, 997))
    t.ok(Buffer.from(await decodeDelta(format, page, delta, { framing, ...generous })).equals(edited))
  })

  t.test(`${name}: what was flushed is decoded before the rest is written`, async t => {
    const encoder = createDeltaEncoder(format, page, { framing })
    const decoder = createDeltaDecoder(format, page, { framing, ...generous })
    encoder.pipe(decoder)
    const made: Uint8Array[] = []
    let madeBytes = 0
    let wanted = 0
    let arrived = () => {}
    decoder.on('data', (chunk: Uint8Array) => {
      made.push(chunk)
      madeBytes += chunk.length
      if (madeBytes >= wanted) arrived()
    })
    for (let at = 0; at < edited.length; at += 7000) {
      encoder.write(edited.subarray(at, at + 7000))
      await encoder.flushWindow()
      wanted = Math.min(at + 7000, edited.length)
      if (madeBytes < wanted) await new Promise<void>(resolve => (arrived = resolve))
      t.equal(madeBytes, wanted)
    }
    const end = new Promise(resolve => decoder.on('end', resolve))
    encoder.end()
    await end
    t.ok(Buffer.concat(made).equals(edited))
  })

  t.test(`${name}: a target that is larger than allowed raises DELTA_TOO_LARGE`, async t => {
    const delta = await encodeDelta(format, page, edited, { framing })
    const limits = { framing, maxTargetBytes: edited.length - 1 }
    await t.rejects(decodeDelta(format, page, delta, limits), { code: 'DELTA_TOO_LARGE' })
  })

  t.test(`${name}: a truncated delta raises DELTA_TRUNCATED, bytes after its end DELTA_MALFORMED`, async t => {
    const small = editPage(page, 2, 9).subarray(0, 9000)
    const delta = await encodeDelta(format, page, small, { framing })
    for (let length = 0; length < delta.length; length++) {
      // A plain VCDIFF delta may end after its header: it then makes nothing.
      if (format === 'vcdiff' && framing === 'file' && length === 5) continue
      const part = delta.subarray(0, length)
      await t.rejects(
        decodeDelta(format, page, part, { framing, ...generous }),
        { code: 'DELTA_TRUNCATED' },
        `${length}`,
      )
    }
    const more = Buffer.concat([delta, Buffer.from('more')])
    await t.rejects(decodeDelta(format, page, more, { framing, ...generous }), { code: 'DELTA_MALFORMED' })
    const oneByOne = feed(createDeltaDecoder(format, page, { framing, ...generous }), splitBytes(more))
    await t.rejects(oneByOne, { code: 'DELTA_MALFORMED' })
  })

  t.test(`${name}: with a byte changed anywhere, the outcome is a target or a DELTA_ fault`, async t => {
    const small = makePage(1500, 3)
    const target = editPage(small, 4, 5)
    const delta = await encodeDelta(format, small, target, { framing, effort: 5 })
    let wrong = 0
    for (let at = 0; at < delta.length; at++) {
      for (const change of [1, 0x80, 0xff]) {
        const broken = Buffer.from(delta)
        broken[at]! ^= change
        try {
          const made = await decodeDelta(format, small, broken, { framing, maxTargetBytes: 5000 })
          if (!Buffer.from(made).equals(target)) wrong++
        } catch (error) {
          if (!(error instanceof Fault && error.code.startsWith('DELTA_'))) t.fail(`${at}: ${String(error)}`)
        }
      }
    }
    // The checksum covers the target; only the bit that says "there is a checksum" is not covered by it.
    if (format === 'vcdiff') t.equal(wrong, 0)
    t.pass()
  })
}

t.test('an unchanged page takes 15 bytes on the link', async t => {
  const large = makePage(300_000, 7)
  t.ok((await encodeDelta('dcb', large, large, { framing: 'link' })).length <= 15)
  t.ok((await encodeDelta('vcdiff', large, large, { framing: 'link' })).length <= 22)
})

t.test('a dcb file begins with RFC 9842 §4: ff 44 43 42 and the SHA-256 of the base', async t => {
  const delta = await encodeDelta('dcb', page, edited, { framing: 'file' })
  t.equal(Buffer.from(delta.subarray(0, 4)).toString('hex'), 'ff444342')
  t.same(Buffer.from(delta.subarray(4, 36)), createHash('sha256').update(page).digest())
})

t.test('a dcb file for another base raises DELTA_BASE, however like it that base is', async t => {
  const delta = await encodeDelta('dcb', page, edited, { framing: 'file' })
  const other = Buffer.from(page)
  other[100]! ^= 1
  await t.rejects(decodeDelta('dcb', other, delta, { framing: 'file', ...generous }), { code: 'DELTA_BASE' })
})

t.test('a VCDIFF delta for another base of the same length raises DELTA_CHECKSUM', async t => {
  const other = Buffer.from(page)
  for (let at = 0; at < other.length; at += 50) other[at]! ^= 1
  for (const framing of framings) {
    const delta = await encodeDelta('vcdiff', page, edited, { framing })
    await t.rejects(decodeDelta('vcdiff', other, delta, { framing, ...generous }), { code: 'DELTA_CHECKSUM' })
  }
})

t.test('an index is as good as its base, and can be used by two encoders at once', async t => {
  const index = new BaseIndex(page)
  const [one, two, plain] = await Promise.all([
    feed(createDeltaEncoder('vcdiff', index, { framing: 'file' }), splitBytes(edited, 5000)),
    feed(createDeltaEncoder('vcdiff', index, { framing: 'file' }), splitBytes(edited, 3000)),
    feed(createDeltaEncoder('vcdiff', page, { framing: 'file' }), [edited]),
  ])
  t.ok(one.equals(plain) && two.equals(plain))
})

t.test('a reader that stops reading stops the decoder: a few bytes do not fill the memory', async t => {
  const target = Buffer.alloc(40 * 1024 * 1024)
  const delta = await encodeDelta('vcdiff', Buffer.alloc(0), target, { framing: 'file' })
  const decoder = createDeltaDecoder('vcdiff', Buffer.alloc(0), { framing: 'file', maxTargetBytes: target.length })
  decoder.end(delta)
  await new Promise(resolve => decoder.once('readable', resolve))
  t.ok(decoder.readableLength <= 8 * 1024 * 1024, `${decoder.readableLength}`)
  let made = 0
  decoder.on('data', (chunk: Uint8Array) => (made += chunk.length))
  await new Promise(resolve => decoder.once('end', resolve))
  t.equal(made, target.length)
})

t.test('a target of many windows and chunks arrives whole, whatever the pieces of its delta', async t => {
  const base = randomBytes(1_000_000, 11)
  const target = Buffer.concat(Array.from({ length: 20 }, (_, i) => base.subarray(i * 1000)))
  for (const format of deltaFormats) {
    const delta = await encodeDelta(format, base, target, { framing: 'file', effort: 1 })
    for (const size of [256, 100_000, delta.length]) {
      const decoder = createDeltaDecoder(format, base, { framing: 'file', maxTargetBytes: target.length })
      t.ok((await feed(decoder, splitBytes(delta, size))).equals(target), `${format}, pieces of ${size}`)
    }
  }
})

t.test('a destroyed encoder refuses to flush', async t => {
  for (const format of deltaFormats) {
    const encoder = createDeltaEncoder(format, page, { framing: 'link' })
    encoder.destroy()
    await t.rejects(encoder.flushWindow())
  }
})
