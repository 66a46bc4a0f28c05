// A WebSocket past far, for `--mode direct`: the client's upgrade (RFC 6455) goes to the origin with the client's own key;
// then bytes pass both ways, unseen.
// Knows: the opening handshake, Node's HTTP client. Does not know: frames, the link.
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Fault } from '../shared/fault.ts'
import { endToEnd, fromRaw, toRaw, valueOf, withVia, without } from '../shared/http/fields.ts'
import { acceptOf } from '../shared/http/websocket.ts'
import type { ClientRequest } from './ask-far.ts'
import { breakOff, joinWays } from './tunnel.ts'
import { UPGRADED, type WebSocketEnd, watchClient, writeHead } from './websocket.ts'

/** Carries a WebSocket to its end. `note` hears of the origin's connection. Raises what went wrong before it was open. */
export async function carryWebSocketDirectly(
  { facts, receivedBy }: ClientRequest,
  client: Duplex,
  early: Uint8Array,
  note: (socket: Duplex) => void,
): Promise<WebSocketEnd> {
  const url = new URL(facts.url)
  const key = valueOf(facts.fields, 'sec-websocket-key')
  if (key === undefined) throw new Fault('CLIENT_BAD_REQUEST', 'A WebSocket was asked for without a key.')
  const watch = watchClient(client)
  const { response, socket, head } = await knock(url, { facts, receivedBy }, watch.gone)
  watch.stop()
  const { statusCode: status = 502 } = response
  const fields = withVia(endToEnd(fromRaw(response.rawHeaders)), '1.1', 'hunch-near')
  if (!socket) {
    client.write(writeHead(status, [...without(fields, 'content-length'), ['Connection', 'close']]), 'latin1')
    response.once('aborted', () => breakOff(client))
    await pipeline(response, client)
    return { status, upBytes: 0, downBytes: 0 }
  }
  note(socket)
  if (response.headers['sec-websocket-accept'] !== acceptOf(key)) {
    socket.destroy()
    throw new Fault('ORIGIN_BAD_RESPONSE', `${url.host} accepted another WebSocket than the one that was asked for.`)
  }
  client.write(writeHead(101, [...UPGRADED, ...fields]), 'latin1')
  if (head.length > 0) socket.unshift(head)
  return { status, ...(await joinWays(client, early, socket)) }
}

interface Answer {
  readonly response: IncomingMessage
  /** The open connection; undefined when the origin refused. */
  readonly socket: Duplex | undefined
  /** What the origin said behind its head. */
  readonly head: Uint8Array
}

/** Sends the opening handshake (RFC 6455 §4.1); resolves with what the origin makes of it. */
function knock(
  url: URL,
  { facts, receivedBy }: Pick<ClientRequest, 'facts' | 'receivedBy'>,
  gone: AbortSignal,
): Promise<Answer> {
  const headers = toRaw([
    ['Host', url.host],
    ...UPGRADED,
    ...withVia(without(facts.fields, 'host', 'content-length'), receivedBy, 'hunch-near'),
  ])
  const options = {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    path: facts.url.slice(url.origin.length),
    headers,
    agent: false,
  } as const
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps(options) : requestHttp(options)
    const leave = () => request.destroy(gone.reason as Fault)
    gone.addEventListener('abort', leave)
    request.once('upgrade', (response, socket, head) => resolve({ response, socket, head }))
    request.once('response', response => resolve({ response, socket: undefined, head: Buffer.alloc(0) }))
    request.on('error', reject)
    request.end()
  })
}
