// CONNECT: a blind tunnel from the client through far to any host and port.
// Knows: the client's socket, the link. Does not know: what passes.
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import { Socket } from 'node:net'
import type { Duplex, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TLSSocket } from 'node:tls'
import { Fault, asFault, isFaultCode } from '../shared/fault.ts'
import { parseHostPort } from '../shared/http/url.ts'
import { proxyStatus } from '../shared/http/proxy-status.ts'
import { FAULT_FIELD } from '../shared/link/protocol.ts'
import { failurePage } from './failure-page.ts'
import type { Link } from './link.ts'
import { onLink } from './uplink.ts'

export interface TunnelWish {
  /** What CONNECT names. */
  readonly target: string
  /** What the client has said already. */
  readonly early: Uint8Array
  /** Whether the client was told already that the tunnel is open; then a failure can only break its connection. */
  readonly answered: boolean
  /** What the client is told of the way. */
  readonly way?: 'fallback' | undefined
}

/** What a tunnel carried, for the log. */
export interface TunnelBytes {
  readonly upBytes: number
  readonly downBytes: number
}

/** Opens the tunnel and carries it to its end. Raises the fault that ended it; the client has been told by then. */
export async function carryTunnel(
  { target, early, answered }: TunnelWish,
  client: Duplex,
  link: Pick<Link, 'request'>,
): Promise<TunnelBytes> {
  const gone = new AbortController()
  client.once('close', () => gone.abort())
  client.on('error', () => {})
  let far: ClientHttp2Stream
  try {
    const { host, port } = parseHostPort(target)
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
    far = await link.request(
      { ':method': 'CONNECT', ':authority': authority },
      { endStream: false, signal: gone.signal },
    )
    await untilOpen(far)
  } catch (error) {
    const fault = asFault(error, 'LINK_CLOSED')
    if (answered) client.destroy()
    else client.end(refusal(fault))
    throw fault
  }
  if (!answered) client.write(opened())
  return joinWays(client, early, far, onLink(far))
}

/**
 * Passes bytes both ways, `early` first, until both sides are done; `far`: a stream of the link, or an origin's socket,
 * and `up`, the way to it.
 */
export async function joinWays(
  client: Duplex,
  early: Uint8Array,
  far: Duplex,
  up: Writable = far,
): Promise<TunnelBytes> {
  // Each pipeline listens several times for its end; Node warns of a leak from the eleventh listener on.
  for (const side of [client, far, up]) side.setMaxListeners(20)
  if (early.length > 0) up.write(early)
  let upBytes = early.length
  let downBytes = 0
  client.on('data', (bytes: Uint8Array) => (upBytes += bytes.length))
  far.on('data', (bytes: Uint8Array) => (downBytes += bytes.length))
  // What was cut off must not look as if it had ended.
  far.once(far instanceof Socket ? 'error' : 'aborted', () => breakOff(client))
  if (far instanceof Socket) client.once('error', () => breakOff(far))
  // Half-closed is open: each way ends by itself. What breaks one breaks both, and ends the other's pipeline too.
  await Promise.allSettled([pipeline(client, up), pipeline(far, client)])
  return { upBytes, downBytes }
}

/** Closes a connection so that what was sent on it does not look complete. */
export function breakOff(client: Duplex): void {
  // A side that was ended cannot be reset any more: Node would leave the socket open for ever.
  const canReset = client instanceof Socket && !(client instanceof TLSSocket) && !client.writableEnded
  if (canReset) client.resetAndDestroy()
  else client.destroy()
}

// The response's way is in its head (RFC 9211); what follows is not HTTP any more.
export function opened(way: 'tunnel' | 'fallback' = 'tunnel'): string {
  return `HTTP/1.1 200 Connection Established\r\nCache-Status: hunch-near; fwd=bypass; detail=${way}\r\n\r\n`
}

async function untilOpen(far: ClientHttp2Stream): Promise<void> {
  const answer = await new Promise<IncomingHttpHeaders & { ':status'?: number }>((resolve, reject) => {
    far.once('response', resolve)
    far.once('error', reject)
    far.once('close', () => reject(new Fault('LINK_CLOSED', 'The link broke before the tunnel was open.')))
  })
  if (answer[':status'] === 200) return
  throw readRefusal(answer)
}

/** Far says the code in a field of its own and the rest in Proxy-Status (RFC 9209), whose details start with the code. */
export function readRefusal(answer: IncomingHttpHeaders & { ':status'?: number }): Fault {
  const code = answer[FAULT_FIELD]
  if (!isFaultCode(code)) return new Fault('LINK_PROTOCOL', `Far answered with status ${answer[':status']}.`)
  const said = /details="[A-Z_]+: ((?:[^"\\]|\\.)*)"/.exec(String(answer['proxy-status'] ?? ''))?.[1]
  const retryAfterSeconds = Number(answer['retry-after']) || undefined
  const message = said?.replace(/\\(.)/g, '$1') ?? 'The far proxy could not open the tunnel.'
  return new Fault(code, message, { retryAfterSeconds })
}

/** A response of HTTP/1.1 that says what failed, for a client that waits for a connection. */
export function refusal(fault: Fault): string {
  const page = failurePage(fault, undefined)
  return [
    `HTTP/1.1 ${fault.status} ${fault.title}`,
    `Content-Type: ${page.type}`,
    `Content-Length: ${Buffer.byteLength(page.text)}`,
    `Proxy-Status: ${proxyStatus(fault, 'hunch-near')}`,
    ...(fault.retryAfterSeconds === undefined ? [] : [`Retry-After: ${fault.retryAfterSeconds}`]),
    'Connection: close',
    '',
    page.text,
  ].join('\r\n')
}
