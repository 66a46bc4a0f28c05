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
  readonly context: SecureContext
  /** Milliseconds since 1970. */
  readonly goodUntil: number
}

export class LeafCertificates {
  readonly #authority: Authority
  readonly #held = new LRUCache<string, Held>({ max: MAX_HOSTS })

  constructor(authority: Authority) {
    this.#authority = authority
  }

  /** The context for `host`; `now` in milliseconds since 1970. Takes a millisecond the first time. */
  contextFor(host: string, now: number): SecureContext {
    const held = this.#held.get(host)
    if (held && now < held.goodUntil) return held.context
    const { cert, key, notAfter } = this.#authority.sign(host, now)
    const context = createSecureContext({ cert, key })
    this.#held.set(host, { context, goodUntil: notAfter - RENEWED_EARLY_MS })
    return context
  }
}
