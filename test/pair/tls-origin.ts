// Origins that speak TLS, with certificates of an authority of their own.
// Knows: how certificates are made (near's authority makes them well), Node's TLS defaults. Does not know: proxies.
import { mkdtemp, rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates, type TlsOptions } from 'node:tls'
import type { Test } from 'tap'
import { openAuthority } from '../../proxy-near/authority.ts'
import type { Leaf } from '../../proxy-near/leaf-signer.ts'
import { listen } from './odd-origin.ts'

/** A key, a certificate, and that of the authority that signed it. */
export type SignedLeaf = Leaf & { readonly ca: string }

/** For 127.0.0.1 unless another host is named; nobody trusts it yet. */
export async function makeLeaf(host = '127.0.0.1'): Promise<SignedLeaf> {
  const folder = await mkdtemp(join(tmpdir(), 'hunch-test-'))
  try {
    const authority = await openAuthority(folder, { user: 'nobody', machine: 'the test' }, Date.now())
    return { ...authority.sign(host, Date.now()), ca: authority.certificate.pem }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Lets all TLS clients of this process trust it, far's among them, until the test ends. */
export function trust(t: Test, { ca }: SignedLeaf): void {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, ca])
  t.teardown(() => setDefaultCACertificates(before))
}

/** An origin over TLS and HTTP/1.1. Gives its authority, `127.0.0.1:PORT`. */
export async function startTlsOrigin(t: Test, options: TlsOptions, listener: RequestListener): Promise<string> {
  const server = createServer(options, listener)
  server.on('tlsClientError', () => undefined)
  return `127.0.0.1:${await listen(t, server)}`
}
