// Web addresses as a proxy meets them.
// Knows: which are well formed and how to write one address one way. Does not know: who may be asked.
import { Fault } from '../fault.ts'

/** The host under which near answers itself, also when it is reached as a proxy. Never resolved (RFC 2606 §2). */
export const NEAR_HOST = 'hunch.invalid'

// What browsers and servers accept at the most; near's own limit on the whole head is larger.
const MAX_URL_CHARACTERS = 64 * 1024

/**
 * One way to write an absolute URL: no fragment, no credentials, a path. Raises CLIENT_BAD_URL when it is none of
 * http or https. The path and query stay as they were written (RFC 9110 §4.2.3 lets a proxy normalise them, but
 * origins differ in what they take as the same).
 */
export function canonicalUrl(text: string): string {
  if (text.length > MAX_URL_CHARACTERS) throw badUrl(`${text.slice(0, 60)}…`, `longer than ${MAX_URL_CHARACTERS}`)
  const match = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(text)
  if (!match) throw badUrl(text, 'not http:// or https://')
  const [, scheme, authority, rest] = match as unknown as [string, string, string, string]
  const url = URL.parse(`${scheme}://${authority}`)
  if (!url || url.hostname === '') throw badUrl(text, 'no valid host')
  if (/[\s\u0000-\u001f\u007f]/.test(rest)) throw badUrl(text, 'a space or control character')
  return `${url.protocol}//${url.host}${rest.startsWith('/') ? rest : `/${rest}`}`
}

/** Host and port of a CONNECT request's target (RFC 9110 §9.3.6). Raises CLIENT_BAD_URL. */
export function parseHostPort(text: string): { host: string; port: number } {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]/?#@\s]+):(\d{1,5})$/i.exec(text)
  const port = Number(match?.[2])
  if (!match || port < 1 || port > 65_535 || !URL.canParse(`http://${text}`)) {
    throw new Fault('CLIENT_BAD_URL', `"${text.slice(0, 200)}" is not HOST:PORT.`)
  }
  return { host: (match[1] as string).replace(/^\[|\]$/g, ''), port }
}

/** The URL without its query, which may hold secrets: the form for logs. */
export function withoutQuery(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? url : `${url.slice(0, at)}?…`
}

function badUrl(text: string, why: string): Fault {
  return new Fault('CLIENT_BAD_URL', `"${text.slice(0, 200)}" is not an address that a proxy can ask: ${why}.`)
}
