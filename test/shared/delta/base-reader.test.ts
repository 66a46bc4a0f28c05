// Claims about bases: memory is read as it is, and a base elsewhere is read whole only within its limit.
import t from 'tap'
import { type BaseReader, readerOf, wholeBase } from '../../../shared/delta/base-reader.ts'

const bytes = Uint8Array.of(10, 11, 12, 13, 14)

/** A base that is elsewhere, and notes what is asked of it. */
function makeReader(): BaseReader & { readonly asked: [number, number][] } {
  const asked: [number, number][] = []
  return {
    length: bytes.length,
    asked,
    read(at, count) {
      asked.push([at, count])
      return bytes.slice(at, at + count)
    },
  }
}

t.test('bytes in memory are read in place, without a copy', async t => {
  const reader = readerOf(bytes)
  t.equal(reader.length, 5)
  t.same([...reader.read(1, 3)], [11, 12, 13])
  t.equal(reader.read(0, 5).buffer, bytes.buffer)
  t.equal(reader.read(5, 0).length, 0)
})

t.test('a reader is its own reader', async t => {
  const reader = makeReader()
  t.equal(readerOf(reader), reader)
})

t.test('bytes in memory are whole already, whatever the limit', async t => {
  t.equal(wholeBase(bytes, 2), bytes)
})

t.test('a base elsewhere is read once, from end to end, up to its limit and not beyond', async t => {
  const reader = makeReader()
  t.same([...wholeBase(reader, 5)], [...bytes])
  t.same(reader.asked, [[0, 5]])
  t.throws(() => wholeBase(reader, 4), { code: 'DELTA_UNSUPPORTED', message: /5 bytes.*at most 4.*vcdiff/ })
  t.equal(reader.asked.length, 1)
})
