// The plainest forward proxy there is: stands beyond an emulated link so that a client can be direct over that link.
// Knows: HTTP/1.1, CONNECT. Does not know: caches, compression; it changes nothing but the connection.
import { createServer, request as askOrigin, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { HostPort } from '../../shared/config/host-port.ts'

export interface PassThrough {
  readonly address: HostPort
  close(): Promise<void>
}

/** Starts it on a free port of loopback. */
export async function startPassThrough(): Promise<PassThrough> {
  const server = createServer(pass)
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const { hostname, port } = new URL(`http://${request.url}`)
    const origin = connect(Number(port || 443), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      origin.write(head)
      origin.pipe(client).pipe(origin)
    })
    // When one side is gone so is the other.
    client.on('error', () => origin.destroy()).once('close', () => origin.destroy())
    origin.on('error', () => client.destroy()).once('close', () => client.destroy())
  })
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: { host: '127.0.0.1', port },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pass(request: IncomingMessage, response: ServerResponse): void {
  const headers = { ...request.headers }
  delete headers['proxy-connection']
  const asked = askOrigin(request.url ?? '', { method: request.method ?? 'GET', headers })
  asked.once('response', answered => {
    response.writeHead(answered.statusCode ?? 502, answered.rawHeaders)
    answered.on('error', () => response.destroy()).pipe(response)
  })
  asked.once('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
  response.once('close', () => asked.destroy())
  request.pipe(asked)
}
