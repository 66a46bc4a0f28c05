// The timing study: how long origins make one wait, and how much of that a link could use for a speculation.
// Knows: waits, presets. Does not know: sockets, where URLs come from.
// After "Optimistic Deltas for WWW Latency Reduction" (USENIX 1997), whose authors timed a thousand random URLs.
import { presetFigures, presetNames } from '../link/presets.ts'
import { drawLines } from '../report/plot.ts'
import type { Table } from '../report/table.ts'
import { formatBytes, formatMs, formatShare } from '../report/words.ts'
import { quantile } from '../../shared/quantile.ts'

export interface OriginTiming {
  readonly url: string
  readonly firstByteMs: number
  readonly lastByteMs: number
  readonly contentBytes: number
}

const quantiles = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99] as const

export function studyTables(timings: readonly OriginTiming[]): readonly Table[] {
  const row = (name: string, values: readonly number[], format: (value: number) => string) => [
    name,
    ...quantiles.map(q => format(quantile(values, q))),
  ]
  const waits: Table = {
    title: `How long ${timings.length} responses took, without a slow link`,
    head: ['', ...quantiles.map(q => `p${q * 100}`)],
    rows: [
      row(
        'first byte',
        timings.map(({ firstByteMs }) => firstByteMs),
        formatMs,
      ),
      row(
        'last byte',
        timings.map(({ lastByteMs }) => lastByteMs),
        formatMs,
      ),
      row(
        'content',
        timings.map(({ contentBytes }) => contentBytes),
        formatBytes,
      ),
    ],
  }
  const idle: Table = {
    title: 'What a link could carry while the origin has not answered',
    head: ['', 'median', 'p90', 'mean', 'whole contents that fit'],
    rows: presetNames.map(name => {
      const bytes = timings.map(timing => idleBytes(timing, name))
      const fits = timings.filter(timing => idleBytes(timing, name) >= timing.contentBytes * TYPICAL_COMPRESSION)
      const mean = bytes.reduce((sum, each) => sum + each, 0) / bytes.length
      return [
        name,
        ...[quantile(bytes, 0.5), quantile(bytes, 0.9), mean].map(formatBytes),
        formatShare(fits.length / timings.length),
      ]
    }),
  }
  return [waits, idle]
}

// Text compresses to about a quarter.
const TYPICAL_COMPRESSION = 0.25

function idleBytes({ firstByteMs }: OriginTiming, preset: (typeof presetNames)[number]): number {
  return (firstByteMs * presetFigures(preset).downBitsPerSecond) / 8000
}

export function studyPlot(timings: readonly OriginTiming[]): string {
  const cdf = (name: string, values: readonly number[]) => ({
    name,
    points: values.toSorted((one, other) => one - other).map((ms, index) => [ms, (index + 1) / values.length] as const),
  })
  return drawLines({
    title: `Origins' waits, ${timings.length} responses`,
    x: { label: 'time', scale: 'log', format: formatMs },
    y: { label: 'share of responses', scale: 'linear', format: share => `${Math.round(share * 100)} %` },
    series: [
      cdf(
        'first byte',
        timings.map(({ firstByteMs }) => firstByteMs),
      ),
      cdf(
        'last byte',
        timings.map(({ lastByteMs }) => lastByteMs),
      ),
    ],
  })
}

export function studyCsv(timings: readonly OriginTiming[]): string {
  const rows = timings.map(({ url, firstByteMs, lastByteMs, contentBytes }) =>
    [`"${url.replaceAll('"', '%22')}"`, firstByteMs.toFixed(1), lastByteMs.toFixed(1), contentBytes].join(','),
  )
  return `url,first_byte_ms,last_byte_ms,content_bytes\n${rows.map(row => `${row}\n`).join('')}`
}
