// Far's figures for Prometheus, and the listener of their own at which they are read.
// Knows: sums over all nears. Does not know: how an exchange goes; nothing here names a site, a URL or a near.
import { readFile } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { HostPort } from '../shared/config/host-port.ts'
import { Fault } from '../shared/fault.ts'
import { counter, gauge, Histogram, type MetricRow, metricsText } from '../shared/metrics.ts'
import type { Exchange } from './exchange-log.ts'

/** Every metric of far; docs/metrics.md lists them. */
export const farMetrics = {
  hunch_far_exchanges_total: counter('Exchanges that ended: asks, tunnels, WebSockets, plain proxy requests'),
  hunch_far_failures_total: counter('Exchanges that failed, by fault; CLIENT_GONE: near or its client left', 'fault'),
  hunch_far_verdicts_total: counter('Answers by verdict', 'verdict'),
  hunch_far_link_bytes_total: counter(
    'Bytes of contents sent to nears, by part; tunnel: in tunnels and WebSockets',
    'part',
  ),
  hunch_far_origin_wait_seconds: { type: 'histogram', help: 'How long sites took until their response began' },
  hunch_far_sessions: gauge('Connections of nears'),
  hunch_far_nears: gauge('Nears that joined', undefined, 'max'),
  hunch_far_held_versions: gauge('Versions held'),
  hunch_far_held_bytes: gauge('Bytes of versions held'),
  hunch_far_encode_jobs: gauge('Deltas in the encoding threads', 'state'),
  hunch_far_event_loop_delay_seconds: gauge('Delay of the event loop since the last scrape', 'quantile', 'max'),
  hunch_far_build_info: gauge('1, with the version of Hunch', 'version', 'max'),
  process_start_time_seconds: gauge('When the process started, in seconds since 1970', undefined, 'min'),
  process_cpu_seconds_total: counter('Processor time of the process'),
  process_resident_memory_bytes: gauge('Memory of the process'),
} as const satisfies Record<string, MetricRow>

/** What is looked at when it is asked for. */
export interface FarGauges {
  readonly sessions: number
  readonly nears: number
  readonly heldVersions: number
  readonly heldBytes: number
  readonly encoding: { readonly waiting: number; readonly running: number }
  readonly version: string
}

// Seconds: from a cache near the site to the longest that a page's author lets people wait.
const WAIT_LIMITS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export class FarMetrics {
  readonly #failures: Record<string, number> = {}
  readonly #verdicts: Record<string, number> = {}
  readonly #bytes = { base: 0, delta: 0, whole: 0, tunnel: 0 }
  readonly #waits = new Histogram(WAIT_LIMITS)
  readonly #delay = monitorEventLoopDelay({ resolution: 20 })
  #exchanges = 0

  constructor() {
    this.#delay.enable()
  }

  /** Every exchange that ends. */
  note(exchange: Exchange, fault: Fault | undefined): void {
    this.#exchanges += 1
    if (fault) count(this.#failures, fault.code)
    if (exchange.verdict) count(this.#verdicts, exchange.verdict.kind)
    const isTunnel = exchange.method === 'CONNECT'
    this.#bytes.base += exchange.baseBytes
    this.#bytes.delta += exchange.deltaBytes
    this.#bytes[isTunnel ? 'tunnel' : 'whole'] += exchange.wholeBytes
    if (exchange.originWaitMs !== undefined) this.#waits.note(exchange.originWaitMs / 1000)
  }

  text(gauges: FarGauges): string {
    const { rss } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    const delay = this.#delay
    const quantiles = { 0.5: delay.percentile(50) / 1e9, 0.99: delay.percentile(99) / 1e9, 1: delay.max / 1e9 }
    delay.reset()
    return metricsText(farMetrics, {
      hunch_far_exchanges_total: this.#exchanges,
      hunch_far_failures_total: this.#failures,
      hunch_far_verdicts_total: this.#verdicts,
      hunch_far_link_bytes_total: this.#bytes,
      hunch_far_origin_wait_seconds: this.#waits,
      hunch_far_sessions: gauges.sessions,
      hunch_far_nears: gauges.nears,
      hunch_far_held_versions: gauges.heldVersions,
      hunch_far_held_bytes: gauges.heldBytes,
      hunch_far_encode_jobs: { ...gauges.encoding },
      hunch_far_event_loop_delay_seconds: quantiles,
      hunch_far_build_info: { [gauges.version]: 1 },
      process_start_time_seconds: performance.timeOrigin / 1000,
      process_cpu_seconds_total: (user + system) / 1e6,
      process_resident_memory_bytes: rss,
    })
  }

  close(): void {
    this.#delay.disable()
  }
}

/**
 * Serves the figures at an address of their own: far's port is open to the world. Raises PORT_IN_USE, CANNOT_LISTEN.
 * Only GET of two paths is answered, whatever the request says besides.
 */
export async function serveMetrics({ host, port }: HostPort, text: () => string | Promise<string>): Promise<Server> {
  const server = createServer((request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const [path] = (request.url ?? '').split('?')
    if (isRead && path === '/metrics') void sendFigures(response, text)
    else if (isRead && path === '/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}')
    } else response.writeHead(404, { 'content-type': 'text/plain' }).end('Here are /metrics and /healthz.\n')
  })
  server.headersTimeout = 10_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CANNOT_LISTEN'
      reject(new Fault(code, `Far cannot serve metrics on ${host}:${port}: ${error.message}.`, { cause: error }))
    })
    server.listen({ host, port }, resolve)
  })
  return server
}

/** `text` never fails. */
async function sendFigures(response: ServerResponse, text: () => string | Promise<string>): Promise<void> {
  const figures = await text()
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(figures)
}

/** The version of this Hunch. */
export async function readVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
}

function count(sums: Record<string, number>, name: string): void {
  sums[name] = (sums[name] ?? 0) + 1
}
