// Who this far is, and which nears it knows: everything lasting that the link needs on far's side.
// Knows: one directory, DIR/far-key.pem, DIR/far-cert.pem and DIR/nears.json, all 0600.
// Does not know: HTTP (join.ts answers with it), the clock.

import { openCertificate } from './certificate.ts'
import { Credentials, type Joined } from './credentials.ts'
import { makePrivateDirectory } from '../store/private-file.ts'

export interface FarIdentity {
  /** PKCS #8, PEM: for the TLS server. */
  readonly key: string
  /** X.509, PEM, self-signed ECDSA P-256: for the TLS server. */
  readonly cert: string
  /** `sha256-…`, base64url of the SHA-256 of the SubjectPublicKeyInfo: for the join URL. */
  readonly pin: string
  /** A join code of 128 random bits, valid once, for an hour from `now`, in this process. */
  makeJoinCode(now: number): string
  /** Exchanges a join code for a lasting credential. Undefined: wrong, used or too old. Raises CANNOT_READ. */
  join(code: string, now: number): Promise<Joined | undefined>
  /** The id of the near that sent this `proxy-authorization`. Undefined: not accepted. */
  authenticate(proxyAuthorization: string | undefined): string | undefined
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
    makeJoinCode: now => credentials.makeJoinCode(now),
    join: (code, now) => credentials.join(code, now),
    authenticate: proxyAuthorization => credentials.authenticate(proxyAuthorization),
  }
}
