// Far's key and certificate: made at the first start, kept for ever after, because near pins the key.
// The certificate is only an envelope: near checks the SHA-256 of the public key inside (RFC 7469 §2.4 counts it the
// same way) and neither its name nor its dates, so it never expires in practice and may be made anew from the key.
// Knows: PEM, X.509. Does not know: who connects.

// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import 'reflect-metadata'

import { createHash, createPrivateKey, createPublicKey, type KeyObject, webcrypto, X509Certificate } from 'node:crypto'
import { join } from 'node:path'

import * as x509 from '@peculiar/x509'

import { Fault } from '../shared/fault.ts'
import { readPrivateFile, writePrivateFile } from '../store/private-file.ts'

export interface Certificate {
  /** PKCS #8, PEM. */
  readonly key: string
  /** X.509, PEM, self-signed. */
  readonly cert: string
  /** `sha256-` and the base64url of the SHA-256 of the SubjectPublicKeyInfo (RFC 5280 §4.1). */
  readonly pin: string
}

const KEY_FILE = 'far-key.pem'
const CERT_FILE = 'far-cert.pem'
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

// RFC 5280 §4.1.2.5: a certificate without a known end of life says 31 December 9999.
const NEVER = new Date('9999-12-31T23:59:59Z')
// Fixed, because a far whose clock is wrong at its first start must not make a certificate from the future.
const ALWAYS = new Date('2020-01-01T00:00:00Z')

/**
 * Reads the key and the certificate in `directory`, and makes what is missing.
 * Raises CANNOT_READ when one is there that is damaged: a new key would lock every near out, so a person decides.
 */
export async function openCertificate(directory: string): Promise<Certificate> {
  const keyPath = join(directory, KEY_FILE)
  const certPath = join(directory, CERT_FILE)
  const key = (await readPrivateFile(keyPath)) ?? (await makeKey(keyPath))
  const publicKey = readPublicKey(key, keyPath)
  const stored = await readPrivateFile(certPath)
  // The pin is the key's alone, so a certificate that is lost, damaged or of another key is simply made again.
  const cert = stored !== undefined && holdsKey(stored, publicKey) ? stored : await makeCert(certPath, key)
  return { key, cert, pin: formatPin(publicKey) }
}

async function makeKey(path: string): Promise<string> {
  const pair = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', pair.privateKey)
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString()
  await writePrivateFile(path, pem)
  return pem
}

async function makeCert(path: string, key: string): Promise<string> {
  const privateKey = createPrivateKey(key)
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const keys = {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify']),
  }
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=hunch far',
    notBefore: ALWAYS,
    notAfter: NEVER,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  })
  const pem = `${cert.toString('pem')}\n`
  await writePrivateFile(path, pem)
  return pem
}

function readPublicKey(key: string, path: string): KeyObject {
  try {
    const privateKey = createPrivateKey(key)
    if (privateKey.asymmetricKeyDetails?.namedCurve === 'prime256v1') return createPublicKey(privateKey)
  } catch {
    // Said below, for both ways of being damaged.
  }
  throw new Fault(
    'CANNOT_READ',
    `The file ${path} does not hold an ECDSA P-256 private key in PEM form. Put a copy back; or delete it, and far makes a new one that every near must join again.`,
  )
}

function holdsKey(cert: string, publicKey: KeyObject): boolean {
  try {
    return new X509Certificate(cert).publicKey.equals(publicKey)
  } catch {
    return false
  }
}

function formatPin(publicKey: KeyObject): string {
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  return `sha256-${createHash('sha256').update(spki).digest('base64url')}`
}
