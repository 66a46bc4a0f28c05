// The hosts whose connections near stops opening for a while, because a client did not take near's certificate for them
// or the origin could not be reached without the client's own.
// Knows: what was seen of each connection, for how long it counts. Does not know: TLS, sockets.
//
// 1. A refusal in words (a TLS alert) counts at once; a client that closes without a word counts the second time, because
//    browsers also close connections that they opened on suspicion and do not need.
// 2. A host whose connections were used is not given up for those that were closed in silence.
import { LRUCache } from 'lru-cache'

export type ConnectionSeen =
  /** The client sent something over the opened connection: it trusts the certificate. */
  | { readonly kind: 'connection-used' }
  /** The client said in a TLS alert what it has against the certificate. */
  | { readonly kind: 'certificate-refused'; readonly reason: string }
  /** The client closed the connection after it saw the certificate, without a word. */
  | { readonly kind: 'closed-in-silence' }
  /** Far cannot have a TLS connection with the origin that it may trust, or that the origin accepts. */
  | { readonly kind: 'origin-refused'; readonly reason: string }

export type RefusalCommand = { readonly kind: 'log-refusal'; readonly host: string; readonly reason: string }

// A program that pins its certificates does so for ever, but a person may just be about to install the authority.
export const REFUSAL_MS = 3_600_000
// Hosts; each costs about 200 bytes.
const MAX_HOSTS = 10_000
// The first may be a connection that a browser opened on suspicion.
const SILENCES = 2

interface Seen {
  readonly refusal?: { readonly reason: string; readonly until: number }
  readonly silences: number
  readonly used: boolean
}

/** Host, reason, and until when it counts. */
export type RefusalEntry = readonly [string, string, number]

const NOTHING: Seen = { silences: 0, used: false }

export class CertificateRefusals {
  readonly #hosts = new LRUCache<string, Seen>({ max: MAX_HOSTS })

  /** Why connections to `host` are not opened at `now`; undefined when they are. */
  reasonFor(host: string, now: number): string | undefined {
    const refusal = this.#hosts.get(host)?.refusal
    return refusal && now < refusal.until ? refusal.reason : undefined
  }

  /** What counts at `now`, to be written down. */
  entries(now: number): readonly RefusalEntry[] {
    return [...this.#hosts.rkeys()].flatMap(host => {
      const refusal = this.#hosts.peek(host)?.refusal
      return refusal && now < refusal.until ? [[host, refusal.reason, refusal.until] as const] : []
    })
  }

  /** Puts back what `entries` gave. Entries of another shape, and such as reach further than any could, are skipped. */
  restore(entries: readonly unknown[], now: number): void {
    for (const entry of entries) {
      if (!Array.isArray(entry)) continue
      const [host, reason, until] = entry as readonly unknown[]
      if (typeof host !== 'string' || typeof reason !== 'string' || typeof until !== 'number') continue
      if (until <= now + REFUSAL_MS) this.#hosts.set(host, { ...NOTHING, refusal: { reason, until } })
    }
  }

  handle(host: string, event: ConnectionSeen, now: number): readonly RefusalCommand[] {
    const seen = this.#hosts.get(host) ?? NOTHING
    switch (event.kind) {
      case 'connection-used':
        if (!seen.used || seen.silences > 0) this.#hosts.set(host, { ...seen, used: true, silences: 0 })
        return []
      case 'certificate-refused':
      case 'origin-refused':
        return this.#refuse(host, event.reason, now)
      case 'closed-in-silence':
        return this.#suspect(host, seen, now)
      default:
        return event satisfies never
    }
  }

  #suspect(host: string, seen: Seen, now: number): readonly RefusalCommand[] {
    if (seen.used) return []
    if (seen.silences + 1 >= SILENCES) return this.#refuse(host, 'closed without a word', now)
    this.#hosts.set(host, { ...seen, silences: seen.silences + 1 })
    return []
  }

  #refuse(host: string, reason: string, now: number): readonly RefusalCommand[] {
    const isNew = this.reasonFor(host, now) === undefined
    this.#hosts.set(host, { ...NOTHING, refusal: { reason, until: now + REFUSAL_MS } })
    return isNew ? [{ kind: 'log-refusal', host, reason }] : []
  }
}
