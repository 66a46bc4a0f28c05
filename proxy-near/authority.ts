// The certificate authority of this machine: made at first use, kept under --data, and trusted by whoever installed it
// (`hunch ca install`). It signs what near shows to the user's own programs, so that near can open their HTTPS.
// Knows: X.509, two files. Does not know: connections, trust stores.
//
// 1. The private key is in one file that its owner alone can read; it is never logged, copied or sent.
// 2. It signs certificates of one host each, for servers, for a few days; never another authority (pathLen 0).

// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import 'reflect-metadata'

import { createPrivateKey, createPublicKey, webcrypto, X509Certificate } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'

import * as x509 from '@peculiar/x509'

import { Fault } from '../shared/fault.ts'
import { type Leaf, LeafSigner, MAX_COMMON_NAME, makeSerialNumber } from './leaf-signer.ts'
import { makePrivateDirectory, readPrivateFile, writePrivateFile } from '../store/private-file.ts'

const KEY_FILE = 'authority-key.pem'
const CERT_FILE = 'authority-cert.pem'
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

const DAY_MS = 86_400_000
// Long enough that a person need not install it twice on one machine, short enough that a forgotten one ends.
const AUTHORITY_DAYS = 5 * 365
// What near shows is never kept; a leaf that leaks is worth little after this.
const LEAF_DAYS = 6
// Clocks of other devices that trust the authority may be behind.
const BACKDATED_DAYS = 1

/** Whose authority it is, as its subject says it. */
export interface Owner {
  readonly user: string
  readonly machine: string
}

/** The user and the machine that this process runs for. */
export function findOwner(): Owner {
  return { user: userInfo().username, machine: hostname() }
}

/** What can be shown of an authority; holds nothing secret. */
export interface AuthorityCertificate {
  readonly path: string
  /** X.509, PEM. */
  readonly pem: string
  readonly subject: string
  /** SHA-256 of the certificate: 32 pairs of capital hexadecimal digits with colons between, as browsers show it. */
  readonly fingerprint: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** The certificate of the authority in `directory`; undefined when there is none. Raises CANNOT_READ. */
export async function readAuthority(directory: string): Promise<AuthorityCertificate | undefined> {
  const path = join(directory, CERT_FILE)
  const pem = await readPrivateFile(path)
  return pem === undefined ? undefined : describe(path, pem)
}

/** Deletes the key: nothing can be signed any more. The certificate stays while it is needed to find what trusts it. */
export async function deleteAuthority(directory: string, which: 'key' | 'key and certificate'): Promise<void> {
  await rm(join(directory, KEY_FILE), { force: true })
  if (which === 'key and certificate') await rm(join(directory, CERT_FILE), { force: true })
}

/**
 * The authority in `directory`, made when there is none; `now` in milliseconds since 1970.
 * Raises CANNOT_READ when it is damaged or has expired: a new one would be trusted by nobody, so a person decides.
 */
export async function openAuthority(directory: string, owner: Owner, now: number): Promise<Authority> {
  const keyPath = join(directory, KEY_FILE)
  const certPath = join(directory, CERT_FILE)
  const [key, pem] = await Promise.all([readPrivateFile(keyPath), readPrivateFile(certPath)])
  if (key === undefined) {
    await makePrivateDirectory(directory)
    const made = await makeAuthority(owner, now)
    // The certificate first: a key without its certificate would be damage, the other way round is made anew.
    await writePrivateFile(certPath, made.pem)
    await writePrivateFile(keyPath, made.key)
    return Authority.load(made.key, describe(certPath, made.pem))
  }
  const certificate = pem === undefined ? undefined : describe(certPath, pem)
  if (certificate === undefined || !isPair(key, certificate.pem)) throw damaged(keyPath, certPath)
  if (now > certificate.notAfter.getTime()) {
    const date = certificate.notAfter.toISOString().slice(0, 10)
    throw new Fault(
      'CANNOT_READ',
      `The authority ${certPath} expired on ${date}: run hunch ca remove and hunch ca install.`,
    )
  }
  return Authority.load(key, certificate)
}

export class Authority {
  readonly certificate: AuthorityCertificate
  readonly #signer: LeafSigner

  private constructor(certificate: AuthorityCertificate, signer: LeafSigner) {
    this.certificate = certificate
    this.#signer = signer
  }

  static async load(key: string, certificate: AuthorityCertificate): Promise<Authority> {
    const issuer = new x509.X509Certificate(certificate.pem)
    return new Authority(certificate, await LeafSigner.make(issuer, createPrivateKey(key)))
  }

  /**
   * A certificate for exactly `host`, a name as the URL standard writes it or an address without brackets, that is good
   * from a day before `now` to `notAfter`, six days after; both in milliseconds since 1970.
   */
  sign(host: string, now: number): Leaf & { readonly notAfter: number } {
    const notAfter = Math.min(now + LEAF_DAYS * DAY_MS, this.certificate.notAfter.getTime())
    const leaf = this.#signer.sign(host, new Date(now - BACKDATED_DAYS * DAY_MS), new Date(notAfter))
    return { ...leaf, notAfter }
  }
}

async function makeAuthority({ user, machine }: Owner, now: number): Promise<{ key: string; pem: string }> {
  const keys = await makeKeys()
  const identifier = await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)
  // Two authorities of one user are two subjects: trust stores tell certificates apart by subject.
  const mark = identifier.keyId.slice(0, 8)
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: makeSerialNumber().toString('hex'),
    name: [
      { CN: [`Hunch of ${user} on ${machine}`.slice(0, MAX_COMMON_NAME)] },
      { O: ['Hunch on this machine'] },
      { OU: [mark] },
    ],
    notBefore: new Date(now - BACKDATED_DAYS * DAY_MS),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      identifier,
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { key: await exportKey(keys.privateKey), pem: `${cert.toString('pem')}\n` }
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key)
  const exported = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  return exported.export({ format: 'pem', type: 'pkcs8' }).toString()
}

function describe(path: string, pem: string): AuthorityCertificate {
  try {
    const { subject, fingerprint256, validFromDate, validToDate } = new X509Certificate(pem)
    const names = subject.split('\n').map(line => line.replace(/^(\w+)=/, '$1 = '))
    const dates = { notBefore: validFromDate, notAfter: validToDate }
    return { path, pem, subject: names.join(', '), fingerprint: fingerprint256, ...dates }
  } catch (error) {
    throw new Fault('CANNOT_READ', `The file ${path} does not hold a certificate in PEM form.`, { cause: error })
  }
}

function isPair(key: string, pem: string): boolean {
  try {
    return new X509Certificate(pem).publicKey.equals(createPublicKey(createPrivateKey(key)))
  } catch {
    return false
  }
}

function damaged(keyPath: string, certPath: string): Fault {
  const what = `The files ${keyPath} and ${certPath} do not belong together, or one is damaged`
  return new Fault('CANNOT_READ', `${what}: put copies back, or run hunch ca remove and hunch ca install.`)
}
