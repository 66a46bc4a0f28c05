// The near proxy: starts the front, the link and near's own pages, and joins them.
// Knows: who is who. Does not know: how any of them works.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import Fastify, { type FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import type { NearConfig } from '../shared/config/options.ts'
import { Fault, asFault } from '../shared/fault.ts'
import { parseHostPort } from '../shared/http/url.ts'
import { KeptVersions } from '../store/kept-versions.ts'
import { type Authority, findOwner, openAuthority } from './authority.ts'
import type { ClientResponse } from './client-response.ts'
import { systemClock } from './clock.ts'
import { DirectOrigins } from './direct.ts'
import { type Exchange, logExchange } from './exchange-log.ts'
import { type Front, makeFront } from './front.ts'
import { Interception, type Taken } from './interception.ts'
import { type Link, openLink } from './link.ts'
import { lacksLink } from './past-far.ts'
import { type Status, count, statusPage, zeroCounts } from './own-page.ts'
import type { ClientRequest } from './ask-far.ts'
import { serveRequest } from './serve.ts'
import { watchSurroundings } from './watch-surroundings.ts'
import { carryWebSocket } from './websocket.ts'
import { carryTunnel, type TunnelWish } from './tunnel.ts'

export interface Near {
  /** Where it listens, as `HOST:PORT`. */
  readonly address: string
  close(): Promise<void>
}

/** Starts near; resolves when it listens. Raises PORT_IN_USE, CANNOT_LISTEN, USAGE, LINK_CREDENTIAL, CANNOT_READ. */
export async function startNear(config: NearConfig): Promise<Near> {
  const authority = config.intercept ? await openAuthority(config.data, findOwner(), Date.now()) : undefined
  const link = config.mode === 'direct' ? undefined : await openConfiguredLink(config)
  const near = new NearProxy(config, link, authority)
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
  readonly #versions: KeptVersions
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #counts = zeroCounts()
  readonly #pages: ReturnType<typeof Fastify>
  readonly #interception: Interception | undefined
  #front!: Front

  constructor(config: NearConfig, link: Link | undefined, authority: Authority | undefined) {
    this.#config = config
    this.#link = link
    this.#log = pino({ level: config.logLevel, name: 'hunch-near' }, pino.destination(2))
    this.#versions = openVersions(config, this.#log)
    this.#pages = this.#makePages()
    this.#interception = authority && this.#makeInterception(authority)
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
    this.#interception?.close()
    // Both end their tunnels, whose sockets the server still counts as its own.
    await Promise.all([this.#link?.close(), this.#direct.close()])
    await closed
    await this.#pages.close()
    await this.#versions.close()
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
          onWebSocket: (request, client, early) => this.#serveWebSocket(request, client, early),
        })
        return this.#front.server
      },
    })
    pages.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(statusPage(this.#status())))
    pages.get('/status.json', async () => this.#status())
    // For devices and programs that are told by hand to trust it; it holds no secret.
    pages.get('/authority.pem', async (_request, reply) =>
      this.#interception
        ? reply.type('application/x-pem-file').send(this.#interception.certificate)
        : reply.code(404).send('Near does not open HTTPS: start it with --intercept.\n'),
    )
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
      if (fault.code === 'ORIGIN_TLS') this.#letClientSee(request, fault)
      response.fail(fault)
    } finally {
      // Some clients read nothing before they have sent all: what they still send is taken, and thrown away.
      request.body?.unpipe()
      request.body?.resume()
    }
  }

  /** After the page that says so, the client meets the origin itself: to judge its certificate, or to show its own. */
  #letClientSee({ facts, retire }: ClientRequest, fault: Fault): void {
    if (!retire) return
    this.#interception?.noteOriginRefused(readHost(facts.url), fault.message)
    retire()
  }

  #makeInterception(authority: Authority): Interception {
    const { exclude } = this.#config
    const { serveInside } = this.#front
    return new Interception({ authority, exclude, serveInside, log: this.#log, clock: systemClock, now: Date.now })
  }

  /** CONNECT: opened where the user wants that and the client takes it, else a tunnel. */
  async #tunnel(request: IncomingMessage, client: Duplex, early: Uint8Array): Promise<void> {
    const target = request.url ?? ''
    const exchange: Exchange = { method: 'CONNECT', url: target, startedAt: Date.now(), way: 'tunnel' }
    try {
      const taken = await this.#open(target, client, early)
      if (taken?.kind === 'opened') return
      if (taken) exchange.tunnelledFor = taken.why
      await this.#carry({ target, early, answered: false, ...taken }, client, exchange)
      this.#finish(exchange, undefined)
    } catch (error) {
      this.#finish(exchange, asFault(error, 'NEAR_INTERNAL'))
      client.destroy()
    }
  }

  async #serveWebSocket(request: ClientRequest, client: Duplex, early: Uint8Array): Promise<void> {
    const { method, url } = request.facts
    const exchange: Exchange = { method, url, startedAt: Date.now(), way: 'tunnel' }
    try {
      const isDirect = !this.#link || (await this.#fallsBack(client, exchange))
      const carried = !isDirect
        ? carryWebSocket(request, client, early, this.#link)
        : this.#direct.webSocket(request, client, early)
      const { status, upBytes, downBytes } = await carried
      exchange.status = status
      exchange.wholeBytes = upBytes + downBytes
      this.#finish(exchange, undefined)
    } catch (error) {
      const fault = asFault(error, 'NEAR_INTERNAL')
      if (fault.code === 'ORIGIN_TLS') this.#letClientSee(request, fault)
      this.#finish(exchange, fault)
    }
  }

  async #open(target: string, client: Duplex, early: Uint8Array): Promise<Taken | undefined> {
    const place = this.#interception && readTarget(target)
    return place && this.#interception?.take(place, client, early)
  }

  async #carry(wish: TunnelWish, client: Duplex, exchange: Exchange): Promise<void> {
    const isDirect = !this.#link || (await this.#fallsBack(client, exchange))
    const told = { ...wish, way: exchange.way === 'fallback' ? exchange.way : undefined }
    const carried = isDirect ? this.#direct.tunnel(told, client) : carryTunnel(wish, client, this.#link)
    const { upBytes, downBytes } = await carried
    exchange.wholeBytes = upBytes + downBytes
  }

  /** Whether a tunnel or a WebSocket goes past far because there is no link, and the user wants that. */
  async #fallsBack(client: Duplex, exchange: Exchange): Promise<boolean> {
    const { whenLinkFails } = this.#config
    if (!this.#link || whenLinkFails === 'fail' || !(await lacksLink(this.#link, client))) return false
    exchange.way = 'fallback'
    return true
  }

  #context(link: Link) {
    const { mode, thresholds, whenLinkFails } = this.#config
    const direct = whenLinkFails === 'direct' ? this.#direct : undefined
    return { link, direct, versions: this.#versions, underWay: this.#underWay, mode, thresholds, now: Date.now }
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
  const waitsWhenDown = config.whenLinkFails === 'fail'
  const { far, data: dataDir, linkTimeoutMs: timeoutMs } = config
  const link = await openLink({ far, dataDir, log, timeoutMs, waitsWhenDown })
  watchSurroundings(link, systemClock)
  return link
}

function openVersions(config: NearConfig, log: FastifyBaseLogger): KeptVersions {
  const { data, memory, mode, store, storePerOrigin, thresholds } = config
  const { maxVersionsPerUrl } = thresholds
  const quotas = { totalBytes: store, perOrigin: storePerOrigin / 100, perUser: 1, maxVersionsPerUrl }
  const disk = store > 0 && mode !== 'direct' ? { dataDir: data, quotas } : undefined
  return new KeptVersions({ memory: { maxBytes: memory, maxVersionsPerUrl }, disk, log, now: Date.now })
}

/** Undefined when it is none; the tunnel refuses it then. */
function readTarget(target: string): { host: string; port: number } | undefined {
  try {
    return parseHostPort(target)
  } catch {
    return undefined
  }
}

function readHost(url: string): string {
  return new URL(url).hostname.replaceAll(/^\[|\]$/g, '')
}
