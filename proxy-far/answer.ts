// Answers one ask: speculates while the origin is thinking, then has the response sent in its smallest form; the life of
// a request on far's side, in order.
// Knows: the plans of shared/exchange, origins, the versions that far keeps. Does not know: sockets, how a content is
// sent (send-answer.ts).
//
// Invariants:
// 1. A version is looked up only in the scopes of the near that asks: public, and its own.
// 2. Exactly one verdict, then `end` or `failure`; nothing is sent after that.
import type { Readable } from 'node:stream'
import { agreeThresholds } from '../shared/exchange/agree-thresholds.ts'
import { findCommons, planAnswer } from '../shared/exchange/plan-answer.ts'
import { planPart } from '../shared/exchange/plan-part.ts'
import { type HeldHow, type Rescue, isServerError, isUnreachable, mayShare } from '../shared/exchange/plan-reuse.ts'
import { nameSiblings } from '../shared/exchange/siblings.ts'
import { chooseWholeQuality, EASY_QUALITY } from '../shared/exchange/whole-quality.ts'
import type { UrlHistory } from '../shared/exchange/url-history.ts'
import { asFault } from '../shared/fault.ts'
import { cacheStatus } from '../shared/http/cache-status.ts'
import { answeredRequest, invalidatedUrls, isPublic, type RequestFacts } from '../shared/http/caching.ts'
import { becomesNotModified, hasCondition, isConfirmedBy, withValidators } from '../shared/http/conditional.ts'
import { codingsToUndo, withAcceptedCodings, withoutCoding, withStrongTags } from '../shared/http/content.ts'
import { type FieldList, valueOf, withField, without } from '../shared/http/fields.ts'
import type { ResponseFacts } from '../shared/http/lifetime.ts'
import { answerRange, type ServedRange } from '../shared/http/range.ts'
import type { Ask } from '../shared/link/ask.ts'
import { encodeHead, encodeTrailers } from '../shared/link/head.ts'
import { type Scope, type Version, privateScope } from '../shared/version.ts'
import type { AnswerStream } from './answer-stream.ts'
import { decodeContent } from './decode-content.ts'
import { fetchWithDictionary } from './dictionary-fetch.ts'
import type { Exchange } from './exchange-log.ts'
import type { AskShare } from './gate.ts'
import { gather } from './gather.ts'
import { isWorthKeeping, keepConfirmed, keepContent, keepHead, type ReceivedContent } from './keep-version.ts'
import type { DeltaMaker } from './make-delta.ts'
import type { OriginResponse } from './origin.ts'
import { withPauses } from './paused.ts'
import { revalidate, type RevalidationContext } from './revalidate.ts'
import { type AnswerHead, AnswerSender } from './send-answer.ts'
import { SMALL_BYTES, type StreamedContent } from './send-content.ts'
import type { SharedFetches } from './shared-fetch.ts'
import { SpeculationPump } from './speculation.ts'

export interface AnswerContext extends RevalidationContext {
  readonly fetches: SharedFetches
  /** How long origins took, in milliseconds, and how large deltas were as a part of the whole. */
  readonly waits: UrlHistory
  readonly deltaShares: UrlHistory
  readonly deltas: DeltaMaker
}

export interface AskedRequest {
  readonly facts: RequestFacts
  readonly ask: Ask
  readonly nearId: string
  readonly body: Readable | undefined
  readonly signal: AbortSignal
  /** What the near may still have made for it. */
  readonly share: AskShare
}

// An origin that has sent nothing for this long is still making its page: what has come goes on at once. Longer than
// the 40 ms for which TCP delays an acknowledgement, and with it the second half of many a small response.
const PAUSE_MS = 50
const NOTHING = new Uint8Array(0)
// Contents up to a megabyte arrive from a good host well within a quarter of a second, which nobody notices.
const GATHER_LIMITS = { bytes: 1024 * 1024, ms: 250 }

/** Sends the answer; raises the fault that ended it when it could not be sent to its end. */
export async function answerAsk(
  answer: AnswerStream,
  asked: AskedRequest,
  context: AnswerContext,
  exchange: Exchange,
): Promise<void> {
  await new Answering(answer, asked, context, exchange).run()
}

class Answering {
  readonly #answer: AnswerStream
  readonly #asked: AskedRequest
  readonly #context: AnswerContext
  readonly #exchange: Exchange
  readonly #scopes: readonly Scope[]
  readonly #startedAt: number
  /** Who may profit from what this exchange teaches. */
  #learnedIn: Scope
  #pump: SpeculationPump | undefined

  constructor(answer: AnswerStream, asked: AskedRequest, context: AnswerContext, exchange: Exchange) {
    this.#answer = answer
    this.#asked = asked
    this.#context = { ...context, thresholds: agreeThresholds(context.thresholds, asked.ask.thresholds) }
    this.#exchange = exchange
    this.#learnedIn = privateScope(asked.nearId)
    this.#scopes = ['public', this.#learnedIn]
    this.#startedAt = context.now()
  }

  async run(): Promise<void> {
    const { facts, ask, share } = this.#asked
    const { versions, waits, deltaShares, thresholds } = this.#context
    const isPlain = facts.method === 'GET' && valueOf(facts.fields, 'range') === undefined
    const digests = isPlain ? ask.bases.map(({ digest }) => digest) : []
    await versions.recall({ url: facts.url, scopes: this.#scopes, digests, siblings: isPlain, dictionaries: isPlain })
    const held = versions.of(facts.url, this.#scopes)
    if (facts.method !== 'GET' || valueOf(facts.fields, 'range') !== undefined) {
      await this.#answerOther(held)
      return
    }
    const commons = findCommons(ask, held, digest => versions.find(digest, this.#scopes))
    const common = commons.find(version => version.url === facts.url)
    const candidates = held.length > 0 ? [] : nameSiblings(facts.url, versions.ofOrigin(facts.url, this.#scopes))
    const history = {
      waitsMs: waits.of(facts.url, this.#scopes),
      deltaShares: deltaShares.of(facts.url, this.#scopes),
    }
    const known = { request: facts, ask, held, siblings: candidates, common, commons, ...history }
    const plan = planAnswer(known, thresholds, this.#startedAt)
    switch (plan.kind) {
      case 'held':
        await this.#answerHeld(plan.version, plan.how, this.#makeSender(commons, held[0]))
        if (plan.how === 'revalidate') revalidate(plan.version, this.#asked, this.#context)
        return
      case 'refuse':
        await this.#refuse(this.#makeSender([], undefined))
        return
      case 'fetch':
        this.#exchange.candidate = plan.chance.candidate
        if (plan.speculation.kind === 'wait') this.#exchange.why = plan.speculation.why
        else if (!share.mayEncode() || !share.speculate()) this.#exchange.why = 'share'
        else this.#pump = new SpeculationPump(this.#answer, plan.speculation.version)
        // The origin's wait is time enough for a thread to start.
        if (commons.length > 0 || this.#pump) this.#context.deltas.warm()
        await this.#answerFetched(plan.validate, plan.rescue, commons, held)
        if (this.#exchange.deltaShare !== undefined) {
          deltaShares.note(facts.url, this.#exchange.deltaShare, this.#learnedIn)
        }
    }
  }

  /** What is no plain GET: HEAD and ranges are answered from what is held, where it answers; the rest is passed on. */
  async #answerOther(held: readonly Version[]): Promise<void> {
    const { facts } = this.#asked
    const sender = this.#makeSender([], undefined)
    const plan = planPart(facts, held, this.#startedAt)
    switch (plan.kind) {
      case 'held':
        if (plan.range) await this.#answerRange(plan.version, plan.how, plan.range, sender)
        else await this.#answerHeld(plan.version, plan.how, sender)
        if (plan.how === 'revalidate') revalidate(plan.version, this.#asked, this.#context)
        return
      case 'refuse':
        await this.#refuse(sender)
        return
      case 'pass': {
        const response = await this.#fetch(withStrongTags(facts.fields), held)
        for (const url of invalidatedUrls(facts, response)) this.#context.versions.invalidate(url, this.#scopes)
        for (const version of held.toReversed())
          keepHead(version, response, this.#asked, this.#startedAt, this.#context)
        await this.#passOn(response, sender)
      }
    }
  }

  /** Asks the origin whether `validate` is current, and answers with what it says, or else what `rescue` allows. */
  async #answerFetched(
    validate: Version | undefined,
    rescue: Rescue,
    commons: readonly Version[],
    held: readonly Version[],
  ): Promise<void> {
    const { facts } = this.#asked
    const validators = validate?.freshness.validators(facts)
    const fields = withAcceptedCodings(facts.fields)
    const fetched = await this.#fetch(validators ? withValidators(fields, validators) : fields, held).catch(
      (error: unknown) => {
        if (rescue === 'none' || !isUnreachable(asFault(error, 'FAR_INTERNAL'))) throw error
        return undefined
      },
    )
    const sender = this.#makeSender(commons, held[0])
    if (validate && (!fetched || (rescue === 'error' && isServerError(fetched.status)))) {
      fetched?.discard()
      await this.#answerHeld(validate, 'stale', sender)
      return
    }
    const response = fetched as OriginResponse
    const isConfirmed =
      response.status === 304 && validators && isConfirmedBy(response.fields, validators, facts.fields)
    if (validate && isConfirmed) await this.#answerNotModified(validate, response, sender)
    else if (response.status === 304 && validators && !hasCondition(facts.fields)) {
      // The origin says "not modified" of a content that nobody named: it has to be asked again without validators.
      response.discard()
      await this.#answerContent(await this.#fetch(fields, held), sender)
    } else await this.#answerContent(response, sender)
  }

  #makeSender(commons: readonly Version[], newest: Version | undefined): AnswerSender {
    const { facts, ask, signal, share } = this.#asked
    const beginning = { url: facts.url, ask, commons, pump: this.#pump, newest, signal, share }
    return new AnswerSender(this.#answer, beginning, this.#context, this.#exchange)
  }

  /** Asks the origin, and stops the speculation when it begins to answer. */
  async #fetch(fields: FieldList, held: readonly Version[]): Promise<OriginResponse> {
    const { facts, nearId, body, signal } = this.#asked
    const { origins, fetches, waits, now } = this.#context
    try {
      const onInterim = (status: number, interim: FieldList) => this.#sendInterim(status, interim)
      const { method, url } = facts
      const isRead = method === 'GET' && valueOf(fields, 'range') === undefined
      const send = (until: AbortSignal) => {
        const request = { method, url, fields, body, signal: until, onInterim }
        return isRead ? fetchWithDictionary(request, nearId, this.#context) : origins.fetch(request)
      }
      const response = mayShare(facts, held, 'shared') ? await fetches.fetch(facts, send, signal) : await send(signal)
      this.#exchange.originWaitMs = now() - this.#startedAt
      if (isForAll(facts, response, held)) this.#learnedIn = 'public'
      waits.note(facts.url, this.#exchange.originWaitMs, this.#learnedIn)
      return response
    } finally {
      await this.#pump?.stop()
      this.#exchange.baseBytes = this.#pump?.sentBytes ?? 0
    }
  }

  /** Passes an interim response on (RFC 9110 §15.2); near has said 100 itself, and 101 is for whoever asked to upgrade. */
  #sendInterim(status: number, fields: FieldList): void {
    if (status === 100 || status === 101) return
    const head = { status, fields, facts: {} }
    // What keeps it from being sent keeps the response from being sent, too, and is told then.
    this.#answer.send({ kind: 'interim', bytes: encodeHead(head, undefined) }).catch(() => {})
  }

  /** Far's own cache answers (RFC 9111 §4). */
  async #answerHeld(version: Version, how: HeldHow, sender: AnswerSender): Promise<void> {
    const marked = this.#markHeld(version, how)
    const { length } = version.content
    const head = this.#head(version.status, marked, length)
    // RFC 9110 §8.6: a response to HEAD tells the length that one to GET would have.
    const isHead = this.#asked.facts.method === 'HEAD'
    if (isHead)
      await sender.sendEmpty({ ...head, fields: withField(marked, 'Content-Length', String(length)), keep: false })
    else await this.#sendVersion(version, head, sender)
  }

  async #answerRange(version: Version, how: HeldHow, range: ServedRange, sender: AnswerSender): Promise<void> {
    const { status, fields, start, end } = answerRange(range, this.#markHeld(version, how), version.content.length)
    const head = { status, fields, contentLength: end - start, keep: false }
    await sender.sendKnown(version.content.subarray(start, end), head, undefined)
  }

  /** The fields of what is held as they answer; what is stale is marked (RFC 9211). */
  #markHeld({ fields, freshness }: Version, how: HeldHow): FieldList {
    this.#exchange.why = how
    const now = this.#context.now()
    const served = freshness.fieldsToServe(fields, now)
    if (how === 'fresh') return served
    const status = { way: 'stale', held: true, stored: false, ttlSeconds: freshness.timeToLiveSeconds(now) } as const
    return [...served, ['Cache-Status', cacheStatus(status, 'hunch-far')]]
  }

  /** RFC 9111 §5.2.1.7. */
  async #refuse(sender: AnswerSender): Promise<void> {
    this.#exchange.why = 'only-if-cached'
    const fields: FieldList = [['Cache-Control', 'no-store']]
    await sender.sendEmpty({ status: 504, fields, contentLength: 0, keep: false })
  }

  /** A 304 confirmed what far holds: its fields are updated (RFC 9111 §4.3.4), its content is the answer. */
  async #answerNotModified(version: Version, response: OriginResponse, sender: AnswerSender): Promise<void> {
    response.discard()
    const current = keepConfirmed(version, response.fields, this.#asked, this.#startedAt, this.#context)
    const head = this.#head(current.status, current.fields, current.content.length)
    await this.#sendVersion(current, head, sender)
  }

  /** Sends a whole version, or tells that the client has it: near may have forgotten it, and its browser not. */
  async #sendVersion(version: Version, head: AnswerHead, sender: AnswerSender): Promise<void> {
    const { fields } = this.#asked.facts
    if (head.status === 200 && !sender.hasCandidate && becomesNotModified(fields, head.fields)) {
      // RFC 9110 §15.4.5: without what describes a content.
      const described = without(head.fields, 'content-length')
      await sender.sendEmpty({ status: 304, fields: described, contentLength: undefined, keep: false })
    } else if (isEmptyStatus(head.status)) await sender.sendEmpty(head)
    else await sender.sendKnown(version.content, head, version)
  }

  async #answerContent(response: OriginResponse, sender: AnswerSender): Promise<void> {
    const { status } = response
    const codings = codingsToUndo(response.fields)
    if (codings === undefined || isEmptyStatus(status)) {
      await this.#passOn(response, sender)
      return
    }
    const fields = codings.length === 0 ? response.fields : withoutCoding(response.fields)
    const arrivals = withPauses(decodeContent(response.body, codings), PAUSE_MS)
    const length = numberOf(valueOf(response.fields, 'content-length'))
    const isSmall = length !== undefined && length <= SMALL_BYTES
    const isWorthGathering = isSmall || (status === 200 && sender.gainsByWaiting(fields))
    const gathered = isWorthGathering
      ? await gather(arrivals, GATHER_LIMITS, this.#context.now)
      : { content: undefined, arrivals }
    if (gathered.content) {
      const trailers = encodeTrailers(response.trailers())
      // HTTP/1.1 has trailers behind chunks only, and chunks only where no length was told.
      const contentLength = trailers.length > 0 ? undefined : gathered.content.length
      const head = { ...this.#head(status, fields, contentLength), trailers }
      const sent = await sender.sendKnown(gathered.content, head, undefined)
      if (head.keep) this.#keep(sent, { status, fields })
      return
    }
    const head = this.#head(status, fields, numberOf(valueOf(fields, 'content-length')))
    const keepUpToBytes = head.keep ? this.#context.thresholds.maxBaseBytes : 0
    const streamed: StreamedContent = {
      arrivals: gathered.arrivals,
      keepUpToBytes,
      trailers: () => encodeTrailers(response.trailers()),
    }
    const sent = await sender.sendStreamed(streamed, head)
    if (head.keep) this.#keep(sent, { status, fields })
  }

  /** Passes a response on as it is: other methods, ranges, codings that cannot be undone. */
  async #passOn(response: OriginResponse, sender: AnswerSender): Promise<void> {
    const { fields } = response
    const length = numberOf(valueOf(fields, 'content-length'))
    const known = this.#head(response.status, fields, length)
    const { facts } = this.#asked
    // Of what is passed on, the content is known completely when there never is one, or when it answers a later GET.
    const isKnown = response.status === 204 ? facts.method === 'GET' : facts.method !== 'GET'
    const answered = answeredRequest(facts, response)
    const head = { ...known, keep: known.keep && isKnown && answered !== undefined }
    if (facts.method === 'HEAD' || isEmptyStatus(response.status)) {
      response.discard()
      await sender.sendEmpty(head)
      if (head.keep) this.#keep({ content: NOTHING }, head)
      return
    }
    const arrivals = withPauses(response.body, PAUSE_MS)
    const keepUpToBytes = head.keep ? this.#context.thresholds.maxBaseBytes : 0
    const trailers = () => encodeTrailers(response.trailers())
    const sent = await sender.sendAsIs({ arrivals, keepUpToBytes, trailers }, head)
    if (head.keep) this.#keep(sent, head)
  }

  #head(status: number, fields: FieldList, contentLength: number | undefined): AnswerHead {
    return { status, fields, contentLength, keep: isWorthKeeping(this.#asked.facts, { status, fields }) }
  }

  #keep(received: ReceivedContent, response: ResponseFacts): void {
    const { facts, nearId, ask } = this.#asked
    const { deltas } = this.#context
    const asker = { facts: answeredRequest(facts, response) ?? facts, nearId }
    // What is kept now is what a delta starts from soon.
    deltas.warm()
    const quality = chooseWholeQuality(ask.link.bandwidthBytesPerSecond, deltas.cpuLoad)
    const { wholeBytes: sentBytes, wholeCostBytes = 0 } = this.#exchange
    // Of what came as a delta, the estimate: what is saved next time is judged by it.
    const wholeBytes = sentBytes || wholeCostBytes
    const prepared = quality > EASY_QUALITY ? { quality } : {}
    keepContent({ ...received, wholeBytes, ...prepared }, response, asker, this.#startedAt, this.#context)
  }
}

/** Whether the response is for all; a 304 is when what it is about is, too. */
function isForAll(facts: RequestFacts, { status, fields }: ResponseFacts, held: readonly Version[]): boolean {
  if (status === 304 && held[0]?.scope !== 'public') return false
  return isPublic(facts, { status: status === 304 ? 200 : status, fields })
}

/** Statuses that never have a content (RFC 9110 §6.4.1). */
function isEmptyStatus(status: number): boolean {
  return status === 204 || status === 304
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
