// Opens the HTTPS of the user's own programs: ends their TLS with a certificate of this machine's authority, so that what
// is inside goes the way of all requests. Off unless the user turns it on; docs/https.md says what it means.
// Knows: who carries out what plan-connect.ts decides, what clients say to our certificates.
// Does not know: HTTP, tunnels, far.
//
// 1. A certificate is made for a host only after both plans said to open its connection.
// 2. A client that refuses our certificate has sent nothing; it is tunnelled the next time, never served in clear.
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { FastifyBaseLogger } from 'fastify'
import { CertificateRefusals, type ConnectionSeen } from '../shared/exchange/certificate-refusals.ts'
import { type TunnelReason, planConnect, planOpening } from '../shared/exchange/plan-connect.ts'
import type { HostPattern } from '../shared/http/host-pattern.ts'
import { authorityOf } from '../shared/http/inside-url.ts'
import type { Authority } from './authority.ts'
import type { Clock } from './clock.ts'
import { hearFirstWords } from './first-words.ts'
import type { Front } from './front.ts'
import { LeafCertificates } from './leaf-certificates.ts'

export interface InterceptionOptions {
  readonly authority: Authority
  readonly exclude: readonly HostPattern[]
  readonly log: Pick<FastifyBaseLogger, 'info' | 'debug'>
  readonly serveInside: Front['serveInside']
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export type Taken =
  | { readonly kind: 'opened' }
  /** To be tunnelled; `answered`: the client has its 200 already. */
  | { readonly kind: 'tunnel'; readonly why: TunnelReason; readonly early: Uint8Array; readonly answered: boolean }

// The way is told by each response inside, so that the answer to CONNECT has nothing to say.
const OPENED = 'HTTP/1.1 200 Connection Established\r\n\r\n'
// Programs that do not trust a certificate close within a round trip, which is on this machine; browsers keep connections
// that they opened on suspicion for longer.
const SILENCE_MS = 1000
// A client that does not finish its handshake.
const HANDSHAKE_MS = 60_000

export class Interception {
  readonly #options: InterceptionOptions
  readonly #leaves: LeafCertificates
  /** The hosts that are not opened for a while. */
  readonly refusals = new CertificateRefusals()
  readonly #open = new Set<Duplex>()

  constructor(options: InterceptionOptions) {
    this.#options = options
    this.#leaves = new LeafCertificates(options.authority)
  }

  /** X.509, PEM: for who wants to trust it. */
  get certificate(): string {
    return this.#options.authority.certificate.pem
  }

  /** Opens the connection of a CONNECT for `target`, or says why it is to be tunnelled. */
  async take(target: { host: string; port: number }, client: Duplex, early: Uint8Array): Promise<Taken> {
    const { exclude, clock, now } = this.#options
    const { host, port } = target
    const refusal = this.refusals.reasonFor(host, now())
    const plan = planConnect({ host, port, intercept: true, exclude, refusal })
    if (plan.kind === 'tunnel') return { ...plan, early, answered: false }
    this.#open.add(client)
    client.once('close', () => this.#open.delete(client))
    client.on('error', () => undefined)
    client.write(OPENED)
    const { said, bytes } = await hearFirstWords(client, early, clock)
    if (said.kind === 'gone') {
      client.destroy()
      return { kind: 'opened' }
    }
    const opening = planOpening(target, said)
    if (opening.kind === 'tunnel') return { ...opening, early: bytes, answered: true }
    const secureContext = this.#leaves.contextFor(host, now())
    client.unshift(bytes)
    const socket = new TLSSocket(client, {
      isServer: true,
      secureContext,
      ALPNProtocols: ['h2', 'http/1.1'],
    })
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    // What is inside ends with what is around it, also when near itself breaks that off.
    client.once('close', () => socket.destroy())
    this.#watch(socket, target)
    return { kind: 'opened' }
  }

  /** Far cannot have a connection with `host` that is as it should be: the client has to see for itself. */
  noteOriginRefused(host: string, reason: string): void {
    this.#note(host, { kind: 'origin-refused', reason })
  }

  /** Ends all that is open. */
  close(): void {
    for (const client of this.#open) client.destroy()
  }

  #watch(socket: TLSSocket, target: { host: string; port: number }): void {
    const { clock, serveInside } = this.#options
    const { host } = target
    let openedAt: number | undefined
    let used = false
    let told = false
    const cancel = clock.wake(HANDSHAKE_MS, () => socket.destroy())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const reason = alertOf(error)
      if (reason === undefined || used) return
      told = true
      this.#note(host, { kind: 'certificate-refused', reason })
    })
    // A client that leaves in the middle of the handshake only ends its side.
    const leave = () => void socket.destroy()
    socket.once('end', leave)
    socket.once('secure', () => {
      openedAt = clock.now()
      cancel()
      socket.off('end', leave)
      const onUsed = () => {
        used = true
        this.#note(host, { kind: 'connection-used' })
      }
      serveInside(socket, { authority: authorityOf(target), onUsed })
    })
    socket.once('close', () => {
      cancel()
      if (told || used || clock.now() - (openedAt ?? clock.now()) > SILENCE_MS) return
      this.#note(host, { kind: 'closed-in-silence' })
    })
  }

  #note(host: string, event: ConnectionSeen): void {
    for (const command of this.refusals.handle(host, event, this.#options.now())) {
      this.#options.log.info({ host: command.host, reason: command.reason }, 'tunnelled from now on, for an hour')
    }
  }
}

/** What a client says against a certificate (RFC 8446 §6.2), in words; undefined for other errors. */
function alertOf(error: NodeJS.ErrnoException): string | undefined {
  const [, alert] = /^ERR_SSL_.*_ALERT_(\w+)$/.exec(error.code ?? '') ?? []
  return alert !== undefined && ALERTS.has(alert) ? alert.toLowerCase().replaceAll('_', ' ') : undefined
}

const ALERTS: ReadonlySet<string> = new Set([
  'BAD_CERTIFICATE',
  'UNSUPPORTED_CERTIFICATE',
  'CERTIFICATE_REVOKED',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_UNKNOWN',
  'UNKNOWN_CA',
  'ACCESS_DENIED',
])
