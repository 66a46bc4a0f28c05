// The fields with which a request goes on the link: where it is for, and what the client said of it.
// Knows: how HTTP/2 writes fields. Does not know: asks, tunnels, methods.
import type { OutgoingHttpHeaders } from 'node:http2'
import type { RequestFacts } from '../shared/http/caching.ts'
import { type FieldList, toLists, withVia, without } from '../shared/http/fields.ts'

/** All but the method. `receivedBy`: the protocol by which near got the request (RFC 9110 §7.6.3). */
export function linkHeaders({ url, fields }: RequestFacts, receivedBy: string): OutgoingHttpHeaders {
  const { protocol, host } = new URL(url)
  return {
    ':scheme': protocol.slice(0, -1),
    ':authority': host,
    ':path': url.slice(`${protocol}//${host}`.length),
    ...toLists(inCrumbs(withVia(without(fields, 'host', 'expect'), receivedBy, 'hunch-near'))),
  }
}

/** RFC 9113 §8.2.3: crumbs of a cookie that stay the same cost a byte each. */
function inCrumbs(fields: FieldList): FieldList {
  return fields.flatMap(([name, value]) => {
    const values = name.toLowerCase() === 'cookie' ? value.split(/; */) : [value]
    return values.map(each => [name, each] as const)
  })
}
