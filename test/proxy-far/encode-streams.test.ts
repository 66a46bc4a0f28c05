// Claims about deltas that a thread makes of contents that still arrive.
import t from 'tap'
import { EncodeStreams } from '../../proxy-far/encode-streams.ts'
import { createDeltaDecoder, deltaFormats } from '../../shared/delta/format.ts'
import { Feed } from '../../shared/exchange/feed.ts'
import { editPage, makePage, splitBytes } from '../shared/delta/samples.ts'

const base = makePage(60_000, 1)
const target = editPage(base, 30, 2)

t.test('what was flushed can be decoded before the rest is written, several at a time, in both formats', async t => {
  const streams = new EncodeStreams()
  await Promise.all(
    deltaFormats.map(async format => {
      const stream = streams.open(base, { format, effort: 3 })
      const decoder = new Feed(createDeltaDecoder(format, base, { framing: 'link', maxTargetBytes: target.length }))
      let at = 0
      for (const piece of splitBytes(target, 20_000)) {
        const made = [await stream.write(piece), await stream.flush()]
        t.same(await decoder.write(Buffer.concat(made)), target.subarray(at, at + piece.length))
        at += piece.length
      }
      await decoder.write(await stream.end())
      await decoder.end()
    }),
  )
  t.equal(streams.size, 0)
  await streams.close()
})

t.test('a destroyed delta fails its step, and those beside it go on', async t => {
  const streams = new EncodeStreams()
  const [given, kept] = [
    streams.open(base, { format: 'dcb', effort: 1 }),
    streams.open(base, { format: 'dcb', effort: 1 }),
  ]
  const step = given.write(target)
  given.destroy()
  given.destroy()
  await t.rejects(step, /destroyed/)
  await t.rejects(given.flush(), /destroyed/)
  t.equal(streams.size, 1)
  await kept.write(target)
  t.ok((await kept.end()).length > 0)
  await streams.close()
})

t.test('what is in the making when the thread ends fails, and a later delta has a new thread', async t => {
  const streams = new EncodeStreams()
  const stream = streams.open(base, { format: 'dcb', effort: 1 })
  const step = stream.write(target)
  const failed = t.rejects(step, { code: 'FAR_INTERNAL' })
  await streams.close()
  await failed
  await t.rejects(stream.end(), { code: 'FAR_INTERNAL' })
  const next = streams.open(base, { format: 'vcdiff', effort: 1 })
  await next.write(target)
  t.ok((await next.end()).length > 0)
  await streams.close()
})
