// What near says of itself at its own address: whether the link is up, and what has been saved since the start.
// Knows: counts. Does not know: exchanges; the dashboard grows from here.
import type { Exchange } from './exchange-log.ts'
import type { LinkState } from './link.ts'

export interface Status {
  readonly link: LinkState | 'unused'
  readonly fault: { readonly code: string; readonly message: string; readonly advice: string } | undefined
  readonly roundTripMs: number | undefined
  readonly bandwidthBytesPerSecond: number | undefined
  readonly heldVersions: number
  readonly heldBytes: number
  readonly counts: Counts
}

/** Since the start; `ways` counts responses by the way in which they came. */
export interface Counts {
  requests: number
  failures: number
  savedBytes: number
  linkBytes: number
  ways: Record<string, number>
}

export function zeroCounts(): Counts {
  return { requests: 0, failures: 0, savedBytes: 0, linkBytes: 0, ways: {} }
}

/** Adds an exchange that has ended. */
export function count(counts: Counts, exchange: Exchange, failed: boolean): void {
  counts.requests += 1
  if (failed) counts.failures += 1
  counts.savedBytes += exchange.savedBytes ?? 0
  counts.linkBytes += (exchange.baseBytes ?? 0) + (exchange.deltaBytes ?? 0) + (exchange.wholeBytes ?? 0)
  if (exchange.way) counts.ways[exchange.way] = (counts.ways[exchange.way] ?? 0) + 1
}

/** The page for people. */
export function statusPage(status: Status): string {
  const rows = Object.entries(status.counts.ways).map(([way, times]) => `<tr><td>${way}<td>${times}`)
  const fault = status.fault
    ? `<p><strong>${status.fault.code}</strong>: ${escape(status.fault.message)} ${escape(status.fault.advice)}</p>`
    : ''
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Hunch</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 8vh auto; padding: 0 1.5rem }
  td { padding: .1rem 1.5rem .1rem 0 }
</style>
<h1>Hunch is running</h1>
<p>This is the near proxy. Set it as the HTTP and HTTPS proxy of your browser, and browse as usual.</p>
<p>Link: <strong>${status.link}</strong>${status.roundTripMs === undefined ? '' : `, round trip ${Math.round(status.roundTripMs)} ms`}${
    status.bandwidthBytesPerSecond === undefined ? '' : `, ${Math.round(status.bandwidthBytesPerSecond / 125)} kbit/s`
  }</p>
${fault}
<p>${status.counts.requests} requests, ${status.counts.failures} failures; ${status.counts.linkBytes} bytes over the link, ${status.counts.savedBytes} saved.</p>
<table>${rows.join('')}</table>
<p><a href="/status.json">status.json</a></p>
</html>
`
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}
