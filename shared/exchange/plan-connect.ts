// Near's decision on a CONNECT: a blind tunnel, or open the TLS connection inside; twice, before the client has said
// anything and when it has.
// Knows: what the user excluded, what was refused before, what a ClientHello offers. Does not know: sockets, bytes.
import { type HostPattern, matchesHost } from '../http/host-pattern.ts'

/** Why a connection is not opened. */
export type TunnelReason =
  | 'off'
  | 'excluded'
  /** On its port the server speaks first, in clear; what a client waits for must not wait for the client. */
  | 'server-first'
  /** The client or the origin did not take it before. */
  | 'refused-before'
  /** The client's first bytes are no TLS, or did not come in time: its server may be the one that speaks first. */
  | 'not-tls'
  /** The client names another host inside than outside: whose certificate it wants is not ours to guess. */
  | 'other-name'
  /** TLS, but the client does not offer HTTP inside. */
  | 'not-http'

export type ConnectPlan =
  | { readonly kind: 'tunnel'; readonly why: TunnelReason }
  /** Answer 200 and look at what the client says first. */
  | { readonly kind: 'look' }

export interface ConnectFacts {
  /** As `parseHostPort` gives it. */
  readonly host: string
  readonly port: number
  readonly intercept: boolean
  readonly exclude: readonly HostPattern[]
  /** What `CertificateRefusals` has against the host. */
  readonly refusal: string | undefined
}

// Of the registry of IANA: ftp, ssh, smtp, pop3, nntp, imap, submission, mysql, and sieve.
const SERVER_FIRST_PORTS: ReadonlySet<number> = new Set([21, 22, 25, 110, 119, 143, 587, 3306, 4190])

/** Before a byte has come. */
export function planConnect({ host, port, intercept, exclude, refusal }: ConnectFacts): ConnectPlan {
  if (!intercept) return { kind: 'tunnel', why: 'off' }
  if (SERVER_FIRST_PORTS.has(port)) return { kind: 'tunnel', why: 'server-first' }
  if (matchesHost(exclude, host)) return { kind: 'tunnel', why: 'excluded' }
  if (refusal !== undefined) return { kind: 'tunnel', why: 'refused-before' }
  return { kind: 'look' }
}

/** What a client said first. */
export type FirstWords =
  | { readonly kind: 'other' }
  | {
      readonly kind: 'client-hello'
      /** RFC 6066 §3; undefined when the client names none, as for addresses. */
      readonly serverName: string | undefined
      /** RFC 7301; undefined when the client offers none. */
      readonly protocols: readonly string[] | undefined
    }

export type OpenPlan = { readonly kind: 'open' } | { readonly kind: 'tunnel'; readonly why: TunnelReason }

const HTTPS_PORT = 443
const PROTOCOLS: readonly string[] = ['h2', 'http/1.1']

/** When the client has spoken; `target`: what CONNECT named. */
export function planOpening(target: { readonly host: string; readonly port: number }, said: FirstWords): OpenPlan {
  if (said.kind === 'other') return { kind: 'tunnel', why: 'not-tls' }
  const { serverName, protocols } = said
  if (serverName !== undefined && !isSameName(serverName, target.host)) return { kind: 'tunnel', why: 'other-name' }
  if (protocols?.some(protocol => PROTOCOLS.includes(protocol))) return { kind: 'open' }
  // Mail and chat know no names for their protocols and use ports of their own; the web's port carries the web.
  return protocols === undefined && target.port === HTTPS_PORT ? { kind: 'open' } : { kind: 'tunnel', why: 'not-http' }
}

/** RFC 6066 §3: a server name has no dot at its end; that of CONNECT may have one. */
function isSameName(one: string, other: string): boolean {
  return one.toLowerCase().replace(/\.$/, '') === other.toLowerCase().replace(/\.$/, '')
}
