// Who may talk to near's own pages: programs of this machine's user and near's own page, and no other site in the browser.
// Knows: Host, Origin and Fetch Metadata. Does not know: pages, sockets. Pure.
//
// 1. A name that is not near's own is refused: a site whose name was made to point here (DNS rebinding) sees nothing.
// 2. Another site can neither read nor change anything: its requests name it (Origin, Sec-Fetch-Site).
import type { IncomingHttpHeaders } from 'node:http'
import { NEAR_HOST } from '../../shared/http/url.ts'

export type OwnRequestPlan = { readonly kind: 'serve' } | { readonly kind: 'refuse'; readonly why: Refusal }
export type Refusal = 'host' | 'origin' | 'cross-site'

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
const loopbackNames = ['localhost', '127.0.0.1', '[::1]', NEAR_HOST] as const

/** `host`: the address that near listens on, as in a URL; a page may be asked for under it, too. */
export function planOwnRequest(
  method: string,
  headers: IncomingHttpHeaders,
  listening: { readonly host: string; readonly port: number },
): OwnRequestPlan {
  if (!isOwnHost(headers.host, listening)) return { kind: 'refuse', why: 'host' }
  const { origin } = headers
  if (origin !== undefined && !isOwnOrigin(origin, listening)) return { kind: 'refuse', why: 'origin' }
  const site = headers['sec-fetch-site']
  // A link or an address that was typed leads here from anywhere; all else must come from near's own page.
  const isVisit =
    safeMethods.has(method) && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isVisit) {
    return { kind: 'refuse', why: 'cross-site' }
  }
  // Browsers send Origin with what changes something (Fetch §3.1); curl sends neither, and is the user.
  return { kind: 'serve' }
}

function isOwnHost(host: string | undefined, { host: listening, port }: { host: string; port: number }): boolean {
  if (host === undefined) return false
  const [, name = host, said] = /^(.*?)(?::(\d+))?$/.exec(host.toLowerCase()) ?? []
  if (name === NEAR_HOST) return true
  if (said !== undefined && Number(said) !== port) return false
  if (loopbackNames.some(each => each === name) || name === bracketed(listening)) return true
  // On all addresses: by number, any of them; a name would have to be known.
  return isUnspecified(listening) && (/^\d+\.\d+\.\d+\.\d+$/.test(name) || name.startsWith('['))
}

function isOwnOrigin(origin: string, listening: { host: string; port: number }): boolean {
  return origin.startsWith('http://') && isOwnHost(origin.slice('http://'.length), listening)
}

function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
