// Signs leaf certificates for the authority, each for one host, in a fraction of a millisecond: the X.509 library encodes
// what is the same in all of them once, and names and extensions always; here these pieces are only put together (RFC 5280
// §4.1) and signed. The library's own generator takes some 3 ms, because it reads again each piece that it wrote.
// Knows: the outer form of a certificate. Does not know: files, authorities, for how long a leaf is good.
//
// One key for all leaves, made by each process and never written: whoever could read one key of this process could read
// them all, so that more keys would cost time and protect nothing.

// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import 'reflect-metadata'

import { generateKeyPairSync, type KeyObject, randomBytes, sign, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'

import * as x509 from '@peculiar/x509'

export interface Leaf {
  /** X.509, PEM. */
  readonly cert: string
  /** PKCS #8, PEM. */
  readonly key: string
}

// RFC 5280 appendix A.1: ub-common-name.
export const MAX_COMMON_NAME = 64

/** What is the same in every leaf, in DER. */
interface Pieces {
  readonly issuer: Uint8Array
  readonly publicKey: Uint8Array
  readonly extensions: readonly Uint8Array[]
}

export class LeafSigner {
  readonly #signingKey: KeyObject
  readonly #leafKey: string
  readonly #pieces: Pieces

  private constructor(signingKey: KeyObject, leafKey: string, pieces: Pieces) {
    this.#signingKey = signingKey
    this.#leafKey = leafKey
    this.#pieces = pieces
  }

  /** `issuer`: the certificate of `signingKey`, a P-256 key. */
  static async make(issuer: x509.X509Certificate, signingKey: KeyObject): Promise<LeafSigner> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const spki = publicKey.export({ format: 'der', type: 'spki' })
    const extensions = [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto),
      await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(spki), false, webcrypto),
    ]
    return new LeafSigner(signingKey, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), {
      issuer: bytesOf(issuer.subjectName),
      publicKey: spki,
      extensions: extensions.map(bytesOf),
    })
  }

  /** A certificate for exactly `host`, a name as the URL standard writes it or an address without brackets. */
  sign(host: string, notBefore: Date, notAfter: Date): Leaf {
    const { issuer, publicKey, extensions } = this.#pieces
    const names = new x509.SubjectAlternativeNameExtension([{ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }])
    // Names do not matter to who verifies it (RFC 9525 §6.3); they do to a person who looks at it.
    const common = host.length <= MAX_COMMON_NAME ? [{ CN: [host] }] : []
    const toBeSigned = der(
      SEQUENCE,
      der(CONTEXT | 0, der(INTEGER, VERSION_3)),
      der(INTEGER, makeSerialNumber()),
      ECDSA_WITH_SHA256,
      issuer,
      der(SEQUENCE, encodeTime(notBefore), encodeTime(notAfter)),
      bytesOf(new x509.Name([...common, { O: ['Hunch on this machine'] }])),
      publicKey,
      der(CONTEXT | 3, der(SEQUENCE, ...extensions, bytesOf(names))),
    )
    const signature = sign('sha256', toBeSigned, this.#signingKey)
    const certificate = der(SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, der(BIT_STRING, NO_UNUSED_BITS, signature))
    return { cert: x509.PemConverter.encode(certificate, 'CERTIFICATE'), key: this.#leafKey }
  }
}

/** RFC 5280 §4.1.2.2: positive, at most 20 bytes. */
export function makeSerialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes
}

// Tags of X.690.
const INTEGER = 0x02
const BIT_STRING = 0x03
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const CONTEXT = 0xa0

const VERSION_3 = Uint8Array.of(2)
const NO_UNUSED_BITS = Uint8Array.of(0)
// RFC 5758 §3.2: 1.2.840.10045.4.3.2, without parameters.
const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex')

/** A value of X.690, §8.1: tag, length in the definite form, content. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Uint8Array.of(tag, ...head), content])
}

/** RFC 5280 §4.1.2.5: two digits for years before 2050, four from then on. */
function encodeTime(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
  return date.getUTCFullYear() < 2050
    ? der(UTC_TIME, Buffer.from(digits.slice(2)))
    : der(GENERALIZED_TIME, Buffer.from(digits))
}

function bytesOf(piece: x509.Name | x509.Extension): Uint8Array {
  return new Uint8Array(piece instanceof x509.Name ? piece.toArrayBuffer() : piece.rawData)
}
