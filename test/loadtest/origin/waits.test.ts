// Claims about how long the origin thinks.
import t from 'tap'
import { drawWait } from '../../../loadtest/origin/waits.ts'

t.test('there is none, or always the same, when that is wanted', async t => {
  t.equal(drawWait('none', 'page', 1, '/news', 1), 0)
  t.equal(drawWait(70, 'page', 1, '/news', 1), 70)
  t.equal(drawWait(70, 'file', 2, '/a.css', 9), 70)
})

t.test('a request waits as long in every run, another request otherwise', async t => {
  const waits = [1, 2, 3, 4, 5, 6].map(number => drawWait('typical', 'page', 1, '/news', number))
  t.same(
    waits,
    [1, 2, 3, 4, 5, 6].map(number => drawWait('typical', 'page', 1, '/news', number)),
  )
  t.ok(new Set(waits).size > 4)
  t.not(drawWait('typical', 'page', 2, '/news', 1), waits[0])
})

for (const [kind, least, median, most] of [
  ['file', 4, 18, 120],
  ['data', 30, 120, 900],
  ['page', 200, 480, 2000],
] as const) {
  t.test(
    `typical waits for a ${kind} lie between ${least} and ${most} ms, half of them under ${median}, with a long tail`,
    async t => {
      const waits = Array.from({ length: 4000 }, (_, number) => drawWait('typical', kind, 3, '/x', number)).sort(
        (a, b) => a - b,
      )
      t.ok(Number(waits[0]) >= least && Number(waits.at(-1)) <= most)
      t.ok(Math.abs(Number(waits[2000]) / median - 1) < 0.06, `median ${waits[2000]}`)
      t.ok(Number(waits[3800]) > 2 * median, `95 % ${waits[3800]}`)
    },
  )
}
