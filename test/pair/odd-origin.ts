// Origins that do what the test says: answer when they are told to, or write bytes that are no good HTTP.
// Knows: Node's servers. Does not know: proxies.
import { EventEmitter, once } from 'node:events'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'

/** A request that has come and waits for the test to answer it. */
export interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export class Origin {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string
  readonly #waiting: Asked[] = []
  readonly #came = new EventEmitter()

  private constructor(url: string, server: Server, listener: RequestListener | undefined) {
    this.url = url
    server.on('request', (request, response) => {
      response.on('error', () => undefined)
      if (listener) listener(request, response)
      else {
        this.#waiting.push({ request, response })
        this.#came.emit('request')
      }
    })
  }

  /** With `listener` it answers at once; without, each request waits for `next`. */
  static async start(t: Test, listener?: RequestListener, host = '127.0.0.1'): Promise<Origin> {
    // Fields as large as any that a proxy might pass, and no time limits.
    const server = createHttpServer({ maxHeaderSize: 1024 * 1024, requestTimeout: 0 })
    const port = await listen(t, server, host)
    return new Origin(`http://${host.includes(':') ? `[${host}]` : host}:${port}`, server, listener)
  }

  /** The next request, in order of arrival; waits for it. */
  async next(): Promise<Asked> {
    while (this.#waiting.length === 0) await once(this.#came, 'request')
    return this.#waiting.shift() as Asked
  }
}

/** A server that gives each connection to `serve` once a request's head has come. Gives its URL. */
export async function startRawOrigin(t: Test, serve: (socket: Socket, head: string) => void): Promise<string> {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, socket => {
    let head = ''
    const read = (bytes: Buffer) => {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      const whole = head
      head = ''
      serve(socket, whole)
    }
    socket.on('data', read)
  })
  return `http://127.0.0.1:${await listen(t, server)}`
}

/** A URL at which nobody listens. */
export async function closedUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

/** Lets `server` listen on a free port; it is closed, with its connections, when the test ends. Gives the port. */
export async function listen(t: Test, server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  })
  return (server.address() as AddressInfo).port
}

/** Text that Brotli halves at most, so that its length on the link is known roughly; the same for the same seed. */
export function makeText(length: number, seed = 1): string {
  let state = seed
  let text = ''
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(16).padStart(8, '0')
  }
  return text.slice(0, length)
}
