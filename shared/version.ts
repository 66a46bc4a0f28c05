// A version: the exact content of one response, with what is needed to use it as a base or as an answer.
// Knows: digests, scopes, lengths. Does not know: stores, clocks, the link.
import { createHash } from 'node:crypto'
import type { DictionaryTerms } from './http/dictionary.ts'
import type { FieldList } from './http/fields.ts'
import type { Freshness } from './http/freshness.ts'

/** SHA-256 of a content, in lower-case hexadecimal (64 characters). */
export type Digest = string

/**
 * Who may ever see a version: everyone (a shared cache may store it, RFC 9111 §3), or the one near that asked for it.
 * On near itself everything is `private:` to that near.
 */
export type Scope = 'public' | `private:${string}`

export interface Version {
  /** The absolute URL without fragment, as `canonicalUrl` gives it. */
  readonly url: string
  readonly scope: Scope
  /** The status of the response (RFC 9110 §15). */
  readonly status: number
  readonly digest: Digest
  /** Content without content coding, unless its coding could not be undone. */
  readonly content: Uint8Array
  /** End-to-end fields of the response, in the order and case in which they came. */
  readonly fields: FieldList
  /** What RFC 9111 says of reusing it as an answer; a version that may never be an answer can still be a base. */
  readonly freshness: Freshness
  /** Milliseconds since the epoch. */
  readonly storedAt: number
  /** Bytes on the link of the whole, compressed: as it was sent, or estimated from the version before; what a delta is compared with. */
  readonly wholeBytes?: number
  /** On what terms the origin takes it as a dictionary (RFC 9842); absent: on none. */
  readonly dictionary?: DictionaryTerms
}

// Eight bytes tell apart the few versions that one near and one far hold in common (2⁻³² at four thousand million);
// a collision costs a second ask, never a wrong byte, because the whole digest is checked at the end.
export const SHORT_DIGEST_BYTES = 8

/** The SHA-256 of `content`. */
export function digestOf(content: Uint8Array): Digest {
  return createHash('sha256').update(content).digest('hex')
}

/** The first bytes of a digest, as they are named on the link (hexadecimal, 16 characters). */
export function shorten(digest: Digest): string {
  return digest.slice(0, 2 * SHORT_DIGEST_BYTES)
}

/** The scope of what only this near may see. */
export function privateScope(nearId: string): Scope {
  return `private:${nearId}`
}

/** Scheme and authority of an absolute URL. */
export function originOf(url: string): string {
  return url.split('/', 3).join('/')
}
