// WebSocket: a client's HTTP/1.1 upgrade (RFC 6455) becomes an extended CONNECT on the link (RFC 8441); then bytes pass
// both ways, unseen, close codes among them.
// Knows: the opening handshake, the client's connection, the link. Does not know: frames.
import { STATUS_CODES } from 'node:http'
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Fault, asFault } from '../shared/fault.ts'
import { type FieldList, endToEnd, fromRaw, valueOf, withVia, without } from '../shared/http/fields.ts'
import { acceptOf } from '../shared/http/websocket.ts'
import { FAULT_FIELD } from '../shared/link/protocol.ts'
import type { Link } from './link.ts'
import { linkHeaders } from './link-headers.ts'
import type { ClientRequest } from './ask-far.ts'
import { type TunnelBytes, breakOff, joinWays, readRefusal, refusal } from './tunnel.ts'
import { onLink } from './uplink.ts'

export interface WebSocketEnd extends TunnelBytes {
  /** What the client was answered: 101, or the origin's refusal. */
  readonly status: number
}

/** Opens a WebSocket and carries it to its end. Raises the fault that ended it; the client has been told by then. */
export async function carryWebSocket(
  { facts, receivedBy }: ClientRequest,
  client: Duplex,
  early: Uint8Array,
  link: Pick<Link, 'request'>,
): Promise<WebSocketEnd> {
  const { gone, stop } = watchClient(client)
  try {
    const key = valueOf(facts.fields, 'sec-websocket-key')
    if (key === undefined) throw new Fault('CLIENT_BAD_REQUEST', 'A WebSocket was asked for without a key.')
    const asked = { ...facts, fields: without(facts.fields, 'sec-websocket-key', 'content-length') }
    const headers = { ':method': 'CONNECT', ':protocol': 'websocket', ...linkHeaders(asked, receivedBy) }
    const far = await link.request(headers, { endStream: false, signal: gone })
    const { status, fields } = await headOf(far)
    stop()
    if (status === 200) {
      client.write(writeHead(101, [...UPGRADED, ['Sec-WebSocket-Accept', acceptOf(key)], ...fields, WAY]), 'latin1')
      return { status: 101, ...(await joinWays(client, early, far, onLink(far))) }
    }
    client.write(writeHead(status, [...fields, WAY, ['Connection', 'close']]), 'latin1')
    far.once('aborted', () => breakOff(client))
    far.end()
    await pipeline(far, client)
    return { status, upBytes: 0, downBytes: 0 }
  } catch (error) {
    const fault = gone.aborted ? gone.reason : asFault(error, 'LINK_CLOSED')
    if (!client.destroyed) client.end(refusal(fault))
    throw fault
  }
}

/** Tells, until it is stopped, when a client leaves before its WebSocket is open: with CLIENT_GONE. */
export function watchClient(client: Duplex): { readonly gone: AbortSignal; readonly stop: () => void } {
  const gone = new AbortController()
  const leave = () => gone.abort(new Fault('CLIENT_GONE', 'The client closed its connection.'))
  client.once('close', leave)
  // Only what is read tells that the other side has ended; what comes before it stays where it is.
  const look = () => void client.read(0)
  client.on('readable', look).once('end', leave)
  client.on('error', () => undefined)
  return { gone: gone.signal, stop: () => void client.off('readable', look).off('end', leave) }
}

export const UPGRADED: FieldList = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
]
const WAY = ['Cache-Status', 'hunch-near; fwd=bypass; detail=tunnel'] as const

type Answer = IncomingHttpHeaders & { ':status'?: number }

/** Far's answer; raises the fault that it names. */
async function headOf(far: ClientHttp2Stream): Promise<{ status: number; fields: FieldList }> {
  const { promise, resolve, reject } = Promise.withResolvers<[answer: Answer, raw: readonly string[]]>()
  far.once('response', (answer, _flags, raw: readonly string[]) => resolve([answer as Answer, raw]))
  far.once('error', reject)
  far.once('close', () => reject(new Fault('LINK_CLOSED', 'The link broke before the WebSocket was open.')))
  const [answer, raw] = await promise
  if (answer[FAULT_FIELD] !== undefined) throw readRefusal(answer)
  return { status: answer[':status'] ?? 502, fields: withVia(endToEnd(fromRaw(raw)), '2.0', 'hunch-near') }
}

/** A head of HTTP/1.1, for a client that takes Latin-1. */
export function writeHead(status: number, fields: FieldList): string {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`
}
