// Claims about plots: that they show what they are given, and say it in words too.
import t from 'tap'
import { drawBars, drawLines, drawSpans } from '../../../loadtest/report/plot.ts'

const plain = { label: 'x', scale: 'linear', format: String } as const

t.test('a line goes through its points, left to right and bottom to top', async t => {
  const svg = drawLines({
    title: 'T',
    x: plain,
    y: plain,
    series: [
      {
        name: 'a',
        points: [
          [0, 0],
          [5, 5],
          [10, 10],
        ],
      },
    ],
  })
  const [, path = ''] = /<path d="([^"]+)"/.exec(svg) ?? []
  const points = [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const)
  t.equal(points.length, 3)
  t.ok(points[0]![0] < points[1]![0] && points[1]![0] < points[2]![0])
  t.ok(points[0]![1] > points[1]![1] && points[1]![1] > points[2]![1])
})

t.test('a logarithmic axis leaves out what is not above zero', async t => {
  const x = { ...plain, scale: 'log' } as const
  const svg = drawLines({
    title: 'T',
    x,
    y: plain,
    series: [
      {
        name: 'a',
        points: [
          [0, 1],
          [1, 2],
          [100, 3],
        ],
      },
    ],
  })
  t.equal(/<path d="([^"]+)"/.exec(svg)?.[1]?.match(/[ML]/g)?.length, 2)
  t.notMatch(svg, /NaN|Infinity/)
})

t.test('names are escaped, and every plot says in words what it shows', async t => {
  const svg = drawBars({ title: 'A & B', unit: String, layers: ['<i>'], bars: [{ name: '"q"', values: [-2, 3] }] })
  t.match(svg, /aria-label="A &amp; B\. &quot;q&quot;: -2, 3"/)
  t.notMatch(svg, /<i>/)
})

t.test('plots of nothing are still plots', async t => {
  for (const svg of [
    drawLines({ title: 'T', x: plain, y: plain, series: [] }),
    drawBars({ title: 'T', unit: String, layers: [], bars: [] }),
    drawSpans('T', [], [], plain),
  ]) {
    t.match(svg, /^<svg .*<\/svg>$/s)
    t.notMatch(svg, /NaN|Infinity/)
  }
})
