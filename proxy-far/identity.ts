// Who this far is, and which nears it knows: everything lasting that the link needs on far's side.
// Knows: one directory, with DIR/far-key.pem, DIR/far-cert.pem and the files of credentials.ts, all 0600.
// Does not know: HTTP (join.ts answers with it), the clock.

import { makePrivateDirectory } from '../store/private-file.ts'
import { openCertificate } from './certificate.ts'
import { Credentials, type Joined, type Near } from './credentials.ts'

export interface FarIdentity {
  /** PKCS #8, PEM: for the TLS server. */
  readonly key: string
  /** X.509, PEM, self-signed ECDSA P-256: for the TLS server. */
  readonly cert: string
  /** `sha256-…`, base64url of the SHA-256 of the SubjectPublicKeyInfo: for the join URL. */
  readonly pin: string
  /** The nears that joined, the oldest first. */
  readonly nears: readonly Near[]
  /** A join code of 128 random bits, valid once, for an hour from `now`, in every process. Raises USAGE, CANNOT_READ. */
  makeJoinCode(now: number, name?: string): Promise<string>
  /** Exchanges a join code for a lasting credential. Undefined: wrong, used or too old. Raises CANNOT_READ. */
  join(code: string, now: number): Promise<Joined | undefined>
  /** The id of the near that sent this `proxy-authorization`. Undefined: not accepted. */
  authenticate(proxyAuthorization: string | undefined): string | undefined
  /** The same, also for a near that joined elsewhere a moment ago. Raises CANNOT_READ. */
  recognize(proxyAuthorization: string | undefined): Promise<string | undefined>
  /** Takes a near's credential back; false when there is no such near. Raises CANNOT_READ. */
  revoke(id: string): Promise<boolean>
  /** Looks at what other processes did; gives the ids of nears that were revoked. Raises CANNOT_READ. */
  refresh(): Promise<readonly string[]>
}

/** Opens the identity in `dataDir`; makes the directory, the key and the certificate when missing. Raises CANNOT_READ. */
export async function openIdentity(dataDir: string): Promise<FarIdentity> {
  await makePrivateDirectory(dataDir)
  const { key, cert, pin } = await openCertificate(dataDir)
  const credentials = await Credentials.open(dataDir)
  return {
    key,
    cert,
    pin,
    get nears() {
      return credentials.nears
    },
    makeJoinCode: (now, name) => credentials.makeJoinCode(now, name),
    join: (code, now) => credentials.join(code, now),
    authenticate: proxyAuthorization => credentials.authenticate(proxyAuthorization),
    recognize: proxyAuthorization => credentials.recognize(proxyAuthorization),
    revoke: id => credentials.revoke(id),
    refresh: () => credentials.refresh(),
  }
}
