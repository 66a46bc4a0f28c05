// Claims about dcb encoding.
import t from 'tap'
import { createDcbEncoder, encodeDcb } from '../../../shared/delta/dcb-encode.ts'
import { createDcbDecoder } from '../../../shared/delta/dcb-decode.ts'
import { editPage, feed, makePage, randomBytes } from './samples.ts'

const base = makePage(40_000, 1)
const target = editPage(base, 40, 2)
const decode = (delta: Uint8Array, framing: 'file' | 'link') =>
  feed(createDcbDecoder(base, { framing, maxTargetBytes: target.length }), [delta])

t.test('a file is the frame and what goes over the link', async t => {
  const [file, link] = await Promise.all([
    encodeDcb(base, target, { effort: 3, framing: 'file' }),
    encodeDcb(base, target, { effort: 3, framing: 'link' }),
  ])
  t.equal(file.length, link.length + 36)
  t.ok(Buffer.from(file.subarray(36)).equals(link))
  t.ok((await decode(file, 'file')).equals(target))
})

t.test(
  'the base is used: a delta is a small part of the target, at every effort, more effort never much larger',
  async t => {
    let last = target.length / 5
    for (const effort of [1, 2, 3, 4, 5] as const) {
      const { length } = await encodeDcb(base, target, { effort, framing: 'link' })
      t.ok(length <= last * 1.05, `effort ${effort}: ${length} bytes`)
      last = length
    }
  },
)

t.test('a stream makes the same target as a whole delta, with a known length or without', async t => {
  for (const more of [{}, { targetBytes: target.length }]) {
    const delta = await feed(createDcbEncoder(base, { effort: 3, framing: 'file', ...more }), [target])
    t.ok((await decode(delta, 'file')).equals(target))
  }
})

t.test('a flush that is under way when the encoder is destroyed is rejected, and so are those behind it', async t => {
  const encoder = createDcbEncoder(base, { effort: 1, framing: 'link' })
  encoder.write(randomBytes(1_000_000, 4))
  // Nobody reads, so no flush comes to its end.
  const flushes = [encoder.flushWindow(), encoder.flushWindow()]
  await new Promise(resolve => encoder.once('readable', resolve))
  encoder.destroy()
  t.same(
    (await Promise.allSettled(flushes)).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  await t.rejects(encoder.flushWindow())
})
