// The near proxy: starts the front, the link and near's own pages, and joins them.
// Knows: who is who. Does not know: how any of them works.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import Fastify, { type FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import type { NearConfig } from '../shared/config/options.ts'
import { Fault, asFault } from '../shared/fault.ts'
import { Versions } from '../shared/versions.ts'
import { carryTunnel } from './tunnel.ts'
import type { ClientResponse } from './client-response.ts'
import { DirectOrigins } from './direct.ts'
import { type Exchange, logExchange } from './exchange-log.ts'
import { type Front, makeFront } from './front.ts'
import { type Link, openLink } from './link.ts'
import { type Status, count, statusPage, zeroCounts } from './own-page.ts'
import { type ClientRequest, serveRequest } from './serve.ts'

export interface Near {
  /** Where it listens, as `HOST:PORT`. */
  readonly address: string
  close(): Promise<void>
}

/** Starts near; resolves when it listens. Raises PORT_IN_USE, CANNOT_LISTEN, USAGE, LINK_CREDENTIAL, CANNOT_READ. */
export async function startNear(config: NearConfig): Promise<Near> {
  const near = new NearProxy(config, config.mode === 'direct' ? undefined : await openConfiguredLink(config))
  try {
    await near.listen()
  } catch (error) {
    await near.close()
    throw error
  }
  return near
}

class NearProxy implements Near {
  readonly #config: NearConfig
  readonly #log: FastifyBaseLogger
  readonly #link: Link | undefined
  readonly #direct = new DirectOrigins()
  readonly #versions: Versions
  readonly #counts = zeroCounts()
  readonly #pages: ReturnType<typeof Fastify>
  #front!: Front

  constructor(config: NearConfig, link: Link | undefined) {
    this.#config = config
    this.#link = link
    this.#log = pino({ level: config.logLevel, name: 'hunch-near' }, pino.destination(2))
    this.#versions = new Versions({ maxBytes: config.memory, maxVersionsPerUrl: config.thresholds.maxVersionsPerUrl })
    this.#pages = this.#makePages()
  }

  get address(): string {
    const { address, port, family } = this.#front.server.address() as AddressInfo
    return `${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  async listen(): Promise<void> {
    const { host, port } = this.#config.listen
    await this.#pages.ready()
    await new Promise<void>((resolve, reject) => {
      this.#front.server.once('error', (error: NodeJS.ErrnoException) => {
        const code = error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CANNOT_LISTEN'
        reject(new Fault(code, `Near cannot listen on ${host}:${port}: ${error.message}.`, { cause: error }))
      })
      this.#front.server.listen({ host, port }, resolve)
    })
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#front.server.close(() => resolve()))
    this.#front.server.closeAllConnections()
    // Both end their tunnels, whose sockets the server still counts as its own.
    await Promise.all([this.#link?.close(), this.#direct.close()])
    await closed
    await this.#pages.close()
  }

  /** Near's own pages are fastify's; what goes through the proxy never meets its router. */
  #makePages(): ReturnType<typeof Fastify> {
    const pages = Fastify({
      serverFactory: handler => {
        this.#front = makeFront({
          onOwn: (request: IncomingMessage, response: ServerResponse) => handler(request, response),
          onBad: (fault, response) => response.fail(fault),
          onProxied: (request, response) => this.#serve(request, response),
          onTunnel: (request, client, early) => this.#tunnel(request, client, early),
        })
        return this.#front.server
      },
    })
    pages.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(statusPage(this.#status())))
    pages.get('/status.json', async () => this.#status())
    pages.get('/healthz', async () => ({ status: 'ok' }))
    return pages
  }

  async #serve(request: ClientRequest, response: ClientResponse): Promise<void> {
    const { method, url } = request.facts
    const exchange: Exchange = { method, url, startedAt: Date.now() }
    try {
      if (this.#link) await serveRequest(request, response, this.#context(this.#link), exchange)
      else exchange.status = await this.#direct.serve(request, response)
      this.#finish(exchange, undefined)
    } catch (error) {
      // What a client that left has broken off is not the fault of what was broken off.
      const fault = asFault(response.gone.aborted ? response.gone.reason : error, 'NEAR_INTERNAL')
      if (fault.code === 'NEAR_INTERNAL') this.#log.error({ err: error }, 'near failed')
      this.#finish(exchange, fault)
      response.fail(fault)
    } finally {
      // Some clients read nothing before they have sent all: what they still send is taken, and thrown away.
      request.body?.unpipe()
      request.body?.resume()
    }
  }

  async #tunnel(request: IncomingMessage, client: Duplex, early: Uint8Array): Promise<void> {
    const exchange: Exchange = { method: 'CONNECT', url: request.url ?? '', startedAt: Date.now(), way: 'tunnel' }
    try {
      if (this.#link) {
        const { upBytes, downBytes } = await carryTunnel(request, client, early, this.#link)
        exchange.wholeBytes = upBytes + downBytes
      } else await this.#direct.tunnel(request.url ?? '', client, early)
      this.#finish(exchange, undefined)
    } catch (error) {
      this.#finish(exchange, asFault(error, 'NEAR_INTERNAL'))
      client.destroy()
    }
  }

  #context(link: Link) {
    const { mode, thresholds } = this.#config
    return { link, versions: this.#versions, mode, thresholds, now: Date.now }
  }

  #finish(exchange: Exchange, fault: Fault | undefined): void {
    count(this.#counts, exchange, fault !== undefined && fault.code !== 'CLIENT_GONE')
    logExchange(this.#log, exchange, { now: Date.now(), logQueries: this.#config.logQueries, fault })
  }

  #status(): Status {
    const fault = this.#link?.fault
    return {
      link: this.#link?.state ?? 'unused',
      fault: fault && { code: fault.code, message: fault.message, advice: fault.advice },
      roundTripMs: this.#link?.measured.roundTripMs,
      bandwidthBytesPerSecond: this.#link?.measured.bandwidthBytesPerSecond,
      heldVersions: this.#versions.count,
      heldBytes: this.#versions.sizeBytes,
      counts: this.#counts,
    }
  }
}

async function openConfiguredLink(config: NearConfig): Promise<Link> {
  const log = pino({ level: config.logLevel, name: 'hunch-link' }, pino.destination(2))
  return openLink({ far: config.far, dataDir: config.data, log, timeoutMs: config.linkTimeoutMs })
}
