// Every sample as a line of CSV (RFC 4180).
// Knows: columns. Does not know: what becomes of them.
import type { Sample } from '../load/run.ts'
import type { RunRecord } from './run.ts'

const columns = {
  contender: ({ contender }) => contender,
  round: ({ round }) => round,
  visit: ({ visit }) => visit,
  user: ({ user }) => user,
  kind: ({ kind }) => kind,
  url: ({ url }) => (new URL(url).hostname === '127.0.0.1' ? new URL(url).pathname + new URL(url).search : url),
  started_ms: ({ startedMs }) => startedMs.toFixed(1),
  first_byte_ms: ({ firstByteMs }) => firstByteMs.toFixed(1),
  last_byte_ms: ({ lastByteMs }) => lastByteMs.toFixed(1),
  loaded_ms: ({ loadedMs }) => loadedMs?.toFixed(1) ?? '',
  status: ({ status }) => status,
  way: ({ way }) => way ?? '',
  content_bytes: ({ contentBytes }) => contentBytes,
  base_bytes: ({ log }) => logged(log, 'baseBytes'),
  delta_bytes: ({ log }) => logged(log, 'deltaBytes'),
  whole_bytes: ({ log }) => logged(log, 'wholeBytes'),
  origin_wait_ms: ({ log }) => logged(log, 'originWaitMs'),
  right: ({ isRight }) => (isRight === undefined ? '' : String(isRight)),
  error: ({ error }) => error ?? '',
} as const satisfies Record<string, (sample: Sample) => string | number>

export function toCsv(record: RunRecord): string {
  const rows = record.links.flatMap(({ link, samples }) =>
    samples.map(sample => [link, ...Object.values(columns).map(column => column(sample))].map(quote).join(',')),
  )
  return `${['link', ...Object.keys(columns)].join(',')}\n${rows.map(row => `${row}\n`).join('')}`
}

function logged(log: Sample['log'], name: string): string {
  const value = log?.[name]
  return typeof value === 'number' ? String(Math.round(value)) : ''
}

function quote(value: string | number): string {
  const text = String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
