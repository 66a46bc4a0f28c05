// One user's client: timed GETs through a proxy over connections that stay open, as a browser keeps them.
// Knows: undici, the clock. Does not know: who measures what, or why.
import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Readable, Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { ProxyAgent, request } from 'undici'
import { formatHostPort, type HostPort } from '../../shared/config/host-port.ts'

export interface Fetched {
  /** 0 when there was no response. */
  readonly status: number
  /** On the clock of `performance.now`. */
  readonly startedAt: number
  readonly firstByteAt: number
  readonly lastByteAt: number
  /** Bytes of content, without its coding. */
  readonly contentBytes: number
  readonly digest: string
  /** The word after `detail=` in Cache-Status. */
  readonly way: string | undefined
  /** The content, when it is a page whose parts may be wanted. */
  readonly html: string | undefined
  /** Why there is no whole response. */
  readonly error: string | undefined
}

// What browsers open to a proxy at once: Chromium 32 for all sites together.
const MOST_CONNECTIONS = 32

// RFC 9110 §8.4.1, RFC 8878; several at once are rare enough to be counted as they come.
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

function decode(content: Readable, coding: string): AsyncIterable<Uint8Array> {
  const decoder = decoders[coding.toLowerCase()]?.()
  if (!decoder) return content
  content.once('error', error => decoder.destroy(error))
  return content.pipe(decoder)
}

export class Client {
  readonly #dispatcher: ProxyAgent

  constructor(proxy: HostPort) {
    this.#dispatcher = new ProxyAgent({
      uri: `http://${formatHostPort(proxy)}`,
      proxyTunnel: false,
      connections: MOST_CONNECTIONS,
      // A load test measures; near's authority is not among those that this machine trusts, and far verifies origins.
      requestTls: { rejectUnauthorized: false },
      // Slow links are what this is for: only `signal` gives up.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  }

  /** Gets `url` to its end, or to where it breaks; never rejects. `signal` gives it up. */
  async get(url: string, signal: AbortSignal): Promise<Fetched> {
    const startedAt = performance.now()
    const digest = createHash('sha256')
    const pieces: Uint8Array[] = []
    let [status, firstByteAt, contentBytes] = [0, 0, 0]
    let way: string | undefined
    let isHtml = false
    let error: string | undefined
    try {
      // What browsers say: content that a site compresses comes compressed, whoever brings it.
      const headers = { accept: '*/*', 'accept-encoding': 'gzip, deflate, br, zstd' }
      const response = await request(url, { dispatcher: this.#dispatcher, signal, headers })
      status = response.statusCode
      way = /detail=([a-z]+)/.exec(String(response.headers['cache-status'] ?? ''))?.[1]
      isHtml = String(response.headers['content-type'] ?? '').startsWith('text/html')
      response.body.once('data', () => (firstByteAt = performance.now()))
      for await (const piece of decode(response.body, String(response.headers['content-encoding'] ?? ''))) {
        digest.update(piece)
        contentBytes += piece.length
        if (isHtml) pieces.push(piece)
      }
    } catch (cause) {
      error = cause instanceof Error ? cause.message : String(cause)
    }
    const lastByteAt = performance.now()
    return {
      status,
      startedAt,
      firstByteAt: firstByteAt || lastByteAt,
      lastByteAt,
      contentBytes,
      digest: digest.digest('hex'),
      way,
      html: isHtml && error === undefined ? Buffer.concat(pieces).toString() : undefined,
      error,
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy()
  }
}

const reference = /<(?:script|img|link|source|iframe)\b[^>]*?\b(?:src|href)\s*=\s*["']?([^"'\s>]+)[^>]*>/gi

/** The URLs of what an HTML page loads by itself: scripts, style sheets, pictures, icons; each once. */
export function partsOf(html: string, url: string): readonly string[] {
  const found = [...html.matchAll(reference)]
    .filter(([tag]) => !/^<link/i.test(tag) || /\brel\s*=\s*["']?(?:stylesheet|icon|preload|modulepreload)/i.test(tag))
    .map(([, word = '']) => word.replaceAll('&amp;', '&'))
    .filter(word => URL.canParse(word, url))
    .map(word => new URL(word, url))
    .filter(({ protocol }) => protocol === 'http:' || protocol === 'https:')
  return [...new Set(found.map(({ href }) => href.replace(/#.*$/, '')))]
}
