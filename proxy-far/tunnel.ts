// CONNECT: a blind tunnel from near to any host and port (RFC 9113 §8.5). What passes is not looked at.
// Knows: sockets. Does not know: TLS, HTTP inside.
import type { ServerHttp2Stream } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { TLSSocket } from 'node:tls'
import { Fault, asFault } from '../shared/fault.ts'
import { parseHostPort } from '../shared/http/url.ts'
import { FAULT_FIELD } from '../shared/link/protocol.ts'
import { proxyStatus } from '../shared/http/proxy-status.ts'

/** What a tunnel carried, for the log. */
export interface TunnelEnd {
  readonly fault: Fault | undefined
  readonly upBytes: number
  readonly downBytes: number
}

/** Connects `stream` with `authority` until either side is done. Never throws: the end says what happened. */
export async function openTunnel(
  stream: ServerHttp2Stream,
  authority: string,
  connectTimeoutMs: number,
): Promise<TunnelEnd> {
  let socket: Socket
  try {
    socket = await connectTo(authority, connectTimeoutMs, stream)
  } catch (error) {
    return refuseTunnel(stream, asFault(error, 'ORIGIN_UNREACHABLE'))
  }
  stream.respond({ ':status': 200 })
  return joinWays(stream, socket)
}

/** Passes bytes both ways until either side is done. Never throws. */
export async function joinWays(stream: ServerHttp2Stream, socket: Socket): Promise<TunnelEnd> {
  // What was cut off must not look as if it had ended.
  // A side that was ended cannot be reset any more: Node would leave the socket open for ever.
  const canReset = () => !(socket instanceof TLSSocket) && !socket.writableEnded
  stream.once('aborted', () => (canReset() ? socket.resetAndDestroy() : socket.destroy()))
  const ways = await Promise.allSettled([pipeline(stream, socket), pipeline(socket, stream)])
  const failed = ways.find(way => way.status === 'rejected')
  // A client that closes a tunnel in the middle is every day's end of one.
  const fault = failed && !stream.rstCode ? asFault(failed.reason, 'ORIGIN_RESET') : undefined
  return { fault, upBytes: socket.bytesWritten, downBytes: socket.bytesRead }
}

/** Says why there is no tunnel. */
export function refuseTunnel(stream: ServerHttp2Stream, fault: Fault): TunnelEnd {
  if (!stream.destroyed) {
    const fields = { 'proxy-status': proxyStatus(fault, 'hunch-far'), [FAULT_FIELD]: fault.code }
    stream.respond({ ':status': fault.status, ...fields }, { endStream: true })
  }
  return { fault, upBytes: 0, downBytes: 0 }
}

function connectTo(authority: string, timeoutMs: number, stream: ServerHttp2Stream): Promise<Socket> {
  const { host, port } = parseHostPort(authority)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
    const giveUp = (fault: Fault) => {
      socket.destroy()
      reject(fault)
    }
    const onClose = () => giveUp(new Fault('CLIENT_GONE', 'The client closed its tunnel.'))
    stream.once('close', onClose)
    socket.setTimeout(timeoutMs, () =>
      giveUp(new Fault('ORIGIN_TIMEOUT', `${authority} did not accept the connection in time.`)),
    )
    socket.once('error', (error: NodeJS.ErrnoException) => giveUp(faultOf(error, authority)))
    socket.once('connect', () => {
      stream.off('close', onClose)
      socket.setTimeout(0)
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}

function faultOf(error: NodeJS.ErrnoException, authority: string): Fault {
  const cause = { cause: error }
  if (error.code === 'ECONNREFUSED') return new Fault('ORIGIN_REFUSED', `${authority} refused the connection.`, cause)
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return new Fault('ORIGIN_NAME', `${authority} is not a name that the DNS knows.`, cause)
  }
  return new Fault('ORIGIN_UNREACHABLE', `${authority} cannot be reached: ${error.message}.`, cause)
}
