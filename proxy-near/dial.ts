// From an address to a socket on which HTTP/2 may be spoken with far, and with nobody else.
// 1. Not a byte of HTTP, and no credential, goes out before the key of the other side was compared with the pin.
// 2. TLS 1.3 only, ALPN h2 only; without TLS only to a loopback address (parseJoinUrl sees to that).
// 3. A ticket is kept only from a session whose key was compared, and offered only to a far of the same pin: a resumed
//    session shows no certificate, its secret is what proves the key.
// 4. What is said on the link stays secret from who records it now and has a quantum computer later: a first handshake
//    agrees on its keys by ML-KEM as well, which costs 2.3 kB; a resumed one is as secret as the ticket's session was, and
//    does without. Where far does not know the ticket any more, near dials once more.
// Knows: TCP, TLS, how they fail. Does not know: HTTP/2, when to try again.

import { createHash } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

import { Fault } from '../shared/fault.ts'
import type { JoinUrl } from '../shared/link/join-url.ts'
import type { Clock } from './clock.ts'
import { connectTcp } from './connect-tcp.ts'
import type { TicketSlot } from './ticket-slot.ts'

export interface DialOptions {
  readonly tickets: TicketSlot
  readonly clock: Clock
  /** For TCP and TLS together, in milliseconds. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** A connection with far, good for HTTP/2. */
export interface Connection {
  readonly socket: Socket
  /** Bytes that have arrived from the network, handshake and encryption included, whole records or not. */
  readonly receivedBytes: () => number
  /** Bytes that were given to the network, or wait for it in the system. */
  readonly sentBytes: () => number
  /** This machine's own address on it. */
  readonly localAddress: string | undefined
  /** Lets go of it, with TLS and without, whatever the other side does. */
  readonly drop: () => void
  /** Whether TLS resumed an earlier session, without a certificate. */
  readonly resumed: boolean
}

/**
 * Connects to far. Raises LINK_UNREACHABLE (no connection), LINK_TIMEOUT (a connection, but silence), LINK_TLS (no TLS 1.3
 * or no HTTP/2 there), LINK_PIN (another key), or the reason of `signal`.
 */
export async function dial(url: JoinUrl, options: DialOptions): Promise<Connection> {
  options.signal.throwIfAborted()
  const where = `${url.host}:${url.port}`
  const startedAt = options.clock.now()
  const waited = `within ${Math.round(options.timeoutMs / 1000)} s`
  const unreachable = new Fault('LINK_UNREACHABLE', `There is no connection to ${where} ${waited}.`)
  const tcp = await connectInTime(url, where, options, unreachable)
  const counted = {
    receivedBytes: () => tcp.bytesRead,
    sentBytes: () => tcp.bytesWritten,
    // Without the zone that link-local addresses have.
    localAddress: tcp.localAddress?.replace(/%.*$/, ''),
  }
  if (url.security.kind === 'cleartext')
    return { ...counted, socket: tcp, drop: () => void tcp.destroy(), resumed: false }

  const { pin } = url.security
  const offered = options.tickets.of(pin)
  const socket = openTls(tcp, url.host, offered)
  // Some tickets come before the key can be compared, most after; none counts before it was.
  const early: Buffer[] = []
  const hold = (ticket: Buffer): void => void early.push(ticket)
  socket.on('session', hold)
  const timeoutMs = Math.max(0, startedAt + options.timeoutMs - options.clock.now())
  const silent = new Fault('LINK_TIMEOUT', `${where} accepts the connection but does not speak TLS ${waited}.`)
  await waitUntilSecure(socket, where, { ...options, timeoutMs }, silent)
  const fault = checkPeer(socket, pin, where)
  if (fault !== undefined) {
    socket.destroy()
    throw fault
  }
  if (offered && !socket.isSessionReused()) {
    options.tickets.forget()
    socket.destroy()
    return dial(url, options)
  }
  socket.off('session', hold)
  socket.on('session', ticket => options.tickets.keep(pin, ticket))
  for (const ticket of early) options.tickets.keep(pin, ticket)
  const drop = () => {
    socket.destroy()
    tcp.destroy()
  }
  return { ...counted, socket, drop, resumed: socket.isSessionReused() }
}

async function connectInTime(
  { host, port }: JoinUrl,
  where: string,
  { clock, timeoutMs, signal }: DialOptions,
  late: Fault,
): Promise<Socket> {
  const deadline = new AbortController()
  const cancel = clock.wake(timeoutMs, () => deadline.abort(late))
  try {
    return await connectTcp(host, port, { clock, signal: AbortSignal.any([signal, deadline.signal]) })
  } catch (error) {
    throw signal.aborted || !(error instanceof Error) || error instanceof Fault ? error : nameFailure(error, where)
  } finally {
    cancel()
  }
}

function openTls(tcp: Socket, host: string, ticket: Buffer | undefined): TLSSocket {
  return connectTls({
    // Connected by ourselves, because only this one knows how many bytes have arrived.
    socket: tcp,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.3',
    // Authorities have no say here: the pin is checked instead, by `checkPeer`.
    rejectUnauthorized: false,
    ...(ticket && { session: ticket, ecdhCurve: 'X25519' }),
  })
}

/** Resolves when TLS is agreed; destroys the socket and rejects when anything else comes first, or `late` when nothing does. */
function waitUntilSecure(
  socket: TLSSocket,
  where: string,
  { clock, timeoutMs, signal }: DialOptions,
  late: Fault,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let cancel = (): void => undefined
    const settle = (): void => {
      cancel()
      signal.removeEventListener('abort', onAbort)
      socket.off('close', onClose)
    }
    const fail = (error: unknown): void => {
      settle()
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(signal.reason)
    if (signal.aborted) return onAbort()
    const onClose = (): void =>
      fail(new Fault('LINK_UNREACHABLE', `${where} closed the connection before it was secure.`))
    cancel = clock.wake(timeoutMs, () => fail(late))
    signal.addEventListener('abort', onAbort, { once: true })
    // Stays on for good: between here and the HTTP/2 session nobody else listens. A second settling does nothing.
    socket.on('error', error => fail(nameFailure(error, where)))
    socket.once('close', onClose)
    socket.once('secureConnect', () => {
      settle()
      resolve()
    })
  })
}

function checkPeer(socket: TLSSocket, pin: string, where: string): Fault | undefined {
  if (!holdsPin(socket, pin)) {
    return new Fault('LINK_PIN', `The key of ${where} is not the one that was pinned. Nothing was sent to it.`)
  }
  if (socket.alpnProtocol === 'h2') return undefined
  return new Fault('LINK_TLS', `${where} speaks TLS but not HTTP/2: it is not a far proxy.`)
}

function holdsPin(socket: TLSSocket, pin: string): boolean {
  if (socket.isSessionReused()) return true
  const key = socket.getPeerX509Certificate()?.publicKey.export({ format: 'der', type: 'spki' })
  return key !== undefined && pin === `sha256-${createHash('sha256').update(key).digest('base64url')}`
}

function nameFailure(error: Error, where: string): Fault {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (/^(ERR_SSL_|ERR_TLS_|EPROTO$)/.test(code)) {
    const message = `There is no TLS 1.3 with HTTP/2 at ${where} (${code}): it is not a far proxy, or something is in between.`
    return new Fault('LINK_TLS', message, { cause: error })
  }
  // A name with several addresses fails with one error for each and no message of its own.
  const why = error.message === '' ? code : error.message
  return new Fault('LINK_UNREACHABLE', `There is no connection to ${where}: ${why}.`, { cause: error })
}
