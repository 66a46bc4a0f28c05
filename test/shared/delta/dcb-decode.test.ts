// Claims about dcb decoding.
import t from 'tap'
import { createDcbDecoder, decodeShortDcb } from '../../../shared/delta/dcb-decode.ts'
import { encodeDcb } from '../../../shared/delta/dcb-encode.ts'
import { editPage, feed, makePage, splitBytes } from './samples.ts'

const base = makePage(20_000, 1)
const target = editPage(base, 10, 2)
const file = await encodeDcb(base, target, { effort: 2, framing: 'file' })
const decoder = (maxTargetBytes = target.length, of: Uint8Array = base) =>
  createDcbDecoder(of, { framing: 'file', maxTargetBytes })

t.test('a frame in pieces is still a frame', async t => {
  for (const size of [1, 3, 35, 36, 37]) t.ok((await feed(decoder(), splitBytes(file, size))).equals(target))
})

t.test('another frame, another base, another length: each is told apart', async t => {
  const other = Buffer.from(file)
  other[0] = 0x1f
  await t.rejects(feed(decoder(), [other]), { code: 'DELTA_MALFORMED' })
  await t.rejects(feed(decoder(target.length, target), [file]), { code: 'DELTA_BASE' })
  await t.rejects(feed(decoder(target.length - 1), [file]), { code: 'DELTA_TOO_LARGE' })
  await t.rejects(feed(decoder(), [file.subarray(0, 20)]), { code: 'DELTA_TRUNCATED' })
  await t.rejects(feed(decoder(), [file.subarray(0, 36)]), { code: 'DELTA_TRUNCATED' })
  await t.rejects(feed(decoder(), []), { code: 'DELTA_TRUNCATED' })
  await t.rejects(feed(decoder(), [file, Buffer.from('!')]), { code: 'DELTA_MALFORMED' })
})

t.test('a delta makes the same however it is cut, and nothing may follow it', async t => {
  const link = await encodeDcb(base, target, { effort: 2, framing: 'link' })
  const open = () => createDcbDecoder(base, { framing: 'link', maxTargetBytes: 1_000_000 })
  for (const size of [1, 7, link.length - 1, link.length])
    t.ok((await feed(open(), splitBytes(link, size))).equals(target))
  await t.rejects(feed(open(), [link, Buffer.from('!')]), { code: 'DELTA_MALFORMED' })
  await t.rejects(feed(open(), [Buffer.concat([link, Buffer.from('!')])]), { code: 'DELTA_MALFORMED' })
  await t.rejects(feed(open(), [link.subarray(0, -1)]), { code: 'DELTA_TRUNCATED' })
})

t.test('only a whole and right delta is decoded at once', async t => {
  const options = { framing: 'file', maxTargetBytes: target.length } as const
  t.same(decodeShortDcb(base, file, options), target)
  for (const cut of [0, 3, 36, file.length - 1])
    t.equal(decodeShortDcb(base, file.subarray(0, cut), options), undefined)
  t.equal(decodeShortDcb(target, file, options), undefined)
  t.equal(decodeShortDcb(base, file, { ...options, maxTargetBytes: target.length - 1 }), undefined)
})
