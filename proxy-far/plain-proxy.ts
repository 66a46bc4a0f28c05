// Far as an ordinary HTTP/2 forward proxy, for clients that do not speak the extension: curl, nghttp, browsers.
// Knows: requests and responses as they are. Does not know: versions, parts.
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import { type Fault, asFault } from '../shared/fault.ts'
import { type RequestFacts } from '../shared/http/caching.ts'
import { priorityOf } from '../shared/http/priority.ts'
import { proxyStatus } from '../shared/http/proxy-status.ts'
import { type FieldList, asTrailers, toLists } from '../shared/http/fields.ts'
import { canonicalUrl } from '../shared/http/url.ts'
import { openLane } from '../shared/link/lanes.ts'
import { FAULT_FIELD } from '../shared/link/protocol.ts'
import { rankOf } from '../shared/link/schedule.ts'
import { systemClock } from './clock.ts'
import type { Origins } from './origin.ts'

// Node ends their streams with the head.
const EMPTY: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * Passes one request to its origin and the response back, both as streams; `count` is told how much of it was sent.
 * Gives the fault that ended it, if any.
 */
export async function proxyPlainly(
  stream: ServerHttp2Stream,
  facts: RequestFacts,
  body: Readable | undefined,
  origins: Origins,
  signal: AbortSignal,
  count: (bytes: number) => void,
): Promise<Fault | undefined> {
  try {
    const response = await origins.fetch({
      ...facts,
      url: canonicalUrl(facts.url),
      body,
      signal,
      onInterim: (status, interim) => {
        const isOurs = status === 100 || status === 101 || stream.headersSent || stream.destroyed
        if (!isOurs) stream.additionalHeaders({ ':status': status, ...toHeaders(interim) })
      },
    })
    // RFC 9110 §15: above 599 a status is invalid, and taken for a 5xx; HTTP/2 in Node carries none.
    const status = response.status > 599 ? 500 : response.status
    const hasContent = facts.method !== 'HEAD' && !EMPTY.has(status)
    // Node's compatible interface listens, too, and would send none.
    stream.removeAllListeners('wantTrailers')
    stream.once('wantTrailers', () => stream.sendTrailers(toHeaders(asTrailers(response.trailers()))))
    stream.respond({ ':status': status, ...toHeaders(response.fields) }, { waitForTrailers: hasContent })
    const { urgency, incremental } = priorityOf(facts.fields)
    const lane = openLane(stream, systemClock)
    for await (const chunk of response.body) {
      if (!hasContent) break
      count(chunk.length)
      if (signal.aborted) return undefined
      await lane.put([{ bytes: chunk, rank: rankOf(urgency), incremental }])
    }
    lane.finish()
    return undefined
  } catch (error) {
    const fault = asFault(signal.aborted ? signal.reason : error, 'FAR_INTERNAL')
    refuse(stream, fault)
    return fault
  }
}

/** Says what failed, as a standard proxy does; resets the stream when its response has begun. */
function refuse(stream: ServerHttp2Stream, fault: Fault): void {
  if (stream.destroyed) return
  if (stream.headersSent) {
    stream.close(2)
    return
  }
  stream.respond({
    ':status': fault.status,
    'proxy-status': proxyStatus(fault, 'hunch-far'),
    [FAULT_FIELD]: fault.code,
    'content-type': 'text/plain; charset=utf-8',
  })
  stream.end(`${fault.title}.\n${fault.message}\n${fault.advice}\n`)
}

/** A field list as Node's HTTP/2 takes it. */
export function toHeaders(fields: FieldList): OutgoingHttpHeaders {
  // RFC 9113 §8.2.1: a value with white space around it is malformed in HTTP/2, and nghttp2 drops the field.
  return toLists(fields.map(([name, value]) => [name, value.trim()]))
}

/** The fields of an HTTP/2 request as a list; pseudo-fields left out, crumbs of cookies joined (RFC 9113 §8.2.3). */
export function readFields(headers: IncomingHttpHeaders): FieldList {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (name.startsWith(':') || value === undefined) return []
    return Array.isArray(value) ? value.map(each => [name, each] as const) : [[name, value] as const]
  })
}
