// What near shows to clients: a TLS context for each host, with a certificate that names this host and no other.
// Knows: for how long one is good. Does not know: how it is signed (authority.ts), who asks for which.
import { createSecureContext, type SecureContext } from 'node:tls'
import { LRUCache } from 'lru-cache'
import type { Authority } from './authority.ts'

// Hosts; a context takes some 30 KiB, and more than this nobody visits in a day.
const MAX_HOSTS = 1000
// A connection that begins with a certificate may go on for long; no client looks again, but some resume.
const RENEWED_EARLY_MS = 86_400_000

interface Held {
  readonly context: Promise<SecureContext>
  /** Milliseconds since 1970; while it is being made, not known. */
  goodUntil: number
}

export class LeafCertificates {
  readonly #authority: Authority
  readonly #held = new LRUCache<string, Held>({ max: MAX_HOSTS })

  constructor(authority: Authority) {
    this.#authority = authority
  }

  /** The context for `host`; `now` in milliseconds since 1970. Many who ask at once get the same. */
  async contextFor(host: string, now: number): Promise<SecureContext> {
    const held = this.#held.get(host)
    if (held && now < held.goodUntil) return held.context
    const made: Held = { context: this.#make(host, now, notAfter => (made.goodUntil = notAfter)), goodUntil: Infinity }
    this.#held.set(host, made)
    // What failed once is tried again.
    made.context.catch(() => this.#held.delete(host))
    return made.context
  }

  async #make(host: string, now: number, onSigned: (goodUntil: number) => void): Promise<SecureContext> {
    const { cert, key, notAfter } = await this.#authority.sign(host, now)
    onSigned(notAfter - RENEWED_EARLY_MS)
    return createSecureContext({ cert, key })
  }
}
