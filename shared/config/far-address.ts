// The address by which near finds its far: `hunch://TOKEN@HOST:PORT?pin=sha256-…`, as far prints it.
// Knows: how it is written and read. Does not know: what the token buys or what the pin is the hash of (docs/link.md).
//
// 1. An address says how far proves who it is: by a pin, or, on loopback alone, not at all (cleartext).
// 2. Only HOST:PORT may be shown or logged; the token is a secret.

import { formatHostPort, isLoopback, parseHostPort } from './host-port.ts'

export interface FarAddress {
  /** The join code, used once; undefined when near holds a credential of its own already. */
  readonly token: string | undefined
  readonly host: string
  readonly port: number
  readonly security: LinkSecurity
}

/** `pin` is `sha256-` and 43 characters of base64url (RFC 4648 §5, no padding). */
export type LinkSecurity = { readonly kind: 'pinned'; readonly pin: string } | { readonly kind: 'cleartext' }

// What needs no escape in the user part of a URL (RFC 3986 §2.3). 256 characters are far more than any code needs.
const TOKEN = /^[A-Za-z0-9._~-]{1,256}$/

/** Reads the address; undefined when it is malformed, lacks pin and `cleartext`, or is cleartext beyond loopback. */
export function parseFarAddress(text: string): FarAddress | undefined {
  const match = /^hunch:\/\/(?:(?<token>[^@/?#]*)@)?(?<place>[^@/?#]+)\/?\?(?<query>[^#]*)$/i.exec(text.trim())
  const place = parseHostPort(match?.groups?.['place'] ?? '')
  const security = parseSecurity(match?.groups?.['query'] ?? '')
  const token = match?.groups?.['token']
  if (place === undefined || place.port === 0 || security === undefined) return undefined
  if (token !== undefined && !TOKEN.test(token)) return undefined
  if (security.kind === 'cleartext' && !isLoopback(place.host)) return undefined
  return { token, ...place, security }
}

/** Writes what `parseFarAddress` reads. */
export function formatFarAddress({ token, host, port, security }: FarAddress): string {
  const user = token === undefined ? '' : `${token}@`
  const query = security.kind === 'pinned' ? `pin=${security.pin}` : 'cleartext'
  return `hunch://${user}${formatHostPort({ host, port })}?${query}`
}

// `pin=…` or `cleartext`, never both, nothing else: an unknown word may be what makes the link safe.
function parseSecurity(query: string): LinkSecurity | undefined {
  if (query === 'cleartext') return { kind: 'cleartext' }
  const pin = /^pin=(?<pin>sha256-[A-Za-z0-9_-]{43})$/.exec(query)?.groups?.['pin']
  return pin === undefined ? undefined : { kind: 'pinned', pin }
}
