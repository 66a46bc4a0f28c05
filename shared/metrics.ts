// Figures for Prometheus: tables of metrics, their text format (version 0.0.4), and the page that lists them.
// Knows: names, kinds, labels, buckets. Does not know: whose figures they are, who reads them.

export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** A phrase without a full stop. */
  readonly help: string
  /** The one label that tells its samples apart. */
  readonly label?: string
  /** How the figures of several processes make one; their sum when it is not said. */
  readonly together?: 'max' | 'min'
}

/** A sum, one for each value of the label, or a histogram; undefined: nothing is known. */
export type MetricValue = number | undefined | Readonly<Record<string, number>> | Histogram

/** How often a quantity was in which range (Prometheus: cumulative buckets). */
export class Histogram {
  readonly #limits: readonly number[]
  readonly #counts: number[]
  #sum = 0
  #count = 0

  /** Upper limits of the buckets, included, rising. */
  constructor(limits: readonly number[]) {
    this.#limits = limits
    this.#counts = limits.map(() => 0)
  }

  note(value: number): void {
    this.#sum += value
    this.#count += 1
    const at = this.#limits.findIndex(limit => value <= limit)
    if (at >= 0) this.#counts[at] = (this.#counts[at] ?? 0) + 1
  }

  text(name: string): string {
    let below = 0
    const lines = this.#limits.map((limit, at) => {
      below += this.#counts[at] ?? 0
      return `${name}_bucket{le="${limit}"} ${below}\n`
    })
    return `${lines.join('')}${name}_bucket{le="+Inf"} ${this.#count}\n${name}_sum ${this.#sum}\n${name}_count ${this.#count}\n`
  }
}

/** The whole answer to a scrape. */
export function metricsText<Name extends string>(
  table: Readonly<Record<Name, MetricRow>>,
  values: Readonly<Record<Name, MetricValue>>,
): string {
  return Object.entries<MetricRow>(table)
    .map(([name, row]) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the entry is of this table
      const value = values[name as Name]
      return `${heading(name, row)}${samplesOf(name, row, value)}`
    })
    .join('')
}

/**
 * One answer for several processes, made of theirs sample by sample. Of processes that have ended (`past`) nothing is left
 * of what only holds while they run; but what they counted stays counted: else a sum would go down.
 */
export function combineMetrics(
  table: Readonly<Record<string, MetricRow>>,
  running: readonly string[],
  past: readonly string[],
): string {
  const samples = new Map(Object.keys(table).map(name => [name, new Map<string, number>()]))
  const take = (line: string, isPast: boolean) => {
    const [sample = '', value] = line.split(/ (?=[^ ]*$)/)
    const family = sample.replace(/{.*/, '')
    const name = family in table ? family : family.replace(/_(?:bucket|sum|count)$/, '')
    const [row, known] = [table[name], samples.get(name)]
    if (!row || !known || (isPast && row.type === 'gauge')) return
    const before = known.get(sample)
    known.set(sample, before === undefined ? Number(value) : together(row, before, Number(value)))
  }
  const lines = (text: string) => text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  for (const text of past) for (const line of lines(text)) take(line, true)
  for (const text of running) for (const line of lines(text)) take(line, false)
  return Object.entries(table)
    .map(([name, row]) => {
      const all = Array.from(samples.get(name) ?? [], ([sample, value]) => `${sample} ${value}\n`)
      return `${heading(name, row)}${all.join('')}`
    })
    .join('')
}

/** A table for docs/metrics.md. */
export function describeMetrics(table: Readonly<Record<string, MetricRow>>): string {
  const rows = Object.entries(table).map(
    ([name, { type, help, label }]) =>
      `| \`${name}\` | ${type} | ${label === undefined ? '' : `\`${label}\``} | ${help} |\n`,
  )
  return `| Metric | Type | Label | Meaning |\n| --- | --- | --- | --- |\n${rows.join('')}`
}

export function counter(help: string, label?: string): MetricRow {
  return { type: 'counter', help, ...(label === undefined ? {} : { label }) }
}

export function gauge(help: string, label?: string, together?: MetricRow['together']): MetricRow {
  return { type: 'gauge', help, ...(label === undefined ? {} : { label }), ...(together ? { together } : {}) }
}

function heading(name: string, { help, type }: MetricRow): string {
  return `# HELP ${name} ${help}.\n# TYPE ${name} ${type}\n`
}

function together({ together: how }: MetricRow, one: number, other: number): number {
  return how === undefined ? one + other : Math[how](one, other)
}

function samplesOf(name: string, { label = 'of' }: MetricRow, value: MetricValue): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return `${name} ${value}\n`
  if (value instanceof Histogram) return value.text(name)
  const lines = Object.entries(value).map(([which, each]) => `${name}{${label}="${escapeLabel(which)}"} ${each}\n`)
  return lines.join('')
}

function escapeLabel(text: string): string {
  return text.replaceAll(/[\\"]/g, match => `\\${match}`).replaceAll('\n', String.raw`\n`)
}
