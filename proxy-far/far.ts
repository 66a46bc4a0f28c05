// The far proxy: an HTTP/2 server on a well-connected host that answers asks, opens tunnels and lets nears join.
// Knows: its server, who may ask. Does not know: how an ask is answered (answer.ts).
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type Http2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import Fastify, { type FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import type { FarConfig } from '../shared/config/options.ts'
import { planReload } from '../shared/config/plan-reload.ts'
import { UrlHistory } from '../shared/exchange/url-history.ts'
import { asFault, Fault } from '../shared/fault.ts'
import { endToEnd, type FieldList } from '../shared/http/fields.ts'
import { priorityOf } from '../shared/http/priority.ts'
import { canonicalUrl } from '../shared/http/url.ts'
import { readAsk } from '../shared/link/ask.ts'
import { NAMES_FIELD, withNames } from '../shared/link/field-names.ts'
import type { JoinUrl } from '../shared/link/join-url.ts'
import {
  FAR_AUTHORITY,
  HELLO_PATH,
  JOIN_PATH,
  MAX_BODY_BYTES,
  METHOD_FIELD,
  PROTOCOL_FIELD,
  readJoinAnswer,
  farHttp2Settings,
  linkHttp2Options,
} from '../shared/link/protocol.ts'
import { KeptVersions } from '../store/kept-versions.ts'
import { LearntKeeper } from '../store/learnt.ts'
import { SharedTier } from '../store/shared-tier.ts'
import { type AnswerContext, answerAsk } from './answer.ts'
import { AnswerStream } from './answer-stream.ts'
import { beginExchange, logExchange } from './exchange-log.ts'
import { type AskShare, Gate } from './gate.ts'
import { type FarIdentity, openIdentity } from './identity.ts'
import { makeJoinLine, rememberUrl } from './invitation.ts'
import { type Reply, checkAsk, handleHello, handleJoin, refuse } from './join.ts'
import { DeltaMaker } from './make-delta.ts'
import { FarMetrics, readVersion, serveMetrics } from './metrics.ts'
import type { Others } from './one-of-several.ts'
import { Origins } from './origin.ts'
import { countProcesses } from './processes.ts'
import { proxyPlainly, readFields } from './plain-proxy.ts'
import { Reach } from './reach.ts'
import { Sessions } from './sessions.ts'
import { SharedFetches } from './shared-fetch.ts'
import { shareNears } from './shared-nears.ts'
import { Spans } from './spans.ts'
import { TICKET_DAY_MS, ticketKeysOf } from './ticket-keys.ts'
import { Trace } from './trace.ts'
import { openTunnel } from './tunnel.ts'
import { openWebSocket } from './websocket.ts'

export interface Far {
  /** The command that starts near, complete, with a new join code; undefined with --no-invite. */
  readonly joinLine: string | undefined
  /** Takes up what holds at once of another configuration; one that cannot be read changes nothing. Never rejects. */
  reload(read: () => Promise<FarConfig>): Promise<void>
  /** What Prometheus is told of it. */
  figures(): string
  /** Takes nothing new any more, waits so long for what is under way, and ends. */
  close(patienceMs?: number): Promise<void>
}

/**
 * Starts far, alone or beside other processes; resolves when it listens. Raises PORT_IN_USE, CANNOT_LISTEN, CANNOT_READ,
 * STORE_FORMAT.
 */
export async function startFar(config: FarConfig, others?: Others): Promise<Far> {
  const log: FastifyBaseLogger = pino({ level: config.logLevel, name: 'hunch-far' }, pino.destination(2))
  const trace = Trace.open(config, log, Date.now())
  const shared = await openSharedTier(config, log)
  const own = await openIdentity(config.data)
  const identity = shared ? shareNears(own, config.data, shared) : own
  const reach = new Reach(config)
  const live = { config }
  const context: FarContext = {
    config,
    identity,
    log,
    sessions: new Sessions(),
    metrics: new FarMetrics(),
    reach,
    gate: new Gate(config, log, Date.now, undefined, others),
    origins: new Origins(config, reach),
    versions: openVersions(config, shared, log),
    fetches: new SharedFetches(Date.now),
    revalidations: new Set(),
    waits: new UrlHistory(),
    deltaShares: new UrlHistory(),
    deltas: new DeltaMaker(countProcesses(config)),
    get thresholds() {
      return live.config.thresholds
    },
    spans: await Spans.open(config),
    trace,
    now: Date.now,
  }
  const learnt = new LearntKeeper(
    context.versions,
    [
      { kind: 'waits', entries: () => context.waits.hostEntries(), restore: all => context.waits.restore(all) },
      {
        kind: 'deltas',
        entries: () => context.deltaShares.hostEntries(),
        restore: all => context.deltaShares.restore(all),
      },
    ],
    shared,
  )
  void learnt.exchange()
  const server = makeServer(context)
  context.gate.guard(server)
  const ownPages = makeOwnPages(context, server)
  await ownPages.ready()
  server.on('session', session => {
    context.sessions.add(session)
    session.on('error', error => log.debug({ error: String(error) }, 'session failed'))
  })
  await listen(server, config.listen)
  const { port } = server.address() as AddressInfo
  const version = await readVersion()
  const figures = () => figuresOf(context, version)
  const metrics = config.metrics && (await serveMetrics(config.metrics, figures))
  const url = urlForNears(config, identity, port)
  await rememberUrl(config.data, url)
  log.info({ host: config.listen.host, port }, 'listening')
  const refreshing = setInterval(() => void refreshNears(context), REFRESH_INTERVAL_MS).unref()
  return {
    joinLine: config.invite ? await makeJoinLine(identity, url, context.now()) : undefined,
    reload: async read => {
      try {
        const next = await read()
        log.info(planReload(live.config, next), 'the configuration was read again')
        live.config = next
      } catch (error) {
        log.warn({ message: asFault(error, 'CONFIG').message }, 'the configuration stays as it was')
      }
    },
    figures,
    close: async (patienceMs = 0) => {
      clearInterval(refreshing)
      others?.close()
      metrics?.close()
      metrics?.closeAllConnections()
      context.metrics.close()
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      if (patienceMs > 0) await context.sessions.drain(patienceMs)
      context.sessions.endAll()
      await closed
      await ownPages.close()
      context.gate.close()
      await context.origins.close()
      await context.deltas.close()
      await context.trace?.close()
      learnt.close()
      await context.versions.close()
      await shared?.close()
    },
  }
}

interface FarContext extends AnswerContext {
  readonly config: FarConfig
  readonly reach: Reach
  readonly gate: Gate
  readonly identity: FarIdentity
  readonly log: FastifyBaseLogger
  readonly sessions: Sessions
  readonly metrics: FarMetrics
  /** Undefined: nobody wants any. */
  readonly spans: Spans | undefined
  readonly trace: Trace | undefined
}

function figuresOf({ identity, sessions, versions, deltas, metrics }: FarContext, version: string): string {
  return metrics.text({
    sessions: sessions.count,
    nears: identity.nears.length,
    heldVersions: versions.count,
    heldBytes: versions.sizeBytes,
    encoding: deltas.load,
    version,
  })
}

// So soon `hunch far revoke` holds.
const REFRESH_INTERVAL_MS = 1000

/** Who was revoked meanwhile is refused, and cut off in the middle of what is under way. Never throws. */
async function refreshNears({ identity, sessions, gate, log }: FarContext): Promise<void> {
  try {
    const revoked = await identity.refresh()
    sessions.endOf(revoked)
    for (const nearId of revoked) gate.audit('revoked', { nearId })
  } catch (error) {
    log.error({ err: error }, 'the list of nears cannot be read')
  }
}

function makeServer(context: FarContext): Http2Server {
  const { config } = context
  const options = { ...linkHttp2Options, settings: farHttp2Settings }
  const server = config.cleartext ? createServer(options) : makeSecureServer(context, options)
  server.on('secureConnection', (socket: TLSSocket) => context.sessions.hold(socket))
  server.on('connection', (socket: Socket) => context.sessions.hold(socket))
  // Node's compatible interface refuses CONNECT by itself unless somebody listens; `serve` opens the tunnel.
  server.on('connect', () => {})
  server.on('stream', (stream, headers, flags) => {
    // Errors of a stream reach whoever reads or writes it; without a listener they would end the process.
    stream.on('error', () => {})
    const endsStream = (flags & END_STREAM) !== 0
    if (!isOwnPage(headers)) void serve(context, stream, headers, endsStream)
  })
  return server
}

function makeSecureServer({ identity, now }: FarContext, options: ServerOptions): Http2SecureServer {
  const keys = () => ticketKeysOf(identity.key, now())
  const server = createSecureServer({
    ...options,
    key: identity.key,
    cert: identity.cert,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    sessionTimeout: TICKET_DAY_MS / 1000,
    ticketKeys: keys(),
    // Node's own would be another one for every command line.
    sessionIdContext: 'hunch far',
  })
  const renewing = setInterval(() => server.setTicketKeys(keys()), RENEWAL_MS).unref()
  server.once('close', () => clearInterval(renewing))
  return server
}

// The keys are those of a day.
const RENEWAL_MS = 600_000

// RFC 9113 §6.2.
const END_STREAM = 0x1
// Made once: a reason of its own for each exchange would cost as much as compressing its answer.
const ANSWERED = new Fault('CLIENT_GONE', 'The answer has been sent.')

/** Requests that are for far itself: those to its own authority, and a plain one to the address that it listens on. */
function isOwnPage(headers: IncomingHttpHeaders): boolean {
  // Node's client writes the port even when it is the scheme's own.
  const [host] = (headers[':authority'] ?? '').split(':')
  return host === FAR_AUTHORITY || (headers[':path'] === '/healthz' && headers[PROTOCOL_FIELD] === undefined)
}

/** Far's own pages, as fastify routes on the same server. */
function makeOwnPages(context: FarContext, server: Http2Server) {
  const pages = Fastify({
    http2: true,
    bodyLimit: MAX_BODY_BYTES,
    serverFactory: handler => {
      server.on('request', (request, reply) => {
        if (isOwnPage(request.headers)) handler(request, reply)
      })
      return server
    },
  })
  pages.removeAllContentTypeParsers()
  pages.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  const { identity, gate } = context
  pages.post(JOIN_PATH, async (request, reply) => {
    const { session } = request.raw.stream
    const lockedOut = gate.lockedOut(session)
    const body = bodyOf(request)
    const answer = lockedOut ? refuse(lockedOut) : judge(gate, session, await handleJoin(identity, body, context.now()))
    const joined = readJoinAnswer(answer.body)
    if (joined) gate.audit('joined', { nearId: joined.nearId, address: session?.socket.remoteAddress })
    return reply.code(answer.status).headers(answer.fields).send(answer.body)
  })
  pages.post(HELLO_PATH, async (request, reply) => {
    const credential = request.headers['proxy-authorization']
    await identity.recognize(credential)
    const said = handleHello(identity, credential, bodyOf(request))
    const answer = credential === undefined ? said : judge(gate, request.raw.stream.session, said)
    return reply.code(answer.status).headers(answer.fields).send(answer.body)
  })
  // To everybody, so nothing of what is kept: that is with the metrics.
  pages.get('/healthz', async () => ({ status: 'ok' }))
  return pages
}

/** One request on the link that is not for far itself. Never throws. */
async function serve(
  context: FarContext,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  endsStream: boolean,
): Promise<void> {
  const refusal = checkAsk(context.identity, headers)
  if (refusal) {
    const { session } = stream
    const said = refuse(refusal)
    reply(stream, headers['proxy-authorization'] === undefined ? said : judge(context.gate, session, said))
    return
  }
  const nearId = context.identity.authenticate(headers['proxy-authorization']) as string
  context.sessions.note(stream.session, nearId)
  context.gate.accept(stream.session)
  let share: AskShare
  try {
    share = context.gate.admit(nearId)
  } catch (error) {
    reply(stream, refuse(asFault(error, 'FAR_INTERNAL')))
    return
  }
  const isConnect = headers[':method'] === 'CONNECT'
  // RFC 8441 §4: with a protocol, CONNECT names an URL as other methods do.
  const isWebSocket = isConnect && headers[':protocol'] === 'websocket'
  const url = isConnect && !isWebSocket ? (headers[':authority'] ?? '') : urlOf(headers)
  const exchange = beginExchange(methodOf(headers), url, nearId, context.now())
  const finish = (fault: Fault | undefined, sentBytes = exchange.wholeBytes) => {
    share.end(sentBytes)
    logExchange(context.log, exchange, { now: context.now(), logQueries: context.config.logQueries, fault })
    context.metrics.note(exchange, fault)
    context.spans?.note(exchange, fault, context.now())
    context.trace?.note(exchange, fault, context.thresholds, context.now())
  }
  if (isConnect) {
    const { reach, config } = context
    const end = isWebSocket
      ? await openWebSocket(stream, url, fieldsOf(headers), {
          reach,
          originTimeoutMs: config.originTimeoutMs,
        })
      : await openTunnel(stream, url, reach)
    exchange.wholeBytes = end.downBytes
    finish(end.fault)
    return
  }
  const gone = new AbortController()
  stream.once('close', () => {
    if (!gone.signal.aborted) gone.abort(new Fault('CLIENT_GONE', 'Near closed the stream of this answer.'))
  })
  // Whoever reads the request's content may give it up; the answer goes out by the same stream and must live on.
  const body = endsStream ? undefined : Readable.from(stream.iterator({ destroyOnReturn: false }))
  const fields = fieldsOf(headers)
  if (headers[PROTOCOL_FIELD] === undefined) {
    const facts = { method: exchange.method, url, fields }
    const count = (bytes: number) => void (exchange.wholeBytes += bytes)
    finish(await proxyPlainly(stream, facts, body, context.origins, gone.signal, count))
    return
  }
  const answer = new AnswerStream(stream, priorityOf(fields))
  try {
    const facts = { method: exchange.method, url: canonicalUrl(url), fields }
    const asked = { facts, ask: readAsk(headers), nearId, body, signal: gone.signal, share }
    exchange.ask = asked.ask
    await answerAsk(answer, asked, context, exchange)
    finish(undefined, answer.sentBytes)
  } catch (error) {
    const fault = asFault(error, 'FAR_INTERNAL')
    if (fault.code === 'FAR_INTERNAL') context.log.error({ err: error }, 'far failed')
    finish(fault, answer.sentBytes)
    await answer.fail(fault)
  } finally {
    gone.abort(ANSWERED)
  }
}

/** Tells the gate of a session what came of its credential; gives what is said of it. */
function judge(gate: Gate, session: Http2Session | undefined, answer: Reply): Reply {
  if (answer.status === 200) gate.accept(session)
  const fault = answer.status === 407 ? gate.fail(session) : undefined
  return fault ? refuse(fault) : answer
}

/** The parser gives every body as text. */
function bodyOf({ body }: { readonly body: unknown }): string {
  return typeof body === 'string' ? body : ''
}

function reply(stream: ServerHttp2Stream, { status, fields, body }: Reply): void {
  if (stream.destroyed) return
  stream.respond({ ':status': status, ...fields })
  stream.end(body)
}

function methodOf(headers: IncomingHttpHeaders): string {
  const isHead = headers[PROTOCOL_FIELD] !== undefined && headers[METHOD_FIELD] === 'HEAD'
  return isHead ? 'HEAD' : (headers[':method'] ?? '')
}

/** What the client said, as it wrote it. */
function fieldsOf(headers: IncomingHttpHeaders): FieldList {
  const names = headers[NAMES_FIELD]
  return withNames(endToEnd(readFields(headers)), typeof names === 'string' ? names : undefined)
}

function urlOf(headers: IncomingHttpHeaders): string {
  return `${headers[':scheme']}://${headers[':authority']}${headers[':path']}`
}

async function listen(server: Http2Server, { host, port }: { host: string; port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CANNOT_LISTEN'
      reject(new Fault(code, `Far cannot listen on ${host}:${port}: ${error.message}.`, { cause: error }))
    })
    server.listen({ host, port }, resolve)
  })
}

async function openSharedTier(config: FarConfig, log: FastifyBaseLogger): Promise<SharedTier | undefined> {
  const { sharedStore: url, thresholds } = config
  if (!url) return undefined
  const shared = new SharedTier({ url, maxVersionsPerUrl: thresholds.maxVersionsPerUrl, log, now: Date.now })
  await shared.ready()
  return shared
}

function openVersions(config: FarConfig, shared: SharedTier | undefined, log: FastifyBaseLogger): KeptVersions {
  const { data, memory, store, storePerOrigin, storePerUser, thresholds } = config
  const { maxVersionsPerUrl } = thresholds
  const quotas = {
    totalBytes: store,
    perOrigin: storePerOrigin / 100,
    perUser: storePerUser / 100,
    maxVersionsPerUrl,
  }
  const disk = store > 0 ? { dataDir: data, quotas } : undefined
  return new KeptVersions({ memory: { maxBytes: memory, maxVersionsPerUrl }, disk, shared, log, now: Date.now })
}

/** Where nears reach this far, and how they know it. */
function urlForNears(config: FarConfig, { pin }: FarIdentity, port: number): Omit<JoinUrl, 'token'> {
  const security = config.cleartext ? ({ kind: 'cleartext' } as const) : ({ kind: 'pinned', pin } as const)
  return { host: config.name ?? config.listen.host, port, security }
}
