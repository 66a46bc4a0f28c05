// Claims about how a target is cut into windows.
import t from 'tap'
import { BaseIndex } from '../../../shared/delta/base-index.ts'
import { MAX_WINDOW_BYTES, VcdiffEncoding, wholeSegment } from '../../../shared/delta/vcdiff-encode.ts'
import { applyVcdiff } from '../../../shared/delta/vcdiff-patch.ts'
import { VcdiffReader } from '../../../shared/delta/vcdiff-reader.ts'
import { makePage } from './samples.ts'

const base = makePage(10_000, 1)
const source = wholeSegment(new BaseIndex(base))
const options = { effort: 1, checksum: true, framing: 'file' } as const

t.test('a window is given out when it is full, the rest when it is flushed', async t => {
  const encoding = new VcdiffEncoding(source, options)
  const target = Buffer.alloc(MAX_WINDOW_BYTES * 2 + 100, base)
  encoding.push(target)
  const parts = [encoding.next(), encoding.next()]
  t.equal(encoding.next(), undefined)
  const delta = Buffer.concat([...parts.map(part => part!), encoding.flush()])
  t.equal(encoding.flush().length, 0, 'nothing is left')
  t.ok(Buffer.from(applyVcdiff(base, delta, { maxTargetBytes: target.length })).equals(target))
  const reader = new VcdiffReader(target.length)
  reader.push(delta)
  const windows: number[] = []
  for (let item = reader.next(); item !== undefined; item = reader.next())
    if (item.kind === 'window') windows.push(item.targetBytes)
  t.same(windows, [MAX_WINDOW_BYTES, MAX_WINDOW_BYTES, 100])
})

t.test('an empty target is a header alone in a file, and nothing on the link', async t => {
  t.same([...new VcdiffEncoding(source, options).flush()], [0xd6, 0xc3, 0xc4, 0, 0])
  t.equal(new VcdiffEncoding(source, { ...options, framing: 'link' }).flush().length, 0)
})

t.test('what the application notes is in the header', async t => {
  const application = Buffer.from('made by a test')
  const encoding = new VcdiffEncoding(source, { ...options, application })
  encoding.push(base)
  const reader = new VcdiffReader(base.length)
  reader.push(encoding.flush())
  t.match(reader.next(), { kind: 'header', application: new Uint8Array(application) })
})
