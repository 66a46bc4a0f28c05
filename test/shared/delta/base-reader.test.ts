// Claims about bases in memory and elsewhere.
import t from 'tap'
import { readerOf, wholeBase } from '../../../shared/delta/base-reader.ts'

const bytes = Uint8Array.of(1, 2, 3, 4, 5)
const elsewhere = { length: 5, read: (at: number, length: number) => bytes.slice(at, at + length) }

t.test('a base in memory is read like any other', async t => {
  t.same([...readerOf(bytes).read(1, 3)], [2, 3, 4])
  t.equal(readerOf(bytes).length, 5)
  t.equal(readerOf(elsewhere), elsewhere)
})

t.test('a whole base is taken into memory up to a limit', async t => {
  t.equal(wholeBase(bytes, 1), bytes, 'it is there already')
  t.same([...wholeBase(elsewhere, 5)], [...bytes])
  t.throws(() => wholeBase(elsewhere, 4), { code: 'DELTA_UNSUPPORTED', message: /at most 4/ })
})
