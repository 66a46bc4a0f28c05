// WebSocket: an extended CONNECT of near (RFC 8441) becomes an HTTP/1.1 upgrade at the origin (RFC 6455); then bytes pass
// both ways, unseen, close codes among them.
// Knows: the opening handshake, Node's HTTP client. Does not know: frames.
import { randomBytes } from 'node:crypto'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { Fault, asFault } from '../shared/fault.ts'
import { type FieldList, endToEnd, fromRaw, toRaw, withVia, without } from '../shared/http/fields.ts'
import { acceptOf } from '../shared/http/websocket.ts'
import { originFault } from './origin-fault.ts'
import { toHeaders } from './plain-proxy.ts'
import { type TunnelEnd, joinWays, refuseTunnel } from './tunnel.ts'

export interface WebSocketOptions {
  readonly connectTimeoutMs: number
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
    answer = await knock(stream, new URL(url), fields, options)
  } catch (error) {
    return refuseTunnel(stream, originFault(error, new URL(url).host, options.originTimeoutMs))
  }
  const { response, socket } = answer
  const said = withVia(endToEnd(fromRaw(response.rawHeaders)), '1.1', 'hunch-far')
  if (socket) {
    stream.respond({ ':status': 200, ...toHeaders(without(said, 'sec-websocket-accept')) })
    return joinWays(stream, socket)
  }
  stream.respond({ ':status': response.statusCode, ...toHeaders(said) })
  const failed = await pipeline(response, stream).then(noFault, toFault)
  return { fault: failed, upBytes: 0, downBytes: 0 }
}

interface Answer {
  readonly response: IncomingMessage
  /** The open connection; undefined when the origin refused. */
  readonly socket: Socket | undefined
}

/** Sends the opening handshake (RFC 6455 §4.1); resolves with what the origin makes of it. */
async function knock(
  stream: ServerHttp2Stream,
  url: URL,
  fields: FieldList,
  { connectTimeoutMs, originTimeoutMs }: WebSocketOptions,
): Promise<Answer> {
  // RFC 8441 §5: the key is between those who speak HTTP/1.1, and extended CONNECT has none.
  const key = randomBytes(16).toString('base64')
  const request = sendUpgrade(url, key, fields)
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const late = (ms: number, message: string) =>
    setTimeout(() => request.destroy(new Fault('ORIGIN_TIMEOUT', `${url.host} ${message}.`)), ms)
  let timer = late(connectTimeoutMs, 'did not accept the connection in time')
  const onClose = () => request.destroy(new Fault('CLIENT_GONE', 'The client closed its WebSocket.'))
  stream.once('close', onClose)
  request.once('socket', socket => {
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      timer = late(originTimeoutMs, `sent nothing for ${originTimeoutMs / 1000} s`)
    })
  })
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
    stream.off('close', onClose)
  }
}

function sendUpgrade(url: URL, key: string, fields: FieldList): ClientRequest {
  const headers = toRaw([
    ['Host', url.host],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Key', key],
    ...withVia(without(fields, 'host', 'sec-websocket-key', 'content-length'), '2.0', 'hunch-far'),
  ])
  const options = {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    headers,
    agent: false,
  } as const
  return url.protocol === 'https:' ? requestHttps(options).end() : requestHttp(options).end()
}

function noFault(): undefined {
  return undefined
}

function toFault(error: unknown): Fault {
  return asFault(error, 'ORIGIN_RESET')
}
