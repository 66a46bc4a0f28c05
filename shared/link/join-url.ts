// The one line that far's user carries to near: where far is, how to know it, and a code to join it with.
//   hunch://TOKEN@HOST:PORT?pin=sha256-…       TLS 1.3; far's public key has this SHA-256
//   hunch+cleartext://TOKEN@127.0.0.1:PORT     no TLS; only on a loopback address, for trials and tests
// TOKEN is left out once near has a credential. An IPv6 HOST stands in brackets (RFC 3986 §3.2.2).
// Knows: how to write and read it, and what is a loopback address. Does not know: names, sockets, what a code is worth.

import { Fault } from '../fault.ts'

export interface JoinUrl {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** The join code, used once; undefined when near holds a credential. */
  readonly token: string | undefined
  readonly security: LinkSecurity
}

export type LinkSecurity =
  /** `pin` is `sha256-` and the base64url of the SHA-256 of far's SubjectPublicKeyInfo. */
  { readonly kind: 'pinned'; readonly pin: string } | { readonly kind: 'cleartext' }

const DEFAULT_PORT = 8443
const EXAMPLE = "'hunch://TOKEN@HOST:PORT?pin=sha256-…'"

// 256 bits are 43 characters of base64url, of which the last holds only four bits.
const PIN = /^sha256-[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** Writes the URL that `parseJoinUrl` reads. */
export function formatJoinUrl(url: JoinUrl): string {
  const user = url.token === undefined ? '' : `${url.token}@`
  const host = url.host.includes(':') ? `[${url.host}]` : url.host
  if (url.security.kind === 'cleartext') return `hunch+cleartext://${user}${host}:${url.port}`
  return `hunch://${user}${host}:${url.port}?pin=${url.security.pin}`
}

/** Reads the URL that far prints. Raises USAGE with a whole sentence for everything that is not one. */
export function parseJoinUrl(text: string): JoinUrl {
  const url = parse(text)
  const security = readSecurity(url)
  if (url.hostname === '') fail('it names no host')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (!/^[A-Za-z0-9_.:-]+$/.test(host)) fail('its host is neither a name in ASCII nor an IP address')
  if (url.password !== '' || !/^[A-Za-z0-9_-]*$/.test(url.username)) fail('its TOKEN is damaged')
  if (url.pathname !== '' && url.pathname !== '/') fail('it has a path')
  if (url.hash !== '') fail('it has a fragment')
  if (url.port === '0') fail('its port is 0')
  for (const name of url.searchParams.keys()) if (name !== 'pin') fail(`it has an unknown parameter, ${name}`)
  if (security.kind === 'cleartext' && !isLoopback(host)) {
    fail('hunch+cleartext is only for a loopback address; anywhere else the link must be encrypted, with hunch')
  }
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port)
  return { host, port, token: url.username === '' ? undefined : url.username, security }
}

/** Whether packets to `host` never leave this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3, RFC 6761 §6.3). */
export function isLoopback(host: string): boolean {
  return host === '::1' || host.toLowerCase() === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Whether two URLs name the same far: the same key, wherever it is; without TLS, the same address. */
export function isSameFar(one: JoinUrl, other: JoinUrl): boolean {
  if (one.security.kind === 'pinned' && other.security.kind === 'pinned') return one.security.pin === other.security.pin
  return one.security.kind === other.security.kind && one.host === other.host && one.port === other.port
}

function parse(text: string): URL {
  try {
    return new URL(text)
  } catch {
    return fail('it is not a URL')
  }
}

function readSecurity(url: URL): LinkSecurity {
  const pins = url.searchParams.getAll('pin')
  if (url.protocol === 'hunch+cleartext:') {
    return pins.length === 0 ? { kind: 'cleartext' } : fail('without TLS there is no key that its pin could be of')
  }
  if (url.protocol !== 'hunch:') fail(`it begins with ${url.protocol} instead of hunch:`)
  const [pin] = pins
  if (pin === undefined || pins.length > 1) fail('it must have one pin')
  if (!PIN.test(pin))
    fail('its pin is not sha256- and 43 characters of base64url; perhaps a part of the line is missing')
  return { kind: 'pinned', pin }
}

// The text itself is not shown: it may hold a token, and this goes to logs.
function fail(why: string): never {
  throw new Fault('USAGE', `The URL of the far proxy is not right: ${why}. It has the form ${EXAMPLE}; far prints it.`)
}
