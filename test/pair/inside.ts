// A client that asks inside a TLS connection through a proxy, as browsers do: CONNECT, TLS, then HTTP/1.1 or HTTP/2.
// Knows: Node's clients. Does not know: whether the proxy opens the connection or tunnels it.
import { once } from 'node:events'
import { request as sendRequest } from 'node:http'
import { type ClientHttp2Session, connect as connectHttp2, type ClientHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import { type Got, readAll } from './client.ts'

/** The socket behind CONNECT to `authority` (HOST:PORT). */
export async function openConnect(t: Test, proxy: string, authority: string): Promise<Socket> {
  const { hostname, port } = new URL(`http://${proxy}`)
  const request = sendRequest({ hostname, port, method: 'CONNECT', path: authority, agent: false }).end()
  const [response, socket] = (await once(request, 'connect')) as [{ statusCode: number }, Socket]
  t.equal(response.statusCode, 200)
  socket.on('error', () => undefined)
  t.teardown(() => void socket.destroy())
  return socket
}

/** TLS inside CONNECT; rejects when the handshake fails. */
export async function openTls(
  t: Test,
  proxy: string,
  authority: string,
  options: ConnectionOptions,
): Promise<TLSSocket> {
  const socket = await openConnect(t, proxy, authority)
  const { hostname } = new URL(`https://${authority}`)
  const name = /^[\d.[]/.test(hostname) ? {} : { servername: hostname }
  const secure = connect({ socket, host: hostname, ...name, ALPNProtocols: ['h2', 'http/1.1'], ...options })
  // Node hangs at its end on a TLS socket that outlives the socket below.
  t.teardown(() => void secure.destroy())
  await once(secure, 'secureConnect')
  secure.on('error', () => undefined)
  return secure
}

/** HTTP/2 inside. */
export async function openHttp2(t: Test, proxy: string, authority: string, ca: string): Promise<ClientHttp2Session> {
  const socket = await openTls(t, proxy, authority, { ca })
  t.equal(socket.alpnProtocol, 'h2')
  const session = connectHttp2(`https://${authority}`, { createConnection: () => socket })
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  return session
}

/** One request over HTTP/1.1 inside; `fields` as in `rawHeaders`, Host among them. */
export async function askHttp1(
  t: Test,
  proxy: string,
  authority: string,
  ca: string,
  path: string,
  fields?: string[],
): Promise<Got> {
  const socket = await openTls(t, proxy, authority, { ca, ALPNProtocols: ['http/1.1'] })
  const headers = fields ?? ['Host', authority]
  const request = sendRequest({ createConnection: () => socket, path, headers, setHost: false }).end()
  const [response] = await once(request, 'response')
  return readAll(response)
}

export interface Http2Got {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  readonly way: string | undefined
}

/** Reads a response to its end; rejects when the stream is reset. */
export async function readStream(stream: ClientHttp2Stream): Promise<Http2Got> {
  const [headers] = await once(stream, 'response')
  const body = await buffer(stream)
  const way = /hunch-near.*detail=([a-z]+)/.exec(String(headers['cache-status'] ?? ''))?.[1]
  return { status: headers[':status'], headers, body, way }
}

/** One request on a session, with `body` when there is one. */
export async function askHttp2(
  session: ClientHttp2Session,
  headers: object,
  body?: string | Buffer,
): Promise<Http2Got> {
  const stream = session.request({ ':path': '/', ...headers }, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  return readStream(stream)
}
