// Near, the link, far and the site in one process on one clock, playing a script; what breaks an invariant is told.
// The proxies' own code runs from `serveRequest` to `answerAsk` and back; sockets, TLS, HTTP/2's framing, the disk and the
// threads that encode are left out.
// Knows: how the shells join these two (near.ts, far.ts). Does not know: what is right (judge.ts, model-origin.ts).
//
// Checked, by the numbers of ARCHITECTURE.md's invariants:
// 1, 2. Nothing that was rebuilt reaches a client unverified; nothing is completed wrongly (judge.ts).
// 3.    No version of another near is speculated with, confirmed, or a base.
// 7.    One line is logged for each exchange, on both sides; no failure is an internal one.
// And:  nothing hangs, nothing is left over, and where nothing goes wrong every request succeeds.
import type { FastifyBaseLogger } from 'fastify'
import { Readable } from 'node:stream'
import type { ServerHttp2Stream } from 'node:http2'
import { type AnswerContext, answerAsk } from '../../proxy-far/answer.ts'
import { AnswerStream } from '../../proxy-far/answer-stream.ts'
import { beginExchange, logExchange as logAtFar } from '../../proxy-far/exchange-log.ts'
import type { AskShare } from '../../proxy-far/gate.ts'
import type { DeltaBase, DeltaMaker } from '../../proxy-far/make-delta.ts'
import type { Origins } from '../../proxy-far/origin.ts'
import { readFields } from '../../proxy-far/plain-proxy.ts'
import { SharedFetches } from '../../proxy-far/shared-fetch.ts'
import { NEAR_SCOPE, type ServeContext } from '../../proxy-near/ask-far.ts'
import { ClientResponse } from '../../proxy-near/client-response.ts'
import { type Exchange, logExchange as logAtNear } from '../../proxy-near/exchange-log.ts'
import { serveRequest } from '../../proxy-near/serve.ts'
import { readConfig } from '../../shared/config/read-config.ts'
import type { Thresholds } from '../../shared/config/options.ts'
import { encodeSmallest } from '../../shared/delta/attempts.ts'
import { chooseDelta } from '../../shared/delta/choose.ts'
import { createDeltaEncoder } from '../../shared/delta/format.ts'
import { Feed } from '../../shared/exchange/feed.ts'
import { UrlHistory } from '../../shared/exchange/url-history.ts'
import { asFault, Fault } from '../../shared/fault.ts'
import { endToEnd, type FieldList, valueOf } from '../../shared/http/fields.ts'
import { priorityOf } from '../../shared/http/priority.ts'
import { type Ask, readAsk } from '../../shared/link/ask.ts'
import { NAMES_FIELD, withNames } from '../../shared/link/field-names.ts'
import { METHOD_FIELD } from '../../shared/link/protocol.ts'
import type { Version } from '../../shared/version.ts'
import { KeptVersions } from '../../store/kept-versions.ts'
import { FakeClient } from './fake-client.ts'
import { FakeTime } from './fake-time.ts'
import { judge } from './judge.ts'
import { type ArrivedAsk, MemoryLink } from './memory-link.ts'
import { ModelOrigin } from './model-origin.ts'
import type { Event, Script } from './script.ts'
import type { Tamper } from './tamper.ts'
import { workWithoutThreads } from './threadless-zlib.ts'

export interface Outcome {
  /** What broke an invariant; empty when nothing did. */
  readonly findings: readonly string[]
  readonly exchanges: number
  readonly counts: ReadonlyMap<string, number>
}

type RequestEvent = Extract<Event, { kind: 'request' }>

const MEMORY_BYTES = 3_000_000
// Longer than any wait of the script's own: what has not ended then never will.
const PATIENCE_MS = 600_000

const nearThresholds = readConfig('near', { argv: ['--data', '/nowhere'], env: {} }).thresholds
const farThresholds = readConfig('far', { argv: ['--data', '/nowhere'], env: {} }).thresholds

/** Plays `script` to its end. The process has the script's time until this resolves. */
export async function play(script: Script): Promise<Outcome> {
  workWithoutThreads()
  const world = new World(script)
  try {
    return await world.run()
  } finally {
    world.end()
  }
}

class World {
  readonly time = new FakeTime()
  readonly origin: ModelOrigin
  readonly script: Script
  readonly findings: string[] = []
  readonly counts = new Map<string, number>()
  readonly nears: SimulatedNear[]
  far: SimulatedFar
  jumpedMs = 0
  exchanges = 0

  constructor(script: Script) {
    this.script = script
    this.origin = new ModelOrigin(this.time, script.seed, script.paceMs, script.largeness)
    this.far = new SimulatedFar(this, [])
    this.nears = Array.from({ length: script.nears }, (_, index) => new SimulatedNear(this, index))
    process.on('unhandledRejection', this.#onUnhandled)
  }

  readonly #onUnhandled = (error: unknown) => this.find(`an unhandled rejection: ${describe(error)}`)

  async run(): Promise<Outcome> {
    for (const event of this.script.events) {
      await this.time.goTo(event.at)
      this.#begin(event)
    }
    await this.time.goTo(this.time.now + PATIENCE_MS)
    for (const near of this.nears) near.checkRest()
    this.far.checkRest()
    if (this.origin.open > 0) this.find(`${this.origin.open} contents of the origin were neither read nor given up`)
    return { findings: this.findings, exchanges: this.exchanges, counts: this.counts }
  }

  end(): void {
    process.off('unhandledRejection', this.#onUnhandled)
    this.time.restore()
  }

  find(what: string): void {
    this.findings.push(`at ${Math.round(this.time.now)} ms: ${what}`)
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  thresholds(own: Thresholds): Thresholds {
    return this.script.eager ? { ...own, minExpectedGainMs: 0, maxWastePercent: 100 } : own
  }

  #begin(event: Event): void {
    if (event.kind === 'request') {
      void (this.nears[event.near] as SimulatedNear).request(event)
      return
    }
    this.count(event.kind)
    const of = (near: number) => this.nears[near] as SimulatedNear
    switch (event.kind) {
      case 'cut':
        of(event.near).link.cut(event.downMs)
        return
      case 'restart-near':
        of(event.near).restart(event.store)
        return
      case 'restart-far':
        for (const near of this.nears) near.link.cut(0)
        this.far = this.far.successor(event.store)
        return
      case 'evict':
        evict(event.near === 'far' ? this.far.context.versions : of(event.near).versions, event.share)
        return
      case 'flip':
        void of(event.near).flip(event.page, event.bit)
        return
      case 'jump': {
        this.jumpedMs += Math.abs(event.ms)
        const side = event.near === 'far' ? this.far : of(event.near)
        side.clockOffsetMs += event.ms
      }
    }
  }
}

class SimulatedNear {
  readonly #world: World
  readonly #name: string
  readonly link: MemoryLink
  clockOffsetMs = 0
  versions: KeptVersions
  #underWay = new Map<string, Promise<void>>()
  #snapshot: readonly Version[] = []
  #clients = new Set<FakeClient>()
  /** The URLs of which a version was damaged in memory. */
  readonly #damaged = new Set<string>()
  /** Those that a HEAD was sent for: it may be under way. */
  readonly #heads = new Set<string>()
  #begun = 0
  #logged = 0
  #ended = 0

  constructor(world: World, index: number) {
    this.#world = world
    this.#name = `near${index}`
    const speed = { bytesPerMs: world.script.bytesPerMs, latencyMs: world.script.latencyMs }
    this.link = new MemoryLink(world.time, speed, ask => void world.far.serve(ask, this.#name))
    this.versions = this.#openVersions()
  }

  readonly #now = () => this.#world.origin.wallNow + this.clockOffsetMs

  #openVersions(): KeptVersions {
    const memory = { maxBytes: MEMORY_BYTES, maxVersionsPerUrl: nearThresholds.maxVersionsPerUrl }
    return new KeptVersions({ memory, disk: undefined, log: noLog, now: this.#now })
  }

  restart(store: 'empty' | 'old'): void {
    for (const client of this.#clients) client.destroy()
    this.link.cut(0)
    const old = this.#snapshot
    this.#snapshot = this.versions.all()
    this.versions = this.#openVersions()
    this.#underWay = new Map()
    if (store === 'old') for (const version of old.toReversed()) this.versions.add(version)
  }

  /** Turns a bit of what is held of a page, and asks for it so that it has to be confirmed. */
  async flip(page: number, bit: number): Promise<void> {
    const url = ModelOrigin.urlOf(page)
    if (this.#heads.has(url)) return
    const held = this.versions.of(url, [NEAR_SCOPE])
    for (const version of held.toReversed()) {
      if (version.content.length === 0) continue
      // Others may hold the same bytes: they stay as they are.
      const content = Buffer.from(version.content)
      const at = (bit >> 3) % content.length
      content[at] = (content[at] as number) ^ (1 << (bit & 7))
      this.versions.add({ ...version, content, freshness: version.freshness.invalidated() })
    }
    if (held.length > 0) this.#world.count('base damaged at near')
    this.#damaged.add(url)
  }

  async request(event: RequestEvent): Promise<void> {
    const world = this.#world
    const { time, origin } = world
    world.exchanges += 1
    const url = ModelOrigin.urlOf(event.page)
    // The head of a HEAD makes what is held fresh again, content unseen (RFC 9111 §4.3.5).
    if (event.method === 'HEAD') {
      this.#heads.add(url)
      if (this.#damaged.has(url)) this.versions.drop(url, [NEAR_SCOPE])
    }
    origin.decide(url, event.fate)
    if (event.fate.kind !== 'answer') world.count(`origin: ${event.fate.kind}`)
    const language = ['en', 'de'][event.language] as string
    const user = event.user < 2 ? `user=${this.#name}${event.user}` : undefined
    const known = this.#known(url, language, user)
    const fields = requestFields(event, this.#name, language, user, known)
    const client = new FakeClient(event.leavesAt)
    this.#clients.add(client)
    const startedAt = time.now
    const uploaded = event.method === 'POST' ? Buffer.alloc(event.bodyBytes, `${event.page} `) : Buffer.alloc(0)
    let tampered = false
    let isUnjudged = false
    let asks = 0
    const link = {
      measured: this.link.measured,
      ready: (signal?: AbortSignal) => this.link.ready(signal),
      request: (headers: object, options = {}) => {
        const isHit = ++asks === 1 || event.again
        const onEnd = (tamper: Tamper) => {
          this.#checkScopes(tamper)
          if (!tamper.isDone) return
          tampered = true
          world.count(`part: ${event.tampering.kind}`)
          if (tamper.isHeadTouched) isUnjudged = true
        }
        return this.link
          .request(headers as never, options, isHit ? event.tampering : { kind: 'none' }, onEnd)
          .then(stream => {
            stream.once('tampered', () => world.count(`stream: ${event.tampering.kind}`))
            return stream
          })
      },
    }
    const context: ServeContext = {
      link: link as unknown as ServeContext['link'],
      direct: undefined,
      versions: this.versions,
      underWay: this.#underWay,
      mode: 'optimistic',
      thresholds: world.thresholds(nearThresholds),
      now: this.#now,
      isTraced: false,
    }
    const { method } = event
    const exchange: Exchange = { method, url, startedAt: this.#now() }
    this.#begun += 1
    const body = method === 'POST' ? Readable.from([uploaded]) : undefined
    const request = { facts: { method, url, fields }, body, receivedBy: '1.1', retire: undefined }
    const response = new ClientResponse({ method, headers: {}, httpVersion: '1.1' }, client as never)
    let fault: Fault | undefined
    try {
      await serveRequest(request, response, context, exchange)
    } catch (error) {
      fault = asFault(response.gone.aborted ? response.gone.reason : error, 'NEAR_INTERNAL')
      response.fail(fault)
      if (fault.code === 'NEAR_INTERNAL') world.find(`near failed at ${url}: ${describe(error)}`)
    } finally {
      body?.resume()
    }
    logAtNear(this.#log, exchange, { now: this.#now(), logQueries: true, fault })
    await closed(client)
    this.#ended += 1
    this.#clients.delete(client)
    world.count(fault ? `ended: ${fault.code}` : `ended: ${exchange.way}`)
    if (exchange.askedAgainFor) world.count(`asked again: ${exchange.askedAgainFor}`)
    if (isUnjudged) {
      // No digest covers a head; TLS does. What was kept by it may be kept too long.
      this.restart('empty')
      this.#snapshot = []
      return
    }
    const complete = client.writableFinished && isAsLongAsSaid(client, method)
    const finding = judge(
      {
        near: this.#name,
        user,
        language,
        url,
        method,
        fields,
        startedAt,
        endedAt: time.now,
        uploaded,
        status: client.status,
        responseFields: client.fields,
        content: client.content,
        complete,
        tampered,
        jumpedMs: world.jumpedMs,
      },
      origin,
    )
    const way = valueOf(client.fields, 'cache-status')
    if (finding) world.find(`${method} ${url} of ${this.#name}: ${finding}; ${client.status}, ${way}`)
    const isSuccess = !fault && complete && (client.status ?? 500) < 500
    const mayFail = event.wish === 'only-if-cached'
    const again = exchange.askedAgainFor
    const isHarmed = event.tampering.kind !== 'none' || this.#damaged.size > 0
    if (again && again !== 'LINK_CLOSED' && !isHarmed) {
      world.find(`${method} ${url} was asked again for ${again} where nothing was damaged`)
    }
    if (world.script.calm && again) {
      world.find(`${method} ${url} was asked again for ${again} where nothing goes wrong`)
    }
    if (world.script.calm && !isSuccess && !mayFail) {
      world.find(`${method} ${url} failed where nothing goes wrong: ${client.status}, ${fault?.code}`)
    }
  }

  /** The tag of what this user's browser may have. */
  #known(url: string, language: string, user: string | undefined): string | undefined {
    const held = this.versions.of(url, [NEAR_SCOPE])
    const made = held.map(({ content }) => this.#world.origin.identify(content))
    const own = made.find(each => {
      if (each?.kind.for === 'language') return each.language === language
      if (each?.kind.for === 'user') return each.user === (user ?? 'nobody')
      return each !== undefined
    })
    return own?.tag
  }

  /** What far named of its versions must not be another near's. */
  #checkScopes(tamper: Tamper): void {
    for (const { type, payload } of tamper.seen) {
      // speculation, confirmation, delta: docs/link.md §4
      const start = { 1: 0, 4: 0, 5: 1 }[type]
      if (start === undefined || tamper.isDone) continue
      const short = Buffer.from(payload.subarray(start, start + 8)).toString('hex')
      const made = this.#world.origin.identifyShort(short)
      if (made?.owner !== undefined && made.owner !== this.#name) {
        this.#world.find(`${this.#name} was sent what is ${made.owner}'s alone: ${made.url}`)
      }
    }
  }

  readonly #log = countingLog(() => {
    this.#logged += 1
  })

  checkRest(): void {
    const hanging = this.#begun - this.#ended
    if (hanging > 0) this.#world.find(`${hanging} requests of ${this.#name} never ended`)
    if (this.#logged !== this.#begun) {
      this.#world.find(`${this.#name} logged ${this.#logged} lines for ${this.#begun} exchanges`)
    }
    if (this.#underWay.size > 0) this.#world.find(`${this.#name} still shares ${[...this.#underWay.keys()].join()}`)
    if (this.link.open.size > 0) this.#world.find(`${this.link.open.size} streams of ${this.#name} are still open`)
  }
}

class SimulatedFar {
  readonly #world: World
  readonly context: AnswerContext
  readonly #snapshot: readonly Version[]
  clockOffsetMs = 0
  #begun = 0
  #logged = 0
  #ended = 0

  constructor(world: World, snapshot: readonly Version[]) {
    this.#world = world
    this.#snapshot = snapshot
    const now = () => world.origin.wallNow + this.clockOffsetMs
    const memory = { maxBytes: MEMORY_BYTES, maxVersionsPerUrl: farThresholds.maxVersionsPerUrl }
    this.context = {
      origins: world.origin as unknown as Origins,
      versions: new KeptVersions({ memory, disk: undefined, log: noLog, now }),
      fetches: new SharedFetches(now),
      revalidations: new Set(),
      waits: new UrlHistory(),
      deltaShares: new UrlHistory(),
      deltas: deltasInPlace as unknown as DeltaMaker,
      thresholds: world.thresholds(farThresholds),
      now,
    }
  }

  /** The far that is started after this one. */
  successor(store: 'empty' | 'old'): SimulatedFar {
    this.checkLog()
    const next = new SimulatedFar(this.#world, this.context.versions.all())
    if (store === 'old') for (const version of this.#snapshot.toReversed()) next.context.versions.add(version)
    next.clockOffsetMs = this.clockOffsetMs
    return next
  }

  /** As far.ts does with an ask whose near is known. */
  async serve({ headers, body, stream }: ArrivedAsk, nearId: string): Promise<void> {
    const { context } = this
    const incoming = headers as Record<string, string>
    const method = incoming[METHOD_FIELD] === 'HEAD' ? 'HEAD' : (incoming[':method'] ?? '')
    const url = `${incoming[':scheme']}://${incoming[':authority']}${incoming[':path']}`
    const exchange = beginExchange(method, url, nearId, context.now())
    this.#begun += 1
    const finish = (fault: Fault | undefined) =>
      logAtFar(this.#log, exchange, { now: context.now(), logQueries: true, fault })
    const gone = new AbortController()
    stream.once('close', () => gone.abort(new Fault('CLIENT_GONE', 'Near closed the stream of this answer.')))
    const fields = withNames(endToEnd(readFields(incoming)), incoming[NAMES_FIELD])
    const answer = new AnswerStream(stream as unknown as ServerHttp2Stream, priorityOf(fields))
    try {
      const facts = { method, url, fields }
      const asked = { facts, ask: readAsk(incoming), nearId, body, signal: gone.signal, share: unlimited }
      await answerAsk(answer, asked, context, exchange)
      finish(undefined)
    } catch (error) {
      const fault = asFault(error, 'FAR_INTERNAL')
      if (fault.code === 'FAR_INTERNAL') this.#world.find(`far failed at ${url}: ${describe(error)}`)
      finish(fault)
      await answer.fail(fault)
    } finally {
      gone.abort()
      this.#ended += 1
    }
    this.#world.count(`far: ${exchange.verdict?.kind ?? 'none'}${exchange.baseBytes > 0 ? ' after a speculation' : ''}`)
  }

  readonly #log = countingLog(() => {
    this.#logged += 1
  })

  checkLog(): void {
    if (this.#logged !== this.#ended) {
      this.#world.find(`far logged ${this.#logged} lines for ${this.#ended} asks`)
    }
  }

  checkRest(): void {
    this.checkLog()
    if (this.#begun !== this.#ended) this.#world.find(`${this.#begun - this.#ended} asks were never answered`)
    const { revalidations } = this.context
    if (revalidations.size > 0) this.#world.find(`far still revalidates ${[...revalidations].join()}`)
  }
}

// Limits are not what is simulated.
const unlimited: AskShare = { speculate: () => true, mayEncode: () => true, noteEncoded: () => {}, end: () => {} }

/** Deltas as far makes them, on this thread. */
const deltasInPlace = {
  warm() {},

  async make(base: DeltaBase, target: Uint8Array, ask: Ask, effort: Thresholds['deltaEffort']) {
    const choice = chooseInPlace(base, target.length, ask, effort)
    if (choice.kind === 'skip') return undefined
    const bytes = base.version.content.subarray(0, base.length)
    const { attempt, delta } = await encodeSmallest(choice.attempts, bytes, target, 'link')
    return { format: attempt.format, bytes: delta, ms: 0 }
  },
  open(base: DeltaBase, ask: Ask, effort: Thresholds['deltaEffort']) {
    const choice = chooseInPlace(base, base.version.content.length, ask, effort)
    if (choice.kind === 'skip') return undefined
    const [attempt] = choice.attempts
    const bytes = base.version.content.subarray(0, base.length)
    const encoder = createDeltaEncoder(attempt.format, bytes, { framing: 'link', effort: attempt.effort })
    const feed = new Feed(encoder, () => encoder.flushWindow())
    return { format: attempt.format, feed: Object.assign(feed, { ms: 0 }) }
  },
}

function chooseInPlace(base: DeltaBase, targetBytes: number, ask: Ask, effort: Thresholds['deltaEffort']) {
  return chooseDelta({
    baseBytes: base.length,
    targetBytes,
    linkBytesPerSecond: ask.link.bandwidthBytesPerSecond ?? 125_000,
    cpuLoad: 0.3,
    // So that both formats are met often.
    formats: targetBytes % 3 === 0 ? ask.formats.filter(format => format === 'vcdiff') : ask.formats,
    ...(effort === 'auto' ? {} : { effort }),
  })
}

function requestFields(
  event: RequestEvent,
  near: string,
  language: string,
  user: string | undefined,
  known: string | undefined,
): FieldList {
  const fields: (readonly [string, string])[] = [
    ['Host', 'site.example'],
    ['Accept', '*/*'],
    ['Accept-Encoding', 'gzip, br'],
    ['Accept-Language', language],
    ['X-Near', near],
  ]
  if (user) fields.push(['Cookie', user])
  switch (event.wish) {
    case 'no-cache':
      fields.push(['Cache-Control', 'no-cache'])
      break
    case 'reload':
      fields.push(['Cache-Control', 'max-age=0'])
      break
    case 'only-if-cached':
      fields.push(['Cache-Control', 'only-if-cached'])
      break
    case 'condition':
      if (known && event.method === 'GET') fields.push(['If-None-Match', known])
      break
    case 'range':
      if (event.method === 'GET') fields.push(['Range', `bytes=${event.bodyBytes % 300}-${event.bodyBytes % 3000}`])
      break
    case 'plain':
      break
  }
  if (event.method === 'POST') fields.push(['Content-Length', String(event.bodyBytes)])
  return fields
}

function isAsLongAsSaid(client: FakeClient, method: string): boolean {
  const said = valueOf(client.fields, 'content-length')
  if (said === undefined || method === 'HEAD' || client.status === 304) return true
  return Number(said) === client.receivedBytes
}

async function closed(client: FakeClient): Promise<void> {
  if (client.closed) return
  await new Promise<void>(resolve => void client.once('close', () => resolve()))
}

/** Forgets a share of what is held. */
function evict(versions: KeptVersions, share: number): void {
  const all = versions.all()
  for (const { url, scope } of all.slice(0, Math.ceil(all.length * share))) versions.drop(url, [scope])
}

function countingLog(onLine: () => void): FastifyBaseLogger {
  return { info: onLine, warn: onLine, error: () => {} } as unknown as FastifyBaseLogger
}

const noLog = { info: () => {}, warn: () => {}, error: () => {} }

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 6).join(' | ') : String(error)
}
