// One timed GET through a proxy, or straight to its origin.
// Knows: Node's HTTP client, the clock. Does not know: who measures what.
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { quantile } from '../shared/quantile.ts'

export interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Milliseconds from the request to the first byte of the content, and to the last. */
  readonly firstByteMs: number
  readonly lastByteMs: number
  /** The word after `detail=` in Cache-Status. */
  readonly way: string | undefined
}

/** Gets `url`; through `proxy` (a URL) when one is given. Rejects when the response breaks off. */
export function get(url: string, proxy: string | undefined, headers: Record<string, string> = {}): Promise<Got> {
  const { hostname, port, host, pathname, search } = new URL(url)
  const to = proxy === undefined ? { hostname, port } : new URL(proxy)
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const asking = request({
      hostname: to.hostname,
      port: to.port,
      path: proxy === undefined ? `${pathname}${search}` : url,
      headers: { host, ...headers },
      agent: new Agent(),
    })
    asking.once('error', reject)
    asking.once('response', response => {
      const pieces: Uint8Array[] = []
      let firstByteMs = 0
      response.on('data', (piece: Uint8Array) => {
        firstByteMs ||= performance.now() - startedAt
        pieces.push(piece)
      })
      response.once('error', reject)
      response.once('end', () => {
        const lastByteMs = performance.now() - startedAt
        const way = /detail=([a-z]+)/.exec(String(response.headers['cache-status'] ?? ''))?.[1]
        const body = Buffer.concat(pieces)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, firstByteMs, lastByteMs, way })
      })
    })
    asking.end()
  })
}

/** The middle of a series; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}
