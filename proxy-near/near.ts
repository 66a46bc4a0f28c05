// The near proxy: starts the front, the link and near's own pages, and joins them.
// Knows: who is who. Does not know: how any of them works.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import Fastify, { type FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import type { NearConfig, Thresholds } from '../shared/config/options.ts'
import { planReload } from '../shared/config/plan-reload.ts'
import type { SitePolicy } from '../shared/config/site-settings.ts'
import { type Account, Ledger, readAccount, wastedBytes } from '../shared/exchange/ledger.ts'
import { Fault, asFault } from '../shared/fault.ts'
import { type LinkEstimate, readEstimate } from '../shared/link/credit.ts'
import { planForwarding } from '../shared/http/max-forwards.ts'
import { parseHostPort, withoutQuery } from '../shared/http/url.ts'
import { KeptVersions } from '../store/kept-versions.ts'
import { LearntKeeper } from '../store/learnt.ts'
import { type ClientRequest, NEAR_SCOPE, type ServeContext } from './ask-far.ts'
import { type Authority, findOwner, openAuthority } from './authority.ts'
import type { ClientResponse } from './client-response.ts'
import { systemClock } from './clock.ts'
import { Activity } from './dashboard/activity.ts'
import { Effects } from './dashboard/effects.ts'
import { addPages, type Status } from './dashboard/pages.ts'
import { Door } from './door.ts'
import { DirectOrigins } from './direct.ts'
import { type Exchange, logExchange } from './exchange-log.ts'
import { type Front, makeFront } from './front.ts'
import { Interception, type Taken } from './interception.ts'
import { type Link, openLink } from './link.ts'
import { OpenTunnels } from './open-tunnels.ts'
import { lacksLink } from './past-far.ts'
import { LiveSettings } from './live-settings.ts'
import { serveRequest } from './serve.ts'
import { Spans } from './spans.ts'
import { Trace, traceExchange } from './trace.ts'
import { watchSurroundings } from './watch-surroundings.ts'
import { carryWebSocket } from './websocket.ts'
import { carryTunnel, type TunnelWish } from './tunnel.ts'

export interface Near {
  /** Where it listens, as `HOST:PORT`. */
  readonly address: string
  /** The password that was made at this start, to be shown once. */
  readonly madePassword: string | undefined
  /** Takes up what holds at once of another configuration; one that cannot be read changes nothing. Never rejects. */
  reload(read: () => Promise<NearConfig>): Promise<void>
  /** Takes no more connections, waits so long for the exchanges under way, and ends. */
  close(patienceMs?: number): Promise<void>
}

/** Starts near; resolves when it listens. Raises PORT_IN_USE, CANNOT_LISTEN, USAGE, LINK_CREDENTIAL, CANNOT_READ. */
export async function startNear(config: NearConfig): Promise<Near> {
  const settings = await LiveSettings.open(config, config.data)
  const door = await Door.hang(config, Date.now)
  const authority = config.intercept ? await openAuthority(config.data, findOwner(), Date.now()) : undefined
  const log = pino({ level: config.logLevel, name: 'hunch-near' }, pino.destination(2))
  const versions = openVersions(config, log)
  const trace = openTrace(config, log)
  const link = config.mode === 'direct' ? undefined : await openConfiguredLink(config, recallEstimate(versions))
  const spans = await Spans.open()
  const near = new NearProxy(config, door, link, authority, settings, versions, trace, spans, log)
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
  /** As the file says now; of it only what holds at once is used. */
  #latest: NearConfig
  readonly #log: FastifyBaseLogger
  readonly #link: Link | undefined
  readonly #door: Door
  readonly #direct = new DirectOrigins()
  readonly #versions: KeptVersions
  readonly #serving = new Set<Promise<void>>()
  readonly #tunnels = new OpenTunnels()
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #activity = new Activity(Date.now())
  readonly #settings: LiveSettings
  readonly #effects: Effects
  readonly #ledger: Ledger
  readonly #trace: Trace | undefined
  readonly #spans: Spans | undefined
  readonly #pages: ReturnType<typeof Fastify>
  readonly #interception: Interception | undefined
  readonly #learnt: LearntKeeper
  #front!: Front

  constructor(
    config: NearConfig,
    door: Door,
    link: Link | undefined,
    authority: Authority | undefined,
    settings: LiveSettings,
    versions: KeptVersions,
    trace: Trace | undefined,
    spans: Spans | undefined,
    log: FastifyBaseLogger,
  ) {
    this.#config = config
    this.#door = door
    this.#latest = config
    this.#settings = settings
    this.#effects = new Effects(settings, config.mode)
    this.#link = link
    this.#log = log
    this.#versions = versions
    this.#trace = trace
    this.#spans = spans
    this.#ledger = new Ledger(Date.now(), recallAccount(versions))
    this.#pages = this.#makePages()
    this.#interception = authority && this.#makeInterception(authority)
    this.#learnt = new LearntKeeper(versions, [
      { kind: ESTIMATE, entries: () => (link?.estimate ? [link.estimate] : []), restore: () => {} },
      { kind: ACCOUNT, entries: () => [this.#ledger.at(Date.now())], restore: () => {} },
      {
        kind: 'refusals',
        entries: () => this.#interception?.refusals.entries(Date.now()) ?? [],
        restore: all => this.#interception?.refusals.restore(all, Date.now()),
      },
    ])
  }

  get madePassword(): string | undefined {
    return this.#door.made
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

  async close(patienceMs = 0): Promise<void> {
    const closed = new Promise<void>(resolve => this.#front.server.close(() => resolve()))
    if (patienceMs > 0) await this.#drain(patienceMs)
    this.#front.server.closeAllConnections()
    this.#interception?.close()
    // Both end their tunnels, whose sockets the server still counts as its own.
    await Promise.all([this.#link?.close(), this.#direct.close()])
    await closed
    await this.#pages.close()
    this.#learnt.close()
    await this.#trace?.close()
    await this.#versions.close()
  }

  async reload(read: () => Promise<NearConfig>): Promise<void> {
    try {
      const next = await read()
      this.#settings.reload(next)
      this.#log.info(planReload(this.#latest, next), 'the configuration was read again')
      this.#latest = next
    } catch (error) {
      this.#log.warn({ message: asFault(error, 'CONFIG').message }, 'the configuration stays as it was')
    }
  }

  /** Near's own pages are fastify's; what goes through the proxy never meets its router. */
  #makePages(): ReturnType<typeof Fastify> {
    const pages = Fastify({
      serverFactory: handler => {
        this.#front = makeFront({
          refuse: ({ socket, headers, url }, isOwn) => {
            if (isOwn && FOR_ALL.has(url ?? '')) return undefined
            const field = isOwn ? headers.authorization : headers['proxy-authorization']
            return this.#door.refuse(socket.remoteAddress, field)
          },
          onOwn: (request: IncomingMessage, response: ServerResponse) => handler(request, response),
          onBad: (fault, response) => response.fail(fault),
          onProxied: (request, response) => this.#exchange(request, response),
          onTunnel: (request, client, early) => this.#tunnel(request, client, early),
          onWebSocket: (request, client, early) => this.#serveWebSocket(request, client, early),
        })
        return this.#front.server
      },
    })
    addPages(pages, {
      activity: this.#activity,
      effects: this.#effects,
      settings: this.#settings,
      listening: () => ({ ...this.#config.listen, port: (this.#front.server.address() as AddressInfo).port }),
      status: () => this.#status(),
      versions: () => this.#versions.all(),
      forget: urls => {
        for (const url of urls) this.#versions.drop(url, [NEAR_SCOPE])
        return urls.length
      },
      authority: () => this.#interception?.certificate,
      now: Date.now,
    })
    return pages
  }

  /** Serves, and counts as under way until all has left for the client. */
  async #exchange(received: ClientRequest, response: ClientResponse): Promise<void> {
    const ended = this.#serve(received, response).then(() => response.left)
    this.#serving.add(ended)
    await ended
    this.#serving.delete(ended)
  }

  /** Resolves when no exchange is under way and nothing moves in tunnels, at the latest then. */
  async #drain(patienceMs: number): Promise<void> {
    const over = new AbortController()
    const late = setTimeout(patienceMs, 'late', over).catch(() => {})
    while (this.#serving.size > 0 && (await Promise.race([late, ...this.#serving])) !== 'late');
    await Promise.race([late, this.#tunnels.silence(over.signal)])
    over.abort()
  }

  async #serve(received: ClientRequest, response: ClientResponse): Promise<void> {
    const { method, url } = received.facts
    const exchange = this.#begin({ method, url, startedAt: Date.now() })
    const forwarding = planForwarding(received.facts)
    if (forwarding.kind === 'answer') {
      response.answer(forwarding.status, forwarding.fields, forwarding.content)
      this.#finish({ ...exchange, status: forwarding.status }, undefined)
      return
    }
    const request = { ...received, facts: { ...received.facts, fields: forwarding.fields } }
    try {
      if (this.#link && this.#policyOf(readHost(url)) !== 'bypass')
        await serveRequest(request, response, this.#context(this.#link, exchange), exchange)
      else exchange.status = await this.#direct.serve(request, response)
      this.#finish(exchange, undefined)
    } catch (error) {
      // What a client that left has broken off is not the fault of what was broken off.
      const fault = asFault(response.gone.aborted ? response.gone.reason : error, 'NEAR_INTERNAL')
      if (fault.code === 'NEAR_INTERNAL') this.#log.error({ err: error }, 'near failed')
      this.#finish(exchange, fault)
      response.fail(fault.code === 'ORIGIN_TLS' ? this.#letClientSee(request, fault) : fault)
    } finally {
      // Some clients read nothing before they have sent all: what they still send is taken, and thrown away.
      request.body?.unpipe()
      request.body?.resume()
    }
  }

  /**
   * After the page that says so, the client meets the origin itself: to judge its certificate, or to show its own. Gives
   * what to say.
   */
  #letClientSee({ facts, retire }: ClientRequest, fault: Fault): Fault {
    if (!retire || !this.#interception) return fault
    this.#interception.noteOriginRefused(readHost(facts.url), fault.message)
    retire()
    const next = 'When you try again, your browser meets the site itself, without Hunch in between.'
    return new Fault(fault.code, `${fault.message} ${next}`, { cause: fault })
  }

  #makeInterception(authority: Authority): Interception {
    const { serveInside } = this.#front
    const latest = () => this.#latest
    return new Interception({
      authority,
      get exclude() {
        return latest().exclude
      },
      serveInside,
      log: this.#log,
      clock: systemClock,
      now: Date.now,
    })
  }

  /** CONNECT: opened where the user wants that and the client takes it, else a tunnel. */
  async #tunnel(request: IncomingMessage, client: Duplex, early: Uint8Array): Promise<void> {
    this.#tunnels.add(client)
    const target = request.url ?? ''
    const exchange = this.#begin({ method: 'CONNECT', url: target, startedAt: Date.now(), way: 'tunnel' })
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
    this.#tunnels.add(client)
    const { method, url } = request.facts
    const exchange = this.#begin({ method, url, startedAt: Date.now(), way: 'tunnel' })
    try {
      const isBypassed = this.#policyOf(readHost(url)) === 'bypass'
      const isDirect = !this.#link || isBypassed || (await this.#fallsBack(client, exchange))
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

  #policyOf(host: string): SitePolicy {
    return this.#settings.of(host).policy
  }

  async #open(target: string, client: Duplex, early: Uint8Array): Promise<Taken | undefined> {
    const place = this.#interception && readTarget(target)
    if (!place || !this.#interception) return undefined
    const policy = this.#policyOf(place.host)
    if (policy === 'tunnel' || policy === 'bypass') return { kind: 'tunnel', early, answered: false, why: 'excluded' }
    return this.#interception.take(place, client, early)
  }

  async #carry(wish: TunnelWish, client: Duplex, exchange: Exchange): Promise<void> {
    const place = readTarget(wish.target)
    const isBypassed = place !== undefined && this.#policyOf(place.host) === 'bypass'
    const isDirect = !this.#link || isBypassed || (await this.#fallsBack(client, exchange))
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

  /** What the user wants of the site of an exchange, and what is left of the budget. */
  #context(link: Link, exchange: Exchange): ServeContext {
    const { policy, thresholds: set } = this.#settings.of(readHost(exchange.url))
    const wish = this.#ledger.wish(set, Date.now())
    const thresholds: Thresholds = { ...set, speculation: wish.kind === 'off' ? 'off' : wish.wish }
    // A site that is tunnelled only is not to be looked into: what is not encrypted passes as it comes.
    const mode = policy === 'tunnel' ? 'plain' : this.#config.mode
    const { whenLinkFails } = this.#config
    const direct = whenLinkFails === 'direct' ? this.#direct : undefined
    const parent = this.#spans?.parentOf(exchange)
    return {
      link,
      direct,
      versions: this.#versions,
      underWay: this.#underWay,
      mode,
      thresholds,
      isTraced: this.#trace !== undefined || this.#activity.isListenedTo || parent !== undefined,
      parent,
      now: Date.now,
    }
  }

  #begin(exchange: Exchange): Exchange {
    this.#spans?.begin(exchange)
    return exchange
  }

  #finish(exchange: Exchange, fault: Fault | undefined): void {
    const now = Date.now()
    const failed = fault && fault.code !== 'CLIENT_GONE' ? fault.code : undefined
    const { baseBytes = 0, deltaBytes = 0, wholeBytes = 0, url } = exchange
    this.#ledger.note(
      { linkBytes: baseBytes + deltaBytes + wholeBytes, baseBytes, wastedBytes: wastedBytes(exchange) },
      now,
    )
    const { logQueries } = this.#config
    const shown = logQueries ? exchange : { ...exchange, url: withoutQuery(url) }
    const measured = { ...NO_LINK, ...this.#link?.measured }
    this.#activity.note(shown, measured, failed, now)
    this.#effects.note(traceExchange(shown, measured, failed, now))
    this.#trace?.note(exchange, measured, fault?.code, this.#settings, now)
    this.#spans?.end(exchange, shown, fault, now)
    logExchange(this.#log, exchange, { now, logQueries, fault })
  }

  #status(): Status {
    const fault = this.#link?.fault
    const { monthlyBudgetBytes } = this.#settings.thresholds
    return {
      link: this.#link?.state ?? 'unused',
      fault: fault && { code: fault.code, message: fault.message, advice: fault.advice },
      ...NO_LINK,
      ...this.#link?.measured,
      mode: this.#config.mode,
      intercept: this.#interception !== undefined,
      heldVersions: this.#versions.count,
      heldBytes: this.#versions.sizeBytes,
      month: {
        linkBytes: this.#ledger.at(Date.now()).linkBytes,
        budgetBytes: Number.isFinite(monthlyBudgetBytes) ? monthlyBudgetBytes : undefined,
      },
    }
  }
}

// What devices are told before they have a password, and what monitors look at; neither holds a secret.
const FOR_ALL: ReadonlySet<string> = new Set(['/proxy.pac', '/authority.pem', '/healthz'])

const NO_LINK = { bandwidthBytesPerSecond: undefined, roundTripMs: undefined }

async function openConfiguredLink(config: NearConfig, estimate: LinkEstimate | undefined): Promise<Link> {
  const log = pino({ level: config.logLevel, name: 'hunch-link' }, pino.destination(2))
  const waitsWhenDown = config.whenLinkFails === 'fail'
  const { far, data: dataDir, linkTimeoutMs: timeoutMs } = config
  const link = await openLink({ far, dataDir, log, timeoutMs, waitsWhenDown, estimate })
  watchSurroundings(link, systemClock)
  return link
}

const ESTIMATE = 'link'
// After a restart the network is the same; a laptop that was opened an hour later may be elsewhere.
const ESTIMATE_COUNTS_MS = 3_600_000

/** What the link was last seen to carry, as the last process noted it; undefined when that is too long ago. */
function recallEstimate(versions: KeptVersions): LinkEstimate | undefined {
  const [note] = versions.notes(ESTIMATE)
  return note && Date.now() - note.at < ESTIMATE_COUNTS_MS ? readEstimate(note.text) : undefined
}

const ACCOUNT = 'account'

/** What the data plan of this month has paid for already. */
function recallAccount(versions: KeptVersions): Account | undefined {
  return versions.notes(ACCOUNT).map(({ text }) => readAccount(text))[0]
}

function openTrace(config: NearConfig, log: FastifyBaseLogger): Trace | undefined {
  const { trace: path, traceUrls, mode, thresholds } = config
  return path === undefined
    ? undefined
    : new Trace({ path, showsNames: traceUrls, mode, thresholds, log, now: Date.now() })
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
