// Claims about how urgent a request's content is.
import t from 'tap'
import { PIECE_BYTES } from '../../../shared/link/pipe.ts'
import { VERDICT_RANK, rankOf } from '../../../shared/link/schedule.ts'
import { uploadStanding } from '../../../shared/link/upload-standing.ts'

const rank = (length: string | undefined, priority?: string) =>
  uploadStanding([
    ...(length === undefined ? [] : [['Content-Length', length] as const]),
    ...(priority === undefined ? [] : [['Priority', priority] as const]),
  ]).rank

t.test('what fits a packet goes with its ask', async t => {
  t.equal(rank('0'), VERDICT_RANK)
  t.equal(rank(String(PIECE_BYTES), 'u=6'), VERDICT_RANK)
})

t.test('what is longer is as urgent as its answer', async t => {
  t.equal(rank(String(PIECE_BYTES + 1), 'u=1, i'), rankOf(1))
  t.equal(rank('65536', 'u=5'), rankOf(5))
  t.equal(rank('65536'), rankOf(3))
})

t.test('what is large, or may be, is never more urgent than a tunnel', async t => {
  for (const length of ['65537', '1e9', undefined, 'much']) {
    t.equal(rank(length, 'u=0'), rankOf(3), `${length}`)
    t.equal(rank(length, 'u=6'), rankOf(6), `${length}`)
  }
})

t.test('all contents share the link, whatever is said of how their answers are used', async t => {
  for (const length of ['1', '10000', '1000000']) {
    t.equal(
      uploadStanding([
        ['Content-Length', length],
        ['Priority', 'u=1'],
      ]).incremental,
      true,
    )
  }
})

t.test('a length counts where it is one', async t => {
  for (const [told, length] of [
    ['12', 12],
    ['', Infinity],
    ['-1', Infinity],
    ['1e3', Infinity],
  ] as const) {
    t.equal(uploadStanding([['Content-Length', told]]).lengthBytes, length, told)
  }
})
