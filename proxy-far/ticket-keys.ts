// The keys of TLS session tickets (RFC 8446 §4.6.1): a near that comes back resumes its session, and with it saves two
// thirds of the bytes of a handshake, also when far has been restarted since, and at every process or machine of this identity.
// Knows: far's private key, days. Does not know: sockets.
//
// Derived, not kept: there is nothing to store, to share or to lose beside the private key. What was sent in a resumed
// session stays secret when that key becomes known: TLS 1.3 resumes with a new Diffie-Hellman exchange (psk_dhe_ke).
import { createPrivateKey, hkdfSync } from 'node:crypto'

/** How long a ticket may be good at most: those of another day are refused, and a full handshake follows. */
export const TICKET_DAY_MS = 86_400_000

// What OpenSSL wants: a name, a key for the HMAC and one for AES, 16 bytes each.
const KEYS_BYTES = 48

/** The keys of the day of `now`, milliseconds since the epoch. `privateKey`: PKCS #8, PEM. */
export function ticketKeysOf(privateKey: string, now: number): Buffer {
  const secret = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' })
  const purpose = `hunch session tickets ${Math.floor(now / TICKET_DAY_MS)}`
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), purpose, KEYS_BYTES))
}
