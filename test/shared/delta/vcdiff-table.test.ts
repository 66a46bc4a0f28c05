// Claims about the default code table.
import t from 'tap'
import { ADD, COPY, defaultTable, NOOP, readTable, RUN, writeTable } from '../../../shared/delta/vcdiff-table.ts'

t.test('the default code table has the rows that RFC 3284 §5.6 lists', async t => {
  const row = (code: number) => {
    const { kind1, size1, mode1, kind2, size2, mode2 } = defaultTable
    return [kind1[code], size1[code], mode1[code], kind2[code], size2[code], mode2[code]]
  }
  t.same(row(0), [RUN, 0, 0, NOOP, 0, 0])
  t.same(row(1), [ADD, 0, 0, NOOP, 0, 0])
  t.same(row(18), [ADD, 17, 0, NOOP, 0, 0])
  t.same(row(19), [COPY, 0, 0, NOOP, 0, 0])
  t.same(row(162), [COPY, 18, 8, NOOP, 0, 0])
  t.same(row(163), [ADD, 1, 0, COPY, 4, 0])
  t.same(row(174), [ADD, 4, 0, COPY, 6, 0])
  t.same(row(234), [ADD, 4, 0, COPY, 6, 5])
  t.same(row(235), [ADD, 1, 0, COPY, 4, 6])
  t.same(row(246), [ADD, 4, 0, COPY, 4, 8])
  t.same(row(247), [COPY, 4, 0, ADD, 1, 0])
  t.same(row(255), [COPY, 4, 8, ADD, 1, 0])
  t.same(readTable(writeTable(defaultTable)), defaultTable)
})
