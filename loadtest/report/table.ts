// A summary as tables of text: for the terminal, and as rows for the HTML page.
// Knows: columns. Does not know: files, terminals.
import type { RunRecord, LinkRun } from './run.ts'
import type { ContenderSummary } from './summary.ts'
import { formatBytes, formatMs, formatRatio, formatShare } from './words.ts'

export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** What each contender took, and how it compares, for one link. */
export function tablesOf({ link, summary }: LinkRun): readonly Table[] {
  const times: Table = {
    title: `${link}: times from when a visit was meant to begin`,
    head: ['', 'visits', 'failed', 'wrong', 'first byte', 'p95', 'last byte', 'p95', 'p99', 'loaded', 'p95', 'late by'],
    rows: summary.contenders.map(each => [
      each.name,
      String(each.pages),
      String(each.failed),
      String(each.wrong),
      ...[each.firstByteMs.median, each.firstByteMs.p95].map(formatMs),
      ...[each.lastByteMs.median, each.lastByteMs.p95, each.lastByteMs.p99].map(formatMs),
      ...[each.loadedMs.median, each.loadedMs.p95, each.startedMs.p95].map(formatMs),
    ]),
  }
  const bytes: Table = {
    title: `${link}: bytes`,
    head: ['', 'content', 'down the link', 'base', 'delta', 'whole', 'ways'],
    rows: summary.contenders.map(each => [
      each.name,
      ...[each.contentBytes, each.downBytes].map(formatBytes),
      ...[each.linkBytes.base, each.linkBytes.delta, each.linkBytes.whole].map(formatBytes),
      describeWays(each.ways),
    ]),
  }
  const comparison: Table = {
    title: `${link}: last byte over ${summary.comparisons[0]?.reference ?? 'the reference'}, visit by visit`,
    head: ['', 'median', '95 % interval', 'first byte', 'slower by more than 2 %'],
    rows: summary.comparisons.map(({ name, lastByte, firstByte, slower }) => [
      name,
      formatRatio(lastByte.middle),
      `${formatRatio(lastByte.low)} to ${formatRatio(lastByte.high)}`,
      formatRatio(firstByte.middle),
      formatShare(slower),
    ]),
  }
  return [times, bytes, ...(comparison.rows.length > 0 ? [comparison] : [])]
}

/** All of a record, for a terminal. */
export function toText(record: RunRecord): string {
  const tables = record.links.flatMap(tablesOf).map(alignTable)
  const warnings = record.warnings.map(warning => `Careful: ${warning}\n`)
  return [...tables, ...warnings].join('\n')
}

export function alignTable({ title, head, rows }: Table): string {
  const all = [head, ...rows]
  const widths = head.map((_cell, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  const lines = all.map(row =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  return `${title}\n${lines.map(line => `  ${line.trimEnd()}\n`).join('')}`
}

function describeWays(ways: ContenderSummary['ways']): string {
  return Object.entries(ways)
    .sort(([, one], [, other]) => other - one)
    .map(([way, times]) => `${times} ${way}`)
    .join(', ')
}
