// What the suite calls `fetch`: sends each request exactly as the suite wrote it, through a proxy or straight.
// Knows: Node's HTTP client. Does not know: caches, redirects, codings; nothing is kept or followed here, because that is
// what is tested.
import { Agent, request } from 'node:http'

export interface SuiteInit {
  readonly method?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
  /** The cache mode of Fetch; the suite's own client knows none, and so sets others in vain. */
  readonly cache?: string
}

/** The part of a Fetch `Response` that the suite reads. */
export interface SuiteResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  text(): Promise<string>
}

export type SuiteFetch = (url: string, init?: SuiteInit) => Promise<SuiteResponse>

/**
 * A fetch through HTTP proxies, or straight when there are none. Of several the `n`-th request of a test goes through
 * the `n`-th, so that no two come from the same private cache.
 */
export function makeFetch(proxies: readonly string[]): SuiteFetch {
  const agent = new Agent({ keepAlive: true })
  return (url, init = {}) => {
    const written = init.headers ?? []
    // Fetch §4.6: so a reload asks caches on the way, and browsers their own.
    const reload: SuiteInit['headers'] = init.cache === 'no-cache' ? [['Cache-Control', 'max-age=0']] : []
    const headers = [...written, ...reload]
    const number = Number(headers.find(([name]) => name === 'Req-Num')?.[1] ?? 1)
    return send(url, init, headers, proxies[(number - 1) % proxies.length], agent)
  }
}

function send(
  url: string,
  init: SuiteInit,
  headers: SuiteInit['headers'] & {},
  proxy: string | undefined,
  agent: Agent,
): Promise<SuiteResponse> {
  const { hostname, port, host, pathname, search } = new URL(url)
  const to = proxy === undefined ? { hostname, port } : new URL(proxy)
  const length = init.body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(init.body))]
  return new Promise((resolve, reject) => {
    const asking = request({
      agent,
      hostname: to.hostname,
      port: to.port,
      method: init.method ?? 'GET',
      path: proxy === undefined ? `${pathname}${search}` : url,
      // The suite's own client writes these two as well.
      headers: ['Host', host, 'Accept', '*/*', ...length, ...headers.flat()],
    })
    asking.once('error', reject)
    asking.once('response', response => {
      const received = new Headers()
      const { rawHeaders, statusCode = 0, statusMessage: statusText = '' } = response
      for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
        received.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
      }
      const pieces: Uint8Array[] = []
      response.on('data', (piece: Uint8Array) => pieces.push(piece))
      response.once('error', reject)
      response.once('end', () => {
        const text = Buffer.concat(pieces).toString()
        resolve({ status: statusCode, statusText, headers: received, text: () => Promise.resolve(text) })
      })
    })
    asking.end(init.body)
  })
}
