// The chart of the last five minutes: bytes over the link and bytes saved, by second.
// Knows: uPlot, exchanges. Does not know: where they come from.
import uPlot from './uplot.js'
import { formatBytes } from './words.js'

const SECONDS = 300

export class TrafficChart {
  #element
  #plot
  #bySecond = new Map()

  constructor(element) {
    this.#element = element
    this.#build()
    new ResizeObserver(() => this.#plot.setSize(this.#size())).observe(element)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#build())
  }

  /** Counts an exchange in the second in which it ended. */
  note({ at, totalMs, baseBytes = 0, deltaBytes = 0, wholeBytes = 0, savedBytes = 0 }) {
    const second = Math.floor((at + totalMs) / 1000)
    const sums = this.#bySecond.get(second) ?? { link: 0, saved: 0 }
    sums.link += baseBytes + deltaBytes + wholeBytes
    sums.saved += Math.max(0, savedBytes)
    this.#bySecond.set(second, sums)
  }

  draw() {
    const now = Math.floor(Date.now() / 1000)
    for (const second of this.#bySecond.keys()) if (second < now - SECONDS) this.#bySecond.delete(second)
    const seconds = Array.from({ length: SECONDS }, (_each, index) => now - SECONDS + 1 + index)
    const link = seconds.map(second => this.#bySecond.get(second)?.link ?? 0)
    const saved = seconds.map(second => this.#bySecond.get(second)?.saved ?? 0)
    this.#plot.setData([seconds, link, saved])
    const sum = values => formatBytes(values.reduce((total, value) => total + value, 0))
    this.#element.setAttribute('aria-label', `In the last five minutes ${sum(link)} over the link, ${sum(saved)} saved`)
  }

  #size() {
    return { width: Math.max(280, this.#element.clientWidth), height: 180 }
  }

  #build() {
    this.#plot?.destroy()
    const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name)
    // A custom property keeps light-dark() as it is written; a real colour comes from a real element.
    const resolve = name => {
      const probe = document.createElement('span')
      probe.style.color = colour(name)
      document.body.append(probe)
      const { color } = getComputedStyle(probe)
      probe.remove()
      return color
    }
    const [ink, line, blue, green] = ['--dim', '--line', '--blue', '--green'].map(resolve)
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line } }
    const bars = uPlot.paths.bars({ size: [0.9, 8] })
    const time = (seconds, options) => new Date(seconds * 1000).toLocaleTimeString([], options)
    const value = (_plot, bytes) => (bytes === null ? '–' : formatBytes(bytes))
    this.#plot = new uPlot(
      {
        ...this.#size(),
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: (_plot, _low, high) => [0, Math.max(high, 1000)] } },
        axes: [
          {
            ...axis,
            values: (_plot, ticks) =>
              ticks.map(tick => time(tick, { hour: '2-digit', minute: '2-digit', second: '2-digit' })),
            space: 90,
          },
          { ...axis, size: 64, values: (_plot, ticks) => ticks.map(formatBytes) },
        ],
        series: [
          { label: 'at', value: (_plot, seconds) => (seconds === null ? '–' : time(seconds)) },
          { label: 'over the link', stroke: blue, fill: blue, paths: bars, points: { show: false }, value },
          { label: 'saved', stroke: green, width: 2, points: { show: false }, value },
        ],
      },
      [[], [], []],
      this.#element,
    )
  }
}
