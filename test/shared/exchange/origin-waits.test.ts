// Claims about how long far expects an origin to take.
import t from 'tap'
import { OriginWaits } from '../../../shared/exchange/origin-waits.ts'

const page = 'https://site.example/page'
const other = 'https://site.example/other?q'

function noted(...waitsMs: readonly number[]): OriginWaits {
  const waits = new OriginWaits()
  for (const waitMs of waitsMs) waits.note(page, waitMs)
  return waits
}

t.test('nothing is expected of what was never asked', async t => {
  t.equal(noted().expected(page), undefined)
  t.equal(noted(100).expected('https://other.example/page'), undefined)
  t.equal(noted(100).expected('https://site.example:8443/page'), undefined)
})

t.test('the median is expected, so that one straggler does not count', async t => {
  t.equal(noted(100).expected(page), 100)
  t.equal(noted(100, 9_000, 110).expected(page), 110)
  t.equal(noted(9, 100, 10).expected(page), 10, 'as numbers, not as text')
  t.equal(noted(100, 200).expected(page), 200)
})

t.test('a URL that was not asked yet takes as long as its host', async t => {
  const waits = noted(100, 100, 100)
  t.equal(waits.expected(other), 100)
  waits.note(other, 500)
  t.equal(waits.expected(other), 500)
  t.equal(waits.expected(page), 100)
  t.equal(waits.expected('https://site.example/third'), 100)
})

t.test('sixteen waits are remembered: an origin that became slow is found out after eight', async t => {
  const waits = noted(...Array.from({ length: 16 }, () => 100))
  for (let count = 1; count <= 7; count++) waits.note(page, 1_000)
  t.equal(waits.expected(page), 100)
  waits.note(page, 1_000)
  t.equal(waits.expected(page), 1_000)
})

t.test('memory is bounded: of very many URLs the first are forgotten, their host is not', async t => {
  const waits = new OriginWaits()
  for (let at = 0; at < 12_000; at++) waits.note(`https://site.example/${at}`, at < 6_000 ? 100 : 200)
  waits.note('https://site.example/last', 300)
  t.equal(waits.expected('https://site.example/0'), 200, 'that of its host')
  t.equal(waits.expected('https://site.example/last'), 300)
})
