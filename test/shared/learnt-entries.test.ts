// Claims about entries that are read after a restart.
import t from 'tap'
import { readEntries } from '../../shared/learnt-entries.ts'

t.test('a list is its entries, one alone is one, and what is no JSON is none', async t => {
  t.strictSame(readEntries('[1, {"a": 2}]'), [1, { a: 2 }])
  t.strictSame(readEntries('{"a": 2}'), [{ a: 2 }])
  t.strictSame(readEntries('null'), [null])
  for (const text of ['', '[1,', 'undefined']) t.strictSame(readEntries(text), [], text)
})
