// Web addresses as a proxy meets them.
// Knows: which are well formed and how to write one address one way. Does not know: who may be asked.
import { Fault } from '../fault.ts'

/** The host under which near answers itself, also when it is reached as a proxy. Never resolved (RFC 2606 §2). */
export const NEAR_HOST = 'hunch.invalid'

// What browsers and servers accept at the most; near's own limit on the whole head is larger.
const MAX_URL_CHARACTERS = 64 * 1024

// Only ASCII: a path may hold the bytes of UTF-8 as they are, and 0xA0 is one of them.
// oxlint-disable-next-line eslint/no-control-regex -- that is what is refused
const unsafe = /[\u0000-\u0020\u007f]/

/**
 * One way to write an absolute URL: no fragment, no credentials, a path. Raises CLIENT_BAD_URL when it is none of
 * http or https. The path and query stay as they were written (RFC 9110 §4.2.3 lets a proxy normalise them, but
 * origins differ in what they take as the same).
 */
export function canonicalUrl(text: string): string {
  if (text.length > MAX_URL_CHARACTERS) throw badUrl(`${text.slice(0, 60)}…`, `longer than ${MAX_URL_CHARACTERS}`)
  const match = /^(?<scheme>https?):\/\/(?<authority>[^/?#]*)(?<rest>[^#]*)/i.exec(text)
  if (!match) throw badUrl(text, 'not http:// or https://')
  const { scheme = '', authority = '', rest = '' } = match.groups ?? {}
  if (unsafe.test(text)) throw badUrl(text, 'a space or control character')
  // The URL standard reads a backslash as the end of the authority, so that who is asked would depend on the reader.
  const url = authority.includes('\\') ? null : URL.parse(`${scheme}://${authority}`)
  if (!url) throw badUrl(text, 'no valid host')
  return `${url.protocol}//${url.host}${rest.startsWith('/') ? rest : `/${rest}`}`
}

/**
 * Host and port of a CONNECT request's target (RFC 9110 §9.3.6). The host as the URL standard writes it, so that
 * `0x7f.1` is seen to be 127.0.0.1; an IPv6 address without its brackets. Raises CLIENT_BAD_URL.
 */
export function parseHostPort(text: string): { host: string; port: number } {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]/\\?#@\s]+):(\d{1,5})$/i.exec(text)
  const port = Number(match?.[2])
  const url = match && port >= 1 && port <= 65_535 ? URL.parse(`http://${text}`) : null
  if (!url) throw new Fault('CLIENT_BAD_URL', `"${text.slice(0, 200)}" is not HOST:PORT.`)
  return { host: url.hostname.replaceAll(/^\[|\]$/g, ''), port }
}

/** The URL without its query, which may hold secrets: the form for logs. */
export function withoutQuery(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? url : `${url.slice(0, at)}?…`
}

function badUrl(text: string, why: string): Fault {
  return new Fault('CLIENT_BAD_URL', `"${text.slice(0, 200)}" is not an address that a proxy can ask: ${why}.`)
}
