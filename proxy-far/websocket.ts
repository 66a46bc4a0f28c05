// WebSocket: an extended CONNECT of near (RFC 8441) becomes an HTTP/1.1 upgrade at the origin (RFC 6455); then bytes pass
// both ways, unseen, close codes among them.
// Knows: the opening handshake, Node's HTTP client. Does not know: frames, how an origin is dialled (reach.ts).
import { randomBytes } from 'node:crypto'
import { type ClientRequest, type IncomingMessage, request as sendRequest } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { Fault, asFault } from '../shared/fault.ts'
import { type FieldList, endToEnd, fromRaw, toRaw, withVia, without } from '../shared/http/fields.ts'
import { canonicalUrl } from '../shared/http/url.ts'
import { acceptOf } from '../shared/http/websocket.ts'
import { originFault } from '../shared/origin-fault.ts'
import { toHeaders } from './plain-proxy.ts'
import type { Destination, Reach } from './reach.ts'
import { type TunnelEnd, joinWays, onLink, refuseTunnel, whileOpen } from './tunnel.ts'

export interface WebSocketOptions {
  readonly reach: Reach
  readonly originTimeoutMs: number
}

/** Opens a WebSocket at `url` (http or https) and carries it to its end. Never throws: the end says what happened. */
export async function openWebSocket(
  stream: ServerHttp2Stream,
  url: string,
  fields: FieldList,
  options: WebSocketOptions,
): Promise<TunnelEnd> {
  let answer: Answer
  try {
    const target = new URL(canonicalUrl(url))
    answer = await whileOpen(stream, gone => knock(target, fields, options, gone))
  } catch (error) {
    return refuseTunnel(stream, originFault(error, URL.parse(url)?.host ?? url, options.originTimeoutMs))
  }
  const { response, socket } = answer
  const said = withVia(endToEnd(fromRaw(response.rawHeaders)), '1.1', 'hunch-far')
  if (socket) {
    stream.respond({ ':status': 200, ...toHeaders(without(said, 'sec-websocket-accept')) })
    return joinWays(stream, socket)
  }
  stream.respond({ ':status': response.statusCode, ...toHeaders(said) })
  const failed = await pipeline(response, onLink(stream)).then(noFault, toFault)
  return { fault: failed, upBytes: 0, downBytes: 0 }
}

interface Answer {
  readonly response: IncomingMessage
  /** The open connection; undefined when the origin refused. */
  readonly socket: Socket | undefined
}

/** Sends the opening handshake (RFC 6455 §4.1); resolves with what the origin makes of it. */
async function knock(
  url: URL,
  fields: FieldList,
  { reach, originTimeoutMs }: WebSocketOptions,
  gone: AbortSignal,
): Promise<Answer> {
  // RFC 6455 is spoken over HTTP/1.1; an origin that was offered h2 would choose it.
  const dialled = await reach.dial(destinationOf(url), { allowH2: false }, gone)
  // RFC 8441 §5: the key is between those who speak HTTP/1.1, and extended CONNECT has none.
  const key = randomBytes(16).toString('base64')
  const request = sendUpgrade(dialled, url, key, fields)
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const timer = setTimeout(() => {
    const message = `${url.host} sent nothing for ${originTimeoutMs / 1000} s.`
    request.destroy(new Fault('ORIGIN_TIMEOUT', message))
  }, originTimeoutMs)
  const onGone = () => request.destroy(gone.reason as Fault)
  gone.addEventListener('abort', onGone)
  request.on('error', reject)
  request.once('upgrade', (response, socket: Socket, head: Buffer) => {
    if (response.headers['sec-websocket-accept'] !== acceptOf(key)) {
      socket.destroy()
      reject(
        new Fault('ORIGIN_BAD_RESPONSE', `${url.host} accepted another WebSocket than the one that was asked for.`),
      )
      return
    }
    if (head.length > 0) socket.unshift(head)
    socket.setNoDelay()
    resolve({ response, socket })
  })
  request.once('response', response => {
    // On the link a status of 2xx would say that it is open.
    if ((response.statusCode ?? 0) >= 300) resolve({ response, socket: undefined })
    else
      request.destroy(new Fault('ORIGIN_BAD_RESPONSE', `${url.host} answered ${response.statusCode} to a WebSocket.`))
  })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    gone.removeEventListener('abort', onGone)
  }
}

function destinationOf({ protocol, hostname, port }: URL): Destination {
  return { protocol: protocol === 'https:' ? 'https:' : 'http:', hostname, port }
}

function sendUpgrade(socket: Socket, url: URL, key: string, fields: FieldList): ClientRequest {
  const headers = toRaw([
    ['Host', url.host],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Key', key],
    ...withVia(without(fields, 'host', 'sec-websocket-key', 'content-length'), '2.0', 'hunch-far'),
  ])
  const path = `${url.pathname}${url.search}`
  return sendRequest({ createConnection: () => socket, host: url.host, path, headers }).end()
}

function noFault(): undefined {
  return undefined
}

function toFault(error: unknown): Fault {
  return asFault(error, 'ORIGIN_RESET')
}
