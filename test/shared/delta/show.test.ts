// Claims about what is shown of a delta.
import t from 'tap'
import { encodeDelta } from '../../../shared/delta/format.ts'
import { DeltaInspector, type DeltaRecord } from '../../../shared/delta/show.ts'
import { bytesOf, editPage, makeDelta, makePage, splitBytes } from './samples.ts'

function inspect(delta: Uint8Array, pieceBytes = delta.length + 1): DeltaRecord[] {
  const inspector = new DeltaInspector()
  const records = [...splitBytes(delta, pieceBytes)].flatMap(piece => inspector.push(piece))
  return [...records, inspector.finish()]
}

const delta = makeDelta(
  { segment: [16, 3], targetBytes: 8, data: bytesOf('wxyz'), instructions: [20, 5], addresses: [2] },
  { targetBytes: 9, data: bytesOf('zab'), instructions: [0, 4, 3, 19, 3], addresses: [1] },
)

t.test('windows and instructions are shown with their places in the whole target', async t => {
  t.match(inspect(delta), [
    { kind: 'vcdiff', application: undefined, customCodeTable: false },
    { kind: 'window', number: 1, targetAt: 0, targetBytes: 8, segment: 'base', segmentAt: 3, segmentBytes: 16 },
    { kind: 'copy', at: 0, bytes: 4, in: 'segment', from: 2, mode: 0 },
    { kind: 'add', at: 4, bytes: 4 },
    { kind: 'window', number: 2, targetAt: 8, segment: 'none', adler32: undefined },
    { kind: 'run', at: 8, bytes: 4, byte: 0x7a },
    { kind: 'add', at: 12, bytes: 2 },
    { kind: 'copy', at: 14, bytes: 3, in: 'window', from: 1 },
    { kind: 'end', windows: 2, targetBytes: 17, deltaBytes: delta.length, addedBytes: 6, ranBytes: 4, copiedBytes: 7 },
  ])
})

t.test('a delta in pieces shows the same', async t => {
  t.same(inspect(delta, 1), inspect(delta))
})

t.test('instructions of a real delta add up to its target', async t => {
  const base = makePage(30_000, 1)
  const target = editPage(base, 30, 2)
  const end = inspect(await encodeDelta('vcdiff', base, target, { framing: 'file' }), 1000).at(-1)
  if (end?.kind !== 'end') throw new Error('no end')
  t.equal(end.addedBytes + end.ranBytes + end.copiedBytes, target.length)
})

t.test('of dcb the frame is shown, in pieces too', async t => {
  const base = makePage(3000, 1)
  const dcb = await encodeDelta('dcb', base, base, { framing: 'file' })
  for (const size of [1, 10, 1000]) {
    t.match(inspect(dcb, size), [{ kind: 'dcb', baseSha256: /^[0-9a-f]{64}$/, contentBytes: dcb.length - 36 }])
  }
})

t.test('what is not whole is not shown as if it were', async t => {
  t.throws(() => inspect(delta.subarray(0, -1)), { code: 'DELTA_TRUNCATED' })
  t.throws(() => inspect(Buffer.alloc(0)), { code: 'DELTA_TRUNCATED' })
  t.throws(() => inspect(Buffer.from([0xff, 0x44, 0x43, 0x42, 1])), { code: 'DELTA_TRUNCATED' })
  t.throws(() => inspect(Buffer.from('text')), { code: 'DELTA_MALFORMED' })
})
