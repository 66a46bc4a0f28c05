// A far for the tests of near: a real HTTP/2 server over real TLS, with far's real identity and answers to join and hello.
// Everything else is answered by `answer`. Connections and what they carry are counted.
import { once } from 'node:events'
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'
import { type FarIdentity, openIdentity } from '../../proxy-far/identity.ts'
import { checkAsk, handleHello, handleJoin, refuse } from '../../proxy-far/join.ts'
import type { JoinUrl } from '../../shared/link/join-url.ts'
import { FAR_AUTHORITY, farHttp2Settings, linkHttp2Options, spokenVersions } from '../../shared/link/protocol.ts'

export interface TestFarOptions {
  readonly dataDir: string
  readonly port?: number
  readonly versions?: { readonly min: number; readonly max: number }
  /** Far's own clock, for join codes. */
  readonly now?: () => number
  /** Called with every ask that far accepts. */
  readonly answer?: (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => void
  /** Held back until this resolves. */
  readonly beforeHello?: Promise<unknown>
}

export class TestFar {
  readonly identity: FarIdentity
  readonly sessions: ServerHttp2Session[] = []
  /** Each request in order of arrival, as `:path`. */
  readonly paths: string[] = []
  readonly resumed: boolean[] = []
  readonly #server: Http2SecureServer
  readonly #sockets = new Set<Socket>()

  private constructor(identity: FarIdentity, server: Http2SecureServer, options: TestFarOptions) {
    this.identity = identity
    this.#server = server
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
    })
    server.on('secureConnection', socket => this.resumed.push(socket.isSessionReused()))
    server.on('session', session => {
      this.sessions.push(session)
      session.on('error', () => undefined)
    })
    server.on('stream', (stream, fields) => {
      stream.on('error', () => undefined)
      this.paths.push(String(fields[':path']))
      void this.#answer(stream, fields, options)
    })
  }

  static async start(t: Test, options: TestFarOptions): Promise<TestFar> {
    const identity = await openIdentity(options.dataDir)
    const { key, cert } = identity
    const settings = farHttp2Settings
    const server = createSecureServer({ key, cert, minVersion: 'TLSv1.3', settings, ...linkHttp2Options })
    const far = new TestFar(identity, server, options)
    server.listen(options.port ?? 0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => far.stop())
    return far
  }

  get port(): number {
    return portOf(this.#server)
  }

  get connections(): number {
    return this.sessions.length
  }

  /** The URL that near is started with; with a new code unless another is given. */
  async url(token?: string): Promise<JoinUrl> {
    token ??= await this.identity.makeJoinCode(0)
    return { host: '127.0.0.1', port: this.port, token, security: { kind: 'pinned', pin: this.identity.pin } }
  }

  /** Dies as a killed process does. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #answer(stream: ServerHttp2Stream, fields: IncomingHttpHeaders, options: TestFarOptions): Promise<void> {
    const { now = () => 0, versions = spokenVersions, answer } = options
    if (fields[':authority'] !== FAR_AUTHORITY) {
      const fault = checkAsk(this.identity, fields, versions)
      if (fault !== undefined) return send(stream, refuse(fault, versions))
      if (answer !== undefined) return answer(stream, fields)
      return send(stream, { status: 200, fields: {}, body: `answer to ${fields[':path']}` })
    }
    const chunks: Buffer[] = []
    for await (const chunk of stream) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    await options.beforeHello
    if (fields[':path'] === '/join') return send(stream, await handleJoin(this.identity, body, now(), versions))
    return send(stream, handleHello(this.identity, fields['proxy-authorization'], body, versions))
  }
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return address.port
}

function send(stream: ServerHttp2Stream, reply: { status: number; fields: object; body: string }): void {
  if (stream.destroyed) return
  stream.respond({ ':status': reply.status, ...reply.fields })
  stream.end(reply.body)
}
