// Claims about ranges: which bytes a request gets, and when it gets all of them.
import * as fc from 'fast-check'
import t from 'tap'
import type { FieldList } from '../../../shared/http/fields.ts'
import { answerRange, planRange } from '../../../shared/http/range.ts'

const MODIFIED = 'Tue, 15 Nov 1994 12:45:26 GMT'
const held: FieldList = [
  ['ETag', '"a"'],
  ['Last-Modified', MODIFIED],
  ['Date', 'Tue, 15 Nov 1994 12:45:27 GMT'],
]

function plan(range: string, ifRange?: string, fields = held, length = 10) {
  return planRange(
    [['Range', range], ...(ifRange === undefined ? [] : [['If-Range', ifRange] as const])],
    fields,
    length,
  )
}

t.test('one range of bytes is a part, cut where the content ends', async t => {
  const parts = [
    ['bytes=0-0', 0, 1],
    ['bytes=2-5', 2, 6],
    ['Bytes= 5-', 5, 10],
    ['bytes=8-999', 8, 10],
    ['bytes=-3', 7, 10],
    ['bytes=-999', 0, 10],
    ['bytes=,4-4,', 4, 5],
  ] as const
  for (const [range, start, end] of parts) t.strictSame(plan(range), { kind: 'part', start, end }, range)
})

t.test('a range behind the end, and the last no bytes, cannot be satisfied', async t => {
  for (const range of ['bytes=10-', 'bytes=10-12', 'bytes=-0']) t.equal(plan(range).kind, 'unsatisfiable', range)
  for (const range of ['bytes=0-', 'bytes=-5']) t.equal(plan(range, undefined, held, 0).kind, 'unsatisfiable', range)
})

t.test('what is malformed, turned round or of another unit is no range', async t => {
  for (const range of ['bytes=5-2', 'bytes=-', 'bytes=', 'bytes=a-b', 'bytes=1', 'items=0-1', '0-1', 'bytes=1-2,x']) {
    t.equal(plan(range).kind, 'whole', range)
  }
  t.equal(planRange([], held, 10).kind, 'whole')
  t.equal(plan('bytes=0-1,4-5').kind, 'several')
})

t.test('If-Range holds for the same strong tag and the same strong date, and for nothing else', async t => {
  const range = 'bytes=2-5'
  t.equal(plan(range, '"a"').kind, 'part')
  t.equal(plan(range, MODIFIED).kind, 'part')
  for (const other of ['"b"', 'W/"a"', 'Tue, 15 Nov 1994 12:45:27 GMT', 'yesterday']) {
    t.equal(plan(range, other).kind, 'whole', other)
  }
  t.equal(plan(range, 'W/"a"', [['ETag', 'W/"a"']]).kind, 'whole', 'weak tags tell no bytes')
  t.equal(
    plan(range, MODIFIED, [
      ['Last-Modified', MODIFIED],
      ['Date', MODIFIED],
    ]).kind,
    'whole',
    'made in that second',
  )
  t.equal(plan(range, MODIFIED, [['Last-Modified', MODIFIED]]).kind, 'whole')
})

t.test('a part lies in the content, whatever is asked', async t => {
  const number = fc.oneof(fc.constant(''), fc.nat(30).map(String), fc.constant('999999999999999'))
  fc.assert(
    fc.property(number, number, fc.nat(20), (first, last, length) => {
      const planned = plan(`bytes=${first}-${last}`, undefined, held, length)
      if (planned.kind !== 'part') return planned.kind !== 'several'
      return planned.start >= 0 && planned.start < planned.end && planned.end <= length
    }),
  )
  t.pass('it does')
})

t.test('a part is told with where it lies, and what is not there with the length', async t => {
  const fields: FieldList = [['ETag', '"a"']]
  t.strictSame(answerRange({ kind: 'part', start: 2, end: 5 }, fields, 10), {
    status: 206,
    fields: [...fields, ['Content-Range', 'bytes 2-4/10']],
    start: 2,
    end: 5,
  })
  t.strictSame(answerRange({ kind: 'unsatisfiable' }, fields, 10), {
    status: 416,
    fields: [...fields, ['Content-Range', 'bytes */10']],
    start: 0,
    end: 0,
  })
})
