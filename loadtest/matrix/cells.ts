// The samples of a matrix, and what they say of each cell: a link, a wait of the origin, and a kind of visit.
// Knows: columns, medians, targets. Does not know: how anything was measured.
import { quantile } from '../../shared/quantile.ts'
import type { Table } from '../report/table.ts'

/** One visit of one document in one mode. */
export interface Sample {
  readonly carrier: string
  readonly link: string
  readonly waitMs: number
  readonly document: string
  readonly round: number
  readonly visit: string
  readonly mode: string
  readonly way: string
  readonly contentBytes: number
  readonly linkBytes: number
  readonly firstByteMs: number
  readonly lastByteMs: number
  readonly limitFirstMs: number
  readonly limitLastMs: number
  /** Bytes that the link carried while the origin thought, and what a speculation could have; NaN where there was none. */
  readonly usedIdleBytes: number
  readonly usableIdleBytes: number
}

const columns = {
  carrier: 'text',
  link: 'text',
  waitMs: 'number',
  document: 'text',
  round: 'number',
  visit: 'text',
  mode: 'text',
  way: 'text',
  contentBytes: 'number',
  linkBytes: 'number',
  firstByteMs: 'number',
  lastByteMs: 'number',
  limitFirstMs: 'number',
  limitLastMs: 'number',
  usedIdleBytes: 'number',
  usableIdleBytes: 'number',
} as const satisfies Record<keyof Sample, 'text' | 'number'>
const names = Object.keys(columns) as (keyof Sample)[]

export function toCsv(samples: readonly Sample[]): string {
  const show = (value: string | number) => {
    if (typeof value === 'string') return value
    return Number.isNaN(value) ? '' : String(Math.round(value * 1000) / 1000)
  }
  const rows = samples.map(sample => names.map(name => show(sample[name])).join(','))
  return [names.join(','), ...rows, ''].join('\n')
}

/** Reads what `toCsv` wrote. */
export function fromCsv(text: string): readonly Sample[] {
  const [, ...rows] = text.trim().split('\n')
  return rows.map(row => {
    const values = row.split(',')
    const read = (name: keyof Sample, at: number) => {
      const value = values[at] ?? ''
      if (columns[name] === 'text') return value
      return value === '' ? Number.NaN : Number(value)
    }
    return Object.fromEntries(names.map((name, at) => [name, read(name, at)])) as unknown as Sample
  })
}

/** How one cell, or several together, compare. */
export interface Cell {
  readonly count: number
  /** Times over the physical limit. */
  readonly firstOverLimit: number
  readonly lastOverLimit: number
  readonly lastOverLimitP95: number
  /** The same of plain. */
  readonly plainOverLimit: number
  /** Of all idle time that could have been used, the share that was: a small page cannot fill a long wait. */
  readonly idleFilled: number
  /** Times over those of plain, document by document. */
  readonly overPlain: number
  readonly overPlainP99: number
  /** The same of a second plain pair: what is not more than this may be chance. */
  readonly controlOverPlainP99: number
  /** Milliseconds by which the slowest was slower than plain. */
  readonly slowerByMs: number
}

export function cellOf(samples: readonly Sample[]): Cell {
  const ours = samples.filter(({ mode }) => mode === 'optimistic')
  const plain = samples.filter(({ mode }) => mode === 'plain')
  const plainOf = new Map(plain.map(sample => [keyOf(sample), sample]))
  const pairsOf = (some: readonly Sample[]) =>
    some.flatMap(sample => {
      const other = plainOf.get(keyOf(sample))
      return other ? [[sample.lastByteMs, other.lastByteMs] as const] : []
    })
  const ratiosOf = (pairs: readonly (readonly [number, number])[]) => pairs.map(([one, other]) => one / other)
  const pairs = pairsOf(ours)
  const ratios = ratiosOf(pairs)
  const control = ratiosOf(pairsOf(samples.filter(({ mode }) => mode === 'control')))
  const overLimit = ours.map(({ lastByteMs, limitLastMs }) => lastByteMs / limitLastMs)
  const idle = ours.filter(({ usableIdleBytes }) => usableIdleBytes > 0)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    count: ours.length,
    firstOverLimit: quantile(
      ours.map(({ firstByteMs, limitFirstMs }) => firstByteMs / limitFirstMs),
      0.5,
    ),
    lastOverLimit: quantile(overLimit, 0.5),
    lastOverLimitP95: quantile(overLimit, 0.95),
    plainOverLimit: quantile(
      plain.map(({ lastByteMs, limitLastMs }) => lastByteMs / limitLastMs),
      0.5,
    ),
    idleFilled: sum(idle.map(each => each.usedIdleBytes)) / sum(idle.map(each => each.usableIdleBytes)),
    overPlain: quantile(ratios, 0.5),
    overPlainP99: quantile(ratios, 0.99),
    controlOverPlainP99: quantile(control, 0.99),
    slowerByMs: Math.max(...pairs.map(([one, other]) => one - other)),
  }
}

/** What pairs a sample with the one of the other mode. */
function keyOf({ carrier, link, waitMs, document, round, visit }: Sample): string {
  return [carrier, link, waitMs, document, round, visit].join(' ')
}

/** Samples by the cell that they belong to, in the order in which they came. `by`: what makes a cell. */
export function groupBy(samples: readonly Sample[], by: (sample: Sample) => string): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) groups.set(by(sample), [...(groups.get(by(sample)) ?? []), sample])
  return groups
}

const HEAD = ['n', '1st/limit', 'last/limit', 'p95', 'plain', 'filled', 'last/plain', 'p99', 'control p99', 'slower by']

export function tableOf(
  title: string,
  heads: readonly string[],
  groups: ReadonlyMap<string, readonly Sample[]>,
): Table {
  const rows = [...groups].map(([key, samples]) => {
    const cell = cellOf(samples)
    const ratio = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : '')
    return [
      ...key.split('|'),
      String(cell.count),
      ratio(cell.firstOverLimit),
      ratio(cell.lastOverLimit),
      ratio(cell.lastOverLimitP95),
      ratio(cell.plainOverLimit),
      Number.isNaN(cell.idleFilled) ? '' : `${Math.round(100 * cell.idleFilled)} %`,
      ratio(cell.overPlain),
      ratio(cell.overPlainP99),
      ratio(cell.controlOverPlainP99),
      cell.slowerByMs > 0 ? `${Math.round(cell.slowerByMs)} ms` : '',
    ]
  })
  return { title, head: [...heads, ...HEAD], rows }
}
