// Claims about VCDIFF encoding as a stream and in one shot.
import t from 'tap'
import { BaseIndex } from '../../../shared/delta/base-index.ts'
import { wholeSegment } from '../../../shared/delta/vcdiff-encode.ts'
import { isBrotli } from '../../../shared/delta/vcdiff-layout.ts'
import { encodeVcdiff, VcdiffEncoderStream } from '../../../shared/delta/vcdiff-stream.ts'
import { createVcdiffDecoder } from '../../../shared/delta/vcdiff-decode.ts'
import { editPage, feed, makePage, randomBytes } from './samples.ts'

const base = makePage(50_000, 1)
const source = wholeSegment(new BaseIndex(base))
const options = { effort: 3, checksum: true, framing: 'link' } as const

t.test('on the link a delta is left plain where Brotli would make it larger', async t => {
  t.notOk(isBrotli((await encodeVcdiff(source, base, options))[0]!))
  t.ok(isBrotli((await encodeVcdiff(source, editPage(base, 100, 2), options))[0]!))
})

t.test('flushes keep their place among the writes, also when nobody waits for them', async t => {
  const target = editPage(base, 20, 3)
  const encoder = new VcdiffEncoderStream(source, { ...options, framing: 'file' })
  const flushed: Promise<void>[] = []
  for (let at = 0; at < target.length; at += 10_000) {
    encoder.write(target.subarray(at, at + 10_000))
    flushed.push(encoder.flushWindow())
  }
  const delta = await feed(encoder, [])
  await Promise.all(flushed)
  const made = await feed(createVcdiffDecoder(base, { framing: 'file', maxTargetBytes: target.length }), [delta])
  t.ok(made.equals(target))
})

t.test('a flush with nothing written makes nothing that a decoder minds', async t => {
  for (const framing of ['file', 'link'] as const) {
    const encoder = new VcdiffEncoderStream(source, { ...options, framing })
    encoder.resume()
    await encoder.flushWindow()
    await encoder.flushWindow()
    const delta = await feed(encoder, [])
    t.ok(delta.length < 10)
  }
})

t.test('a flush that is under way when the encoder is destroyed is rejected, and so are those behind it', async t => {
  for (const framing of ['file', 'link'] as const) {
    const encoder = new VcdiffEncoderStream(source, { ...options, effort: 1, framing })
    encoder.write(randomBytes(1_000_000, 4))
    // Nobody reads, so no flush comes to its end.
    const flushes = [encoder.flushWindow(), encoder.flushWindow()]
    await new Promise(resolve => encoder.once('readable', resolve))
    encoder.destroy()
    t.same(
      (await Promise.allSettled(flushes)).map(({ status }) => status),
      ['rejected', 'rejected'],
      framing,
    )
    await t.rejects(encoder.flushWindow())
  }
})

t.test('whole or as a stream, in a file or on the link, a delta makes the same target', async t => {
  const target = editPage(base, 30, 5)
  for (const framing of ['file', 'link'] as const) {
    const whole = await encodeVcdiff(source, target, { ...options, framing })
    const streamed = await feed(new VcdiffEncoderStream(source, { ...options, framing }), [target])
    for (const delta of [whole, streamed]) {
      const made = await feed(createVcdiffDecoder(base, { framing, maxTargetBytes: target.length }), [delta])
      t.ok(made.equals(target), framing)
    }
    if (framing === 'file') t.ok(streamed.equals(whole))
  }
})

t.test('an empty target is a header in a file, and on the link something that arrives', async t => {
  const empty = new Uint8Array(0)
  t.same([...(await encodeVcdiff(source, empty, { ...options, framing: 'file' }))], [0xd6, 0xc3, 0xc4, 0, 0])
  const delta = await encodeVcdiff(source, empty, options)
  t.ok(delta.length > 0 && isBrotli(delta[0]!))
  t.equal((await feed(createVcdiffDecoder(base, { framing: 'link', maxTargetBytes: 0 }), [delta])).length, 0)
})
