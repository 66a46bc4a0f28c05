// Asks far and passes its answer on to the client, verified, and keeps what may be kept.
// Knows: the link, receptions, what the client is told. Does not know: whether to ask (serve.ts).
//
// Invariants:
// 1. The head goes to the client when the first content is verified (or the whole content is known to be empty), so
//    that until then a failed answer can be asked for again, unseen by the client.
// 2. A content that turns out wrong after that breaks the client's connection; it is never completed (reception.ts).
import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from 'node:http2'
import type { Readable } from 'node:stream'
import type { Thresholds } from '../shared/config/options.ts'
import type { DeltaFormat } from '../shared/delta/format.ts'
import { thresholdsToSay } from '../shared/exchange/agree-thresholds.ts'
import { planHead } from '../shared/exchange/plan-head.ts'
import type { Mode, RequestPlan } from '../shared/exchange/plan-request.ts'
import { isServerError } from '../shared/exchange/plan-reuse.ts'
import { Fault, asFault, isFaultCode } from '../shared/fault.ts'
import { type CacheStatus, type Timing, type Way, withWay } from '../shared/http/cache-status.ts'
import { answeredRequest, invalidatedUrls, mayKeep, type RequestFacts, updateFields } from '../shared/http/caching.ts'
import { becomesNotModified } from '../shared/http/conditional.ts'
import { withVia, without } from '../shared/http/fields.ts'
import { Freshness } from '../shared/http/freshness.ts'
import { type Ask, askFields } from '../shared/link/ask.ts'
import { type Head, fieldsId } from '../shared/link/head.ts'
import { ANSWER_TYPE, FAULT_FIELD, METHOD_FIELD } from '../shared/link/protocol.ts'
import type { TraceParent } from '../shared/link/trace-parent.ts'
import { type UploadStanding, uploadStanding } from '../shared/link/upload-standing.ts'
import { type Version, shorten } from '../shared/version.ts'
import type { KeptVersions } from '../store/kept-versions.ts'
import type { ClientResponse } from './client-response.ts'
import type { DirectOrigins } from './direct.ts'
import type { Exchange } from './exchange-log.ts'
import type { Link } from './link.ts'
import { linkHeaders } from './link-headers.ts'
import { Reception } from './reception.ts'
import { onLink } from './uplink.ts'

export interface ServeContext {
  readonly link: Pick<Link, 'ready' | 'request' | 'measured'>
  /** Where requests go that find no link; undefined: nowhere, they fail. */
  readonly direct: Pick<DirectOrigins, 'serve'> | undefined
  readonly versions: KeptVersions
  /** Asks whose response may answer others, by URL; each resolves when it does, or is known not to. */
  readonly underWay: Map<string, Promise<void>>
  readonly mode: Mode
  readonly thresholds: Thresholds
  /** Whether far is to tell what it weighed: a trace is written, or somebody looks at the dashboard. */
  readonly isTraced: boolean
  /** The span of this exchange, where somebody wants spans. */
  readonly parent?: TraceParent | undefined
  readonly now: () => number
}

/** A client's request as a proxy sees it. */
export interface ClientRequest {
  readonly facts: RequestFacts
  /** The content, when the request has one. */
  readonly body: Readable | undefined
  /** The protocol by which it came, as Via says it (RFC 9110 §7.6.3). */
  readonly receivedBy: string
  /** Lets the opened connection in which it came take no more requests; undefined when it came outside of one. */
  readonly retire: (() => void) | undefined
}

/** All that near keeps is private to it. */
export const NEAR_SCOPE = 'private:near'

const FORMATS: readonly DeltaFormat[] = ['dcb', 'vcdiff']

export type AskPlan = Exclude<RequestPlan, { kind: 'serve' }>

/** What an answer needs of the client's response. */
export type AnswerSink = Pick<ClientResponse, 'begun' | 'gone' | 'inform' | 'begin' | 'write' | 'end' | 'flushHead'>

/** Asks far and passes its answer on; `rescue` when that is an error for which what is held stands in. */
export async function askFar(
  plan: AskPlan,
  bases: readonly Version[],
  request: ClientRequest,
  response: AnswerSink,
  context: ServeContext,
  exchange: Exchange,
  release: () => void,
): Promise<'done' | 'rescue'> {
  exchange.askedMs = context.now() - exchange.startedAt
  const stream = await openAsk(plan, bases, request, response, context)
  const { maxBaseBytes } = context.thresholds
  const reception = new Reception(stream, {
    bases,
    maxTargetBytes: MAX_TARGET_BYTES,
    maxHeldBytes: Math.max(MAX_HELD_BYTES, 2 * maxBaseBytes),
    onInterim: (status, fields) => response.inform(status, withVia(fields, '2.0', 'hunch-near')),
  })
  try {
    const head = await reception.open()
    exchange.verdictMs = context.now() - exchange.startedAt
    if (plan.rescue?.ifError && isServerError(head.status)) return 'rescue'
    for (const url of invalidatedUrls(request.facts, head)) context.versions.invalidate(url, [NEAR_SCOPE])
    applyHead(head, request.facts, context, exchange.startedAt)
    const way = wayOf(reception, plan, exchange)
    const answered = answeredRequest(request.facts, head)
    const keeper = answered && head.facts.keep === 1 && mayKeep(answered, head) ? new Keeper(maxBaseBytes) : undefined
    if (!keeper || !willAnswer(head, request.facts, context, exchange)) release()
    const send = () => beginResponse(head, way, reception, request, response, bases, keeper !== undefined, exchange)
    // A whole content needs no verification: its head must not wait for bytes that may be long in coming.
    if (reception.way === 'whole' || reception.way === 'abandoned') send()
    for await (const bytes of reception.content()) {
      if (!response.begun) send()
      keeper?.take(bytes)
      if (exchange.firstByteMs === undefined) exchange.firstByteMs = context.now() - exchange.startedAt
      if (!isEmpty(exchange.method, exchange.status)) await response.write(bytes)
      if (response.gone.aborted) throw new Fault('CLIENT_GONE', 'The client closed its connection.')
    }
    if (!response.begun) send()
    response.end(reception.trailers)
    noteBytes(exchange, reception, head)
    if (answered && keeper) keep(keeper, head, reception, answered, context, exchange.startedAt)
    return 'done'
  } finally {
    reception.destroy()
    if (!stream.closed) stream.close(CANCEL)
  }
}

/** Whether those who wait for this answer will be served with it, and not wait for a content that is not kept. */
function willAnswer(head: Head, facts: RequestFacts, { thresholds }: ServeContext, { startedAt }: Exchange): boolean {
  const { contentLength } = head.facts
  if (contentLength === undefined || contentLength > thresholds.maxBaseBytes) return false
  return Freshness.of(facts, head, 'private', startedAt).isForAWhile
}

// RFC 9113 §7: the stream is no longer needed.
const CANCEL = 0x8
// No delta makes more than a version may be and yet stays one delta: far streams larger contents whole.
const MAX_TARGET_BYTES = 1024 ** 3
// Far checks what it streams at least every 64 KiB; a delta that is ready is of a version. A far that is set to keep larger
// ones than this near is served by asking again.
const MAX_HELD_BYTES = 64 * 1024 ** 2

async function openAsk(
  plan: RequestPlan,
  bases: readonly Version[],
  { facts, body, receivedBy }: ClientRequest,
  response: AnswerSink,
  context: ServeContext,
): Promise<ClientHttp2Stream> {
  const { bandwidthBytesPerSecond, roundTripMs } = context.link.measured
  const isAsk = plan.kind === 'ask'
  const ask: Ask = {
    bases: bases.map(base => ({ digest: shorten(base.digest), fieldsId: fieldsId(base.fields) })),
    formats: isAsk ? FORMATS : [],
    speculation: isAsk && context.mode === 'optimistic' ? context.thresholds.speculation : 'off',
    link: { bandwidthBytesPerSecond, roundTripMs },
    thresholds: isAsk ? thresholdsToSay(context.thresholds) : {},
    ...(isAsk && context.isTraced ? { trace: true } : {}),
    ...(context.parent ? { parent: context.parent } : {}),
  }
  const headers: OutgoingHttpHeaders = {
    // A response to HEAD has no content in HTTP/2 (RFC 9113 §8.1), and so no room for the parts of an answer.
    ':method': facts.method === 'HEAD' ? 'GET' : facts.method,
    ...(facts.method === 'HEAD' ? { [METHOD_FIELD]: 'HEAD' } : {}),
    ...linkHeaders(facts, receivedBy),
    ...askFields(ask),
  }
  const options = { endStream: body === undefined, signal: response.gone }
  const stream = await context.link.request(headers, options).catch((error: unknown) => {
    // HTTP/2 refuses what it cannot carry, such as a second value of a field that has one (RFC 9110 §5.3).
    throw error instanceof TypeError ? asFault(error, 'CLIENT_BAD_REQUEST') : error
  })
  if (body) upload(body, stream, uploadStanding(facts.fields))
  await new Promise<void>((resolve, reject) => {
    const lose = () => reject(new Fault('LINK_CLOSED', 'The link broke before the answer began.'))
    stream.once('close', lose)
    stream.once('response', answer => {
      stream.off('close', lose)
      const code = answer[FAULT_FIELD]
      const status = answer[':status']
      const message = `The far proxy refused the ask with status ${status}.`
      const retryAfterSeconds = Number(answer['retry-after']) || undefined
      if (isFaultCode(code)) reject(new Fault(code, message, { retryAfterSeconds }))
      else if (status === 200 && answer['content-type'] === ANSWER_TYPE) resolve()
      else reject(new Fault('LINK_PROTOCOL', message))
    })
    // The only frame of an ask that HTTP/2 can find too large is the one with its fields (RFC 9113 §10.5.1).
    stream.once('frameError', () => reject(tooLarge()))
    stream.once('error', error => {
      const isTooMuch = stream.rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM
      reject(isTooMuch ? tooLarge() : asFault(error, 'LINK_CLOSED'))
    })
  })
  return stream
}

function tooLarge(): Fault {
  return new Fault('CLIENT_FIELDS_TOO_LARGE', "The request's fields are larger than the link to the far proxy takes.")
}

/** Passes the request's content on. A stream that fails must not take the client's connection with it: it gets a page. */
function upload(body: Readable, stream: ClientHttp2Stream, standing: UploadStanding): void {
  // Why it fails the stream itself says.
  body.pipe(onLink(stream, standing, standing.lengthBytes).on('error', () => undefined))
  body.once('close', () => {
    if (!body.readableEnded && !stream.closed) stream.close(CANCEL)
  })
}

function wayOf(reception: Reception, plan: RequestPlan, exchange: Exchange): Way {
  if (exchange.askedAgainFor !== undefined) return 'fallback'
  if (plan.kind === 'pass' && plan.why !== 'mode') return 'pass'
  return reception.way
}

/** RFC 9110 §6.4.1: whether such a response has no content, whatever its fields say. */
function isEmpty(method: string, status: number | undefined): boolean {
  return method === 'HEAD' || status === 304 || status === 204
}

function beginResponse(
  head: Head,
  way: Way,
  reception: Reception,
  request: ClientRequest,
  response: AnswerSink,
  bases: readonly Version[],
  stored: boolean,
  exchange: Exchange,
): void {
  // The client may hold itself what far confirmed to near (RFC 9110 §13.2.2).
  const notModified =
    head.status === 200 && exchange.method === 'GET' && becomesNotModified(request.facts.fields, head.fields)
  const status = notModified ? 304 : head.status
  exchange.way = way
  exchange.status = status
  noteBytes(exchange, reception, head)
  const cacheStatus: CacheStatus = { way, forwardedStatus: head.status, held: bases.length > 0, stored }
  const timing: Timing = {
    baseBytes: reception.received.base,
    deltaBytes: way === 'confirmed' ? 0 : (head.facts.deltaBytes ?? undefined),
    wholeBytes: head.facts.wholeBytes,
    savedBytes: exchange.savedBytes,
    originWaitMs: head.facts.originWaitMs,
  }
  const fields = withWay(withVia(head.fields, '2.0', 'hunch-near'), cacheStatus, timing)
  response.begin(
    status,
    notModified ? without(fields, 'content-length') : fields,
    isEmpty(exchange.method, status) ? null : head.facts.contentLength,
  )
  if (reception.way === 'whole' || reception.way === 'abandoned') response.flushHead()
}

/** What the exchange cost on the link so far, and what it saved against sending the whole. */
function noteBytes(exchange: Exchange, { received, digest }: Reception, head: Head): void {
  const { wholeBytes, deltaBytes, originWaitMs } = head.facts
  if (wholeBytes !== undefined) exchange.wholeCostBytes = wholeBytes
  if (head.plan) exchange.plan = head.plan
  exchange.baseBytes = received.base
  exchange.deltaBytes = Math.max(received.delta, deltaBytes ?? 0)
  exchange.wholeBytes = received.whole
  exchange.contentBytes = digest.length
  if (originWaitMs !== undefined) exchange.originWaitMs = originWaitMs
  const isWhole = received.whole > 0 || wholeBytes === undefined
  exchange.savedBytes = isWhole ? -received.base : wholeBytes - received.base - exchange.deltaBytes
}

/** RFC 9111 §4.3.5. The newest version stays the newest. */
function applyHead(head: Head, facts: RequestFacts, { versions, now }: ServeContext, askedAt: number): void {
  for (const version of versions.of(facts.url, [NEAR_SCOPE]).toReversed()) {
    const plan = planHead(facts, head, version)
    if (plan === 'invalidate') versions.add({ ...version, freshness: version.freshness.invalidated() })
    if (plan !== 'update') continue
    const fields = updateFields(version.fields, head.fields)
    const response = { status: version.status, fields }
    const freshness = Freshness.of({ ...facts, method: 'GET' }, response, 'private', askedAt)
    versions.add({ ...version, fields, freshness, storedAt: now() })
  }
}

/** Gathers a content that is to be kept, up to a limit. */
class Keeper {
  readonly #limitBytes: number
  #pieces: Uint8Array[] = []
  #length = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  take(bytes: Uint8Array): void {
    this.#length += bytes.length
    if (this.#length <= this.#limitBytes) this.#pieces.push(bytes)
    else this.#pieces = []
  }

  get content(): Uint8Array | undefined {
    if (this.#length > this.#limitBytes) return undefined
    return this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces)
  }
}

function keep(
  keeper: Keeper,
  head: Head,
  { digest }: Reception,
  facts: RequestFacts,
  context: ServeContext,
  askedAt: number,
): void {
  const { content } = keeper
  if (!content) return
  const { wholeBytes } = head.facts
  context.versions.add({
    url: facts.url,
    scope: NEAR_SCOPE,
    status: head.status,
    digest: digest.digest(),
    content,
    fields: head.fields,
    // RFC 9111 §4.2.3: the time that the response took counts as age.
    freshness: Freshness.of(facts, head, 'private', askedAt),
    storedAt: context.now(),
    ...(wholeBytes === undefined ? {} : { wholeBytes }),
  })
}
