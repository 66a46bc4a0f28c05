// Claims about dcb decoding.
import t from 'tap'
import { createDcbDecoder } from '../../../shared/delta/dcb-decode.ts'
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
