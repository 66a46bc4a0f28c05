// `--mode direct`: near as an ordinary forward proxy that goes to origins itself, past far. For comparing.
// Knows: undici. Does not know: the link, versions.
import { connect, type Socket } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { Fault } from '../shared/fault.ts'
import {
  asTrailers,
  endToEnd,
  type FieldList,
  fromLists,
  fromRaw,
  lengthOf,
  MAX_RESPONSE_FIELDS_BYTES,
  oddTransferCoding,
  toRaw,
  withVia,
  without,
} from '../shared/http/fields.ts'
import { parseHostPort } from '../shared/http/url.ts'
import { originFault } from '../shared/origin-fault.ts'
import type { AnswerSink, ClientRequest } from './ask-far.ts'
import { carryWebSocketDirectly } from './direct-websocket.ts'
import { opened, type TunnelBytes, type TunnelWish, joinWays, refusal } from './tunnel.ts'
import type { WebSocketEnd } from './websocket.ts'

// As long as browsers wait for a head. A content may be silent for as long as it likes: it may be a stream of events.
const PATIENCE_MS = 300_000

const connectTo = buildConnector({ allowH2: false })

export class DirectOrigins {
  readonly #agent = new Agent({
    connect: (to, callback) => {
      connectTo(to, (...[error, socket]) => {
        // A TLS alert behind the handshake tells more than that the connection closed after it.
        socket?.on('error', () => socket.destroy())
        if (error) callback(error, null)
        else callback(null, socket)
      })
    },
    headersTimeout: PATIENCE_MS,
    bodyTimeout: 0,
    maxHeaderSize: MAX_RESPONSE_FIELDS_BYTES,
  })
  readonly #sockets = new Set<Duplex>()

  /** Passes a request on and its response back; gives the status. Raises ORIGIN_*, CLIENT_GONE. */
  async serve(request: ClientRequest, response: AnswerSink): Promise<number> {
    const { method, url } = request.facts
    const { host } = new URL(url)
    try {
      const answer = await this.#ask(request, response)
      const status = answer.statusCode
      const odd = oddTransferCoding(readRaw(answer.headers))
      if (odd !== undefined) {
        answer.body.on('error', () => {}).destroy()
        throw new Fault('ORIGIN_BAD_RESPONSE', `${host} sent the transfer coding "${odd.slice(0, 100)}".`)
      }
      const fields = withVia(endToEnd(readRaw(answer.headers)), '1.1', 'hunch-near')
      const isEmpty = method === 'HEAD' || status === 204 || status === 304
      response.begin(status, fields, isEmpty ? null : lengthOf(fields))
      if (!isEmpty) response.flushHead()
      for await (const bytes of answer.body) await response.write(bytes as Uint8Array)
      response.end(asTrailers(fromLists(answer.trailers)))
      return status
    } catch (error) {
      if (response.gone.aborted) throw new Fault('CLIENT_GONE', 'The client closed its connection.')
      throw originFault(error, host, PATIENCE_MS)
    }
  }

  /** Connects a client with the host that its CONNECT names. Raises ORIGIN_*; the client has been told by then. */
  async tunnel({ target, early, answered, way }: TunnelWish, client: Duplex): Promise<TunnelBytes> {
    client.on('error', () => {})
    let socket: Socket
    try {
      const { host, port } = parseHostPort(target)
      socket = this.#note(connect({ host, port, noDelay: true, allowHalfOpen: true }))
      client.once('close', () => socket.destroy())
      await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    } catch (error) {
      const fault = originFault(error, target, PATIENCE_MS)
      if (answered) client.destroy()
      else client.end(refusal(fault))
      throw fault
    }
    if (!answered) client.write(opened(way))
    return joinWays(client, early, socket)
  }

  /** Opens a WebSocket and carries it to its end. Raises the fault that ended it; the client has been told by then. */
  async webSocket(request: ClientRequest, client: Duplex, early: Uint8Array): Promise<WebSocketEnd> {
    try {
      return await carryWebSocketDirectly(request, client, early, socket => this.#note(socket))
    } catch (error) {
      const fault = originFault(error, new URL(request.facts.url).host, PATIENCE_MS)
      if (!client.destroyed) client.end(refusal(fault))
      throw fault
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy(new Error('Near is closing.'))
    await this.#agent.destroy()
  }

  #ask({ facts, body, receivedBy }: ClientRequest, response: AnswerSink): Promise<Dispatcher.ResponseData> {
    const { method, url, fields } = facts
    const { protocol, host } = new URL(url)
    const origin = `${protocol}//${host}`
    return this.#agent.request({
      origin,
      path: url.slice(origin.length),
      method,
      headers: toRaw([
        ['Host', host],
        ...withVia(without(fields, 'host', 'expect', 'trailer'), receivedBy, 'hunch-near'),
      ]),
      // Whoever reads a request's content may give it up; over HTTP/2 the response goes out by the same stream.
      body: body ? Readable.from(body.iterator({ destroyOnReturn: false })) : null,
      signal: response.gone,
      responseHeaders: 'raw',
      onInfo: ({ statusCode, headers }) => {
        // Near has said 100 itself, and 101 is for whoever asked to upgrade.
        if (statusCode === 100 || statusCode === 101) return
        response.inform(statusCode, withVia(endToEnd(readRaw(headers)), '1.1', 'hunch-near'))
      },
    })
  }

  #note<Side extends Duplex>(socket: Side): Side {
    this.#sockets.add(socket)
    return socket.once('close', () => this.#sockets.delete(socket))
  }
}

/** With `responseHeaders: 'raw'` undici gives a flat list, which its types do not say. */
function readRaw(headers: unknown): FieldList {
  return fromRaw(headers as readonly string[])
}
