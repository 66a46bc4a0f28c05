// The fields with which a request goes on the link: where it is for, and what the client said of it.
// Knows: how HTTP/2 writes fields. Does not know: asks, tunnels, methods.
import type { OutgoingHttpHeaders } from 'node:http2'
import type { RequestFacts } from '../shared/http/caching.ts'
import { type FieldList, toLists, valueOf, withVia, without } from '../shared/http/fields.ts'
import { NAMES_FIELD, namesOf } from '../shared/link/field-names.ts'

/** All but the method. `receivedBy`: the protocol by which near got the request (RFC 9110 §7.6.3). */
export function linkHeaders({ url, fields }: RequestFacts, receivedBy: string): OutgoingHttpHeaders {
  const { protocol, host } = new URL(url)
  // Trailers of a request are not carried (docs/link.md §3), so none are promised.
  const passed = without(fields, 'host', 'expect', 'trailer')
  // A client that speaks HTTP/2 itself wrote them in lower case because it had to.
  const names = receivedBy === '2.0' ? undefined : namesOf(passed)
  return {
    ':scheme': protocol.slice(0, -1),
    ':authority': host,
    ':path': url.slice(`${protocol}//${host}`.length),
    ...toLists(inLines(withVia(passed, receivedBy, 'hunch-near'))),
    ...(names === undefined ? {} : { [NAMES_FIELD]: names }),
  }
}

// Lists, which Node takes for single values and refuses when they come in several lines.
const listed: ReadonlySet<string> = new Set(['if-match', 'if-none-match', 'content-encoding', 'content-language'])

/** The lines in which HTTP/2 has them. */
function inLines(fields: FieldList): FieldList {
  return fields.flatMap(([name, value], at) => {
    const lower = name.toLowerCase()
    // RFC 9113 §8.2.3: crumbs of a cookie that stay the same cost a byte each.
    if (lower === 'cookie') return value.split(/; */).map(each => [name, each] as const)
    if (!listed.has(lower)) return [[name, value] as const]
    const isFirst = fields.findIndex(([each]) => each.toLowerCase() === lower) === at
    // RFC 9110 §5.3: lines of a list may be joined.
    return isFirst ? [[name, valueOf(fields, lower) ?? ''] as const] : []
  })
}
