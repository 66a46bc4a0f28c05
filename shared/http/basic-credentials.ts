// The Basic scheme (RFC 7617): what a client sends, compared with the one password that is right.
// Knows: the form of the field. Does not know: where the password is kept, who guesses.
//
// 1. Any user name will do: there is one password for all who may use near.
// 2. How long a comparison takes does not depend on the password.
import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether `field` carries the password; `field` is the value of Authorization or Proxy-Authorization. */
export function hasPassword(field: string | undefined, password: string): boolean {
  const given = readPassword(field)
  // Digests, because what is compared must be of one length.
  return given !== undefined && timingSafeEqual(digest(given), digest(password))
}

/** The password of a Basic field; undefined when it is none. */
export function readPassword(field: string | undefined): string | undefined {
  const [, coded] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(field ?? '') ?? []
  if (coded === undefined) return undefined
  const text = Buffer.from(coded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : text.slice(colon + 1)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
