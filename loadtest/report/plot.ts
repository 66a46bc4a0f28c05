// Plots as SVG text: axes, lines, bars; readable without a network, light and dark, and as files of their own.
// Knows: numbers and labels. Does not know: what they mean. Pure.

export interface Series {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
}

export interface Axis {
  readonly label: string
  readonly scale: 'linear' | 'log'
  readonly format: (value: number) => string
}

export interface LinePlot {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
}

const WIDTH = 640
const HEIGHT = 360
const LEFT = 64
const RIGHT = 16
const TOP = 36
const BOTTOM = 48
const KEYS_IN_ROW = 6
// Told apart by people who see red and green alike, on white and on black (Okabe and Ito's palette, darkened a little).
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b58900', '#56b4e9'] as const

/** Lines over two axes. Points must be in the order of x; on a logarithmic axis those that are not above 0 are left out. */
export function drawLines({ title, x, y, series }: LinePlot): string {
  const drawn = series.map(({ name, points }) => ({
    name,
    points: points.filter(([px, py]) => (x.scale === 'linear' || px > 0) && (y.scale === 'linear' || py > 0)),
  }))
  const toX = makeScale(
    x.scale,
    drawn.flatMap(({ points }) => points.map(([px]) => px)),
    LEFT,
    WIDTH - RIGHT,
  )
  const toY = makeScale(
    y.scale,
    drawn.flatMap(({ points }) => points.map(([, py]) => py)),
    HEIGHT - BOTTOM,
    TOP,
  )
  const lines = drawn.map(({ points }, index) => {
    const path = points.map(([px, py], at) => `${at === 0 ? 'M' : 'L'}${round(toX.at(px))} ${round(toY.at(py))}`)
    return `<path d="${path.join('')}" fill="none" stroke="${colourOf(index)}" stroke-width="2"/>`
  })
  const legend = drawn.map(({ name }, index) => keyOf(name, index))
  return frame(title, [...drawAxes(x, toX, y, toY), ...lines, ...legend], describeSeries(drawn, x, y))
}

export interface BarPlot {
  readonly title: string
  readonly unit: (value: number) => string
  /** Names of what each bar is made of. */
  readonly layers: readonly string[]
  readonly bars: readonly { readonly name: string; readonly values: readonly number[] }[]
}

/** Horizontal bars, each made of layers side by side; values below zero go to the left. */
export function drawBars({ title, unit, layers, bars }: BarPlot): string {
  const row = 26
  const height = TOP + bars.length * row + BOTTOM
  const sums = bars.flatMap(({ values }) => [
    values.filter(value => value > 0).reduce((sum, value) => sum + value, 0),
    values.filter(value => value < 0).reduce((sum, value) => sum + value, 0),
  ])
  const left = LEFT + 76
  const toX = makeScale('linear', [0, ...sums], left, WIDTH - RIGHT - 64)
  const drawn = bars.flatMap(({ name, values }, index) => {
    const y = TOP + index * row
    let [right, leftward] = [0, 0]
    const rects = values.map((value, layer) => {
      const from = value < 0 ? leftward : right
      if (value < 0) leftward += value
      else right += value
      const [start, end] = [toX.at(from), toX.at(from + value)]
      const [begin, width] = [Math.min(start, end), Math.abs(end - start)]
      return `<rect x="${round(begin)}" y="${y}" width="${round(width)}" height="${row - 8}" fill="${colourOf(layer)}"/>`
    })
    const total = values.reduce((sum, value) => sum + value, 0)
    return [
      `<text x="${left - 6}" y="${y + 13}" text-anchor="end">${escapeText(name)}</text>`,
      ...rects,
      `<text x="${round(toX.at(right) + 6)}" y="${y + 13}">${escapeText(unit(total))}</text>`,
    ]
  })
  const legend = layers.length > 1 ? layers.map((name, index) => keyOf(name, index, height - 30, index)) : []
  const text = bars.map(({ name, values }) => `${name}: ${values.map(unit).join(', ')}`).join('; ')
  return frame(title, [...drawn, ...legend], text, height)
}

export interface Span {
  readonly name: string
  readonly from: number
  /** Where each phase ends, in order. */
  readonly ends: readonly number[]
}

/** A waterfall: one row for each span, its phases in colours, time from left to right. */
export function drawSpans(title: string, phases: readonly string[], spans: readonly Span[], axis: Axis): string {
  const row = 18
  const height = TOP + spans.length * row + BOTTOM + 20
  const left = 220
  const toX = makeScale('linear', [0, ...spans.flatMap(({ ends }) => ends)], left, WIDTH - RIGHT)
  const rows = spans.flatMap(({ name, from, ends }, index) => {
    const y = TOP + index * row
    let start = from
    const rects = ends.map((end, phase) => {
      const rect = `<rect x="${round(toX.at(start))}" y="${y}" width="${round(Math.max(toX.at(end) - toX.at(start), 0.5))}" height="${row - 5}" fill="${colourOf(phase)}"/>`
      start = end
      return rect
    })
    const shown = name.length > 32 ? `…${name.slice(-31)}` : name
    return [`<text x="${left - 6}" y="${y + 10}" text-anchor="end">${escapeText(shown)}</text>`, ...rects]
  })
  const ticks = toX.ticks.map(value => tickX(value, toX, axis, TOP + spans.length * row + 4, TOP))
  const legend = phases.map((name, index) => keyOf(name, index, height - 16, index))
  const text = spans.map(
    ({ name, from, ends }) => `${name}: ${axis.format(from)} to ${axis.format(ends.at(-1) ?? from)}`,
  )
  return frame(title, [...ticks, ...rows, ...legend], text.join('; '), height)
}

interface Scale {
  at(value: number): number
  readonly ticks: readonly number[]
}

function makeScale(kind: Axis['scale'], values: readonly number[], from: number, to: number): Scale {
  const finite = values.filter(Number.isFinite)
  const low = finite.length === 0 ? 0 : Math.min(...finite)
  const high = finite.length === 0 ? 1 : Math.max(...finite)
  if (kind === 'log') {
    const [first, last] = [Math.log10(low || 1), Math.log10(high || 10)]
    const span = last - first || 1
    return { at: value => from + ((Math.log10(value) - first) / span) * (to - from), ticks: logTicks(low, high) }
  }
  const ticks = linearTicks(Math.min(low, 0), high)
  const [bottom, top] = [Math.min(low, 0), Math.max(high, ticks.at(-1) ?? high)]
  const span = top - bottom || 1
  return { at: value => from + ((value - bottom) / span) * (to - from), ticks }
}

/** About five round numbers from low to high. */
function linearTicks(low: number, high: number): readonly number[] {
  const raw = (high - low || 1) / 5
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find(factor => factor * power >= raw) ?? 10) * power
  const ticks = []
  for (let index = Math.ceil(low / step); index * step <= high + step * 0.01; index++) ticks.push(index * step)
  return ticks
}

/** 1, 2 and 5 of each power of ten, or only the ones when there are many. */
function logTicks(low: number, high: number): readonly number[] {
  const [first, last] = [Math.floor(Math.log10(low || 1)), Math.ceil(Math.log10(high || 10))]
  const factors = last - first > 3 ? [1] : [1, 2, 5]
  const ticks = []
  for (let power = first; power <= last; power++) for (const factor of factors) ticks.push(factor * 10 ** power)
  return ticks.filter(tick => tick >= low * 0.999 && tick <= high * 1.001)
}

function drawAxes(x: Axis, toX: Scale, y: Axis, toY: Scale): readonly string[] {
  const bottom = HEIGHT - BOTTOM
  const ys = toY.ticks.map(value => {
    const at = round(toY.at(value))
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" class="grid"/><text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${escapeText(y.format(value))}</text>`
  })
  return [
    ...toX.ticks.map(value => tickX(value, toX, x, bottom, TOP)),
    ...ys,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escapeText(x.label)}</text>`,
    `<text x="14" y="${(TOP + bottom) / 2}" text-anchor="middle" transform="rotate(-90 14 ${(TOP + bottom) / 2})">${escapeText(y.label)}</text>`,
  ]
}

function tickX(value: number, toX: Scale, axis: Axis, bottom: number, top: number): string {
  const at = round(toX.at(value))
  return `<line x1="${at}" x2="${at}" y1="${top}" y2="${bottom}" class="grid"/><text x="${at}" y="${bottom + 14}" text-anchor="middle">${escapeText(axis.format(value))}</text>`
}

/** One entry of the legend: a column at the right edge, or the `column`-th beside others at height `y`. */
function keyOf(name: string, index: number, y?: number, column?: number): string {
  const [x, at] =
    y === undefined
      ? [LEFT + 12, TOP + 8 + index * 16]
      : [LEFT + ((column ?? 0) % KEYS_IN_ROW) * 95, y + Math.floor((column ?? 0) / KEYS_IN_ROW) * 15]
  return `<rect x="${x}" y="${at}" width="10" height="10" fill="${colourOf(index)}"/><text x="${x + 15}" y="${at + 9}">${escapeText(name)}</text>`
}

function frame(title: string, parts: readonly string[], description: string, height = HEIGHT): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeText(`${title}. ${description}`)}"><style>text{font:11px system-ui,sans-serif;fill:#222}.grid{stroke:#8884}.title{font-size:14px;font-weight:600}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style><text x="${LEFT}" y="20" class="title">${escapeText(title)}</text>${parts.join('')}</svg>`
}

function describeSeries(series: readonly Series[], x: Axis, y: Axis): string {
  return series
    .map(({ name, points }) => {
      const [first, last] = [points[0], points.at(-1)]
      if (!first || !last) return `${name}: nothing`
      return `${name}: ${x.format(first[0])} to ${x.format(last[0])}, ${y.format(first[1])} to ${y.format(last[1])}`
    })
    .join('; ')
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] ?? COLOURS[0]
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
