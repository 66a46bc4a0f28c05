// CONNECT: a blind tunnel from near to any host and port (RFC 9113 §8.5). What passes is not looked at.
// Knows: sockets. Does not know: TLS, HTTP inside.
import type { ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TLSSocket } from 'node:tls'
import { Fault, asFault } from '../shared/fault.ts'
import { parseHostPort } from '../shared/http/url.ts'
import { DEFAULT_PRIORITY } from '../shared/http/priority.ts'
import { openLane } from '../shared/link/lanes.ts'
import { FAULT_FIELD } from '../shared/link/protocol.ts'
import { rankOf } from '../shared/link/schedule.ts'
import { proxyStatus } from '../shared/http/proxy-status.ts'
import { originFault } from '../shared/origin-fault.ts'
import { systemClock } from './clock.ts'
import type { Reach } from './reach.ts'

/** What a tunnel carried, for the log. */
export interface TunnelEnd {
  readonly fault: Fault | undefined
  readonly upBytes: number
  readonly downBytes: number
}

/** Connects `stream` with `authority` until either side is done. Never throws: the end says what happened. */
export async function openTunnel(stream: ServerHttp2Stream, authority: string, reach: Reach): Promise<TunnelEnd> {
  let socket: Socket
  try {
    const { host: hostname, port } = parseHostPort(authority)
    const to = { protocol: 'http:', hostname, port } as const
    socket = await whileOpen(stream, gone => reach.dial(to, { allowHalfOpen: true }, gone))
  } catch (error) {
    return refuseTunnel(stream, originFault(error, authority, 0))
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
  const ways = await Promise.allSettled([pipeline(stream, socket), pipeline(socket, onLink(stream))])
  const failed = ways.find(way => way.status === 'rejected')
  // A client that closes a tunnel in the middle is every day's end of one.
  const fault = failed && !stream.rstCode ? asFault(failed.reason, 'ORIGIN_RESET') : undefined
  return { fault, upBytes: socket.bytesWritten, downBytes: socket.bytesRead }
}

/** The stream as its lane of the link, for what nobody says the priority of. */
export function onLink(stream: ServerHttp2Stream): Writable {
  const { urgency, incremental } = DEFAULT_PRIORITY
  return openLane(stream, systemClock).asWritable({ rank: rankOf(urgency), incremental })
}

/** Does `act`; its signal fires when `stream` closes meanwhile, with CLIENT_GONE. */
export async function whileOpen<Result>(
  stream: ServerHttp2Stream,
  act: (gone: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const gone = new AbortController()
  const onClose = () => gone.abort(new Fault('CLIENT_GONE', 'The client closed its connection.'))
  stream.once('close', onClose)
  try {
    return await act(gone.signal)
  } finally {
    stream.off('close', onClose)
  }
}

/** Says why there is no tunnel. */
export function refuseTunnel(stream: ServerHttp2Stream, fault: Fault): TunnelEnd {
  if (!stream.destroyed) {
    const fields = { 'proxy-status': proxyStatus(fault, 'hunch-far'), [FAULT_FIELD]: fault.code }
    stream.respond({ ':status': fault.status, ...fields }, { endStream: true })
  }
  return { fault, upBytes: 0, downBytes: 0 }
}
