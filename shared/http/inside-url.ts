// The URL of a request that came inside an opened TLS connection: its authority is the one that CONNECT named, always.
// Knows: request targets, Host and :authority. Does not know: TLS, connections.
import { Fault } from '../fault.ts'
import { canonicalUrl } from './url.ts'

/** The authority of https URLs for a CONNECT target: brackets around IPv6, no port when it is 443. */
export function authorityOf(target: { readonly host: string; readonly port: number }): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host
  return new URL(`https://${host}:${target.port}`).host
}

/**
 * `authority` as `authorityOf` gives it; `target` in origin-form or absolute-form (RFC 9112 §3.2); `host` what Host or
 * :authority says, undefined when nothing does. Raises CLIENT_BAD_URL, and CLIENT_MISDIRECTED for another site or scheme
 * (RFC 9110 §7.4): what was asked of one site must never be answered, or kept, as another's.
 */
export function urlInside(authority: string, target: string, host: string | undefined): string {
  if (host !== undefined && URL.parse(`https://${host}`)?.host !== authority) throw misdirected(authority, host)
  if (target.startsWith('/')) return canonicalUrl(`https://${authority}${target}`)
  const url = canonicalUrl(target)
  if (!url.startsWith(`https://${authority}/`)) throw misdirected(authority, target)
  return url
}

function misdirected(authority: string, asked: string): Fault {
  return new Fault(
    'CLIENT_MISDIRECTED',
    `The connection is for ${authority}, the request for "${asked.slice(0, 200)}".`,
  )
}
