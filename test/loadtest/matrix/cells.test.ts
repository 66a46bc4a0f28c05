// Claims about the cells of a matrix: samples survive their file, and each is compared with its own partner.
import t from 'tap'
import { cellOf, fromCsv, groupBy, type Sample, toCsv } from '../../../loadtest/matrix/cells.ts'

const sample: Sample = {
  carrier: 'emulated',
  link: 'geo',
  waitMs: 200,
  document: '/news',
  round: 0,
  visit: 'first',
  mode: 'optimistic',
  way: 'whole',
  contentBytes: 1000,
  linkBytes: 300,
  firstByteMs: 110,
  lastByteMs: 220,
  limitFirstMs: 100,
  limitLastMs: 200,
  usedIdleBytes: Number.NaN,
  usableIdleBytes: Number.NaN,
}

t.test('what is written is read again', async t => {
  const samples = [sample, { ...sample, way: '', usedIdleBytes: 95.7, usableIdleBytes: 100 }]
  t.same(fromCsv(toCsv(samples)), samples)
})

t.test('times are held against the limit, and against plain document by document', async t => {
  const pair = (document: string, ours: number, plain: number): Sample[] => [
    { ...sample, document, lastByteMs: ours, usedIdleBytes: ours / 10, usableIdleBytes: 50 },
    { ...sample, document, lastByteMs: plain, mode: 'plain' },
    { ...sample, document, lastByteMs: 1.5 * plain, mode: 'control' },
  ]
  const cell = cellOf([...pair('a', 200, 400), ...pair('b', 300, 300), ...pair('c', 250, 200)])
  t.match(cell, { count: 3, firstOverLimit: 1.1, lastOverLimit: 1.25, plainOverLimit: 1.5, idleFilled: 0.5 })
  t.equal(cell.controlOverPlainP99, 1.5)
  t.equal(cell.overPlain, 1, 'the median of 0.5, 1 and 1.25')
  t.ok(cell.overPlainP99 > 1.24 && cell.overPlainP99 <= 1.25)
  t.equal(cell.slowerByMs, 50)
})

t.test('samples are grouped in the order in which they came', async t => {
  const groups = groupBy([{ ...sample, link: 'leo' }, sample, { ...sample, link: 'leo' }], ({ link }) => link)
  t.strictSame(
    [...groups].map(([link, list]) => [link, list.length]),
    [
      ['leo', 2],
      ['geo', 1],
    ],
  )
})
