// Max-Forwards (RFC 9110 §7.6.2): how many more proxies a TRACE or OPTIONS may pass, and what the last one answers.
// Knows: the field, what a final recipient says. Does not know: who forwards, or how.
import type { RequestFacts } from './caching.ts'
import { type FieldList, valueOf, without } from './fields.ts'

export type Forwarding =
  | { readonly kind: 'forward'; readonly fields: FieldList }
  /** The proxy answers by itself, with this. */
  | { readonly kind: 'answer'; readonly status: number; readonly fields: FieldList; readonly content: Buffer }

// RFC 9110 §9.3.8: what a TRACE must not show again.
const SECRET = ['authorization', 'cookie', 'proxy-authorization']

/** What a proxy does with a request: for other methods, and for what is no number, it forwards it as it is. */
export function planForwarding({ method, url, fields }: RequestFacts): Forwarding {
  const said = method === 'TRACE' || method === 'OPTIONS' ? (valueOf(fields, 'max-forwards') ?? '') : ''
  if (!/^\d{1,9}$/.test(said)) return { kind: 'forward', fields }
  if (Number(said) > 0) {
    const fewer = String(Number(said) - 1)
    return {
      kind: 'forward',
      fields: fields.map(([name, value]) => [name, name.toLowerCase() === 'max-forwards' ? fewer : value]),
    }
  }
  if (method === 'OPTIONS') return { kind: 'answer', status: 200, fields: [], content: Buffer.alloc(0) }
  const lines = without(fields, ...SECRET).map(([name, value]) => `${name}: ${value}\r\n`)
  const content = Buffer.from(`TRACE ${url} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
  return { kind: 'answer', status: 200, fields: [['Content-Type', 'message/http']], content }
}
