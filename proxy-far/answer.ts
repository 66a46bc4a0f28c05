// Answers one ask: speculates while the origin is thinking, then has the response sent in its smallest form; the life of
// a request on far's side, in order.
// Knows: the plans of shared/exchange, origins, the versions that far keeps. Does not know: sockets, how a content is
// sent (send-answer.ts).
//
// Invariants:
// 1. A version is looked up only in the scopes of the near that asks: public, and its own.
// 2. Exactly one verdict, then `end` or `failure`; nothing is sent after that.
import type { Readable } from 'node:stream'
import type { Thresholds } from '../shared/config/options.ts'
import type { OriginWaits } from '../shared/exchange/origin-waits.ts'
import { findCommons, planAnswer } from '../shared/exchange/plan-answer.ts'
import { nameSiblings } from '../shared/exchange/siblings.ts'
import { Freshness, isPublic, mayKeep, type RequestFacts, updateFields } from '../shared/http/caching.ts'
import { hasCondition, isConfirmedBy, withValidators } from '../shared/http/conditional.ts'
import { codingsToUndo, withAcceptedCodings, withoutCoding, withStrongTags } from '../shared/http/content.ts'
import { type FieldList, valueOf, withField, withVia } from '../shared/http/fields.ts'
import type { Ask } from '../shared/link/ask.ts'
import { encodeHead, encodeTrailers } from '../shared/link/head.ts'
import { type Scope, type Version, privateScope } from '../shared/version.ts'
import type { Versions } from '../shared/versions.ts'
import type { AnswerStream } from './answer-stream.ts'
import { decodeContent } from './decode-content.ts'
import type { Exchange } from './exchange-log.ts'
import { gather } from './gather.ts'
import type { DeltaMaker } from './make-delta.ts'
import type { OriginResponse, Origins } from './origin.ts'
import { withPauses } from './paused.ts'
import { type AnswerHead, AnswerSender } from './send-answer.ts'
import type { SentContent, StreamedContent } from './send-content.ts'
import { SpeculationPump } from './speculation.ts'

export interface AnswerContext {
  readonly origins: Origins
  readonly versions: Versions
  readonly waits: OriginWaits
  readonly deltas: DeltaMaker
  readonly thresholds: Thresholds
  readonly now: () => number
}

export interface AskedRequest {
  readonly facts: RequestFacts
  readonly ask: Ask
  readonly nearId: string
  readonly body: Readable | undefined
  readonly signal: AbortSignal
}

// An origin that has sent nothing for this long is still making its page: what has come goes on at once. Longer than
// the 40 ms for which TCP delays an acknowledgement, and with it the second half of many a small response.
const PAUSE_MS = 50
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
  #pump: SpeculationPump | undefined

  constructor(answer: AnswerStream, asked: AskedRequest, context: AnswerContext, exchange: Exchange) {
    this.#answer = answer
    this.#asked = asked
    this.#context = context
    this.#exchange = exchange
    this.#scopes = ['public', privateScope(asked.nearId)]
    this.#startedAt = context.now()
  }

  async run(): Promise<void> {
    const { facts, ask } = this.#asked
    const { versions, waits, thresholds } = this.#context
    if (facts.method !== 'GET' || valueOf(facts.fields, 'range') !== undefined) {
      await this.#passOn(await this.#fetch(withStrongTags(facts.fields)), this.#makeSender([], undefined))
      return
    }
    const held = versions.of(facts.url, this.#scopes)
    const commons = findCommons(ask, digest => versions.find(digest, this.#scopes))
    const common = commons.find(version => version.url === facts.url)
    const candidates = held.length > 0 ? [] : nameSiblings(facts.url, versions.ofOrigin(facts.url, this.#scopes))
    const expectedWaitMs = waits.expected(facts.url)
    const known = { request: facts, ask, held, siblings: candidates, common, commons, expectedWaitMs }
    const plan = planAnswer(known, thresholds, this.#startedAt)
    if (plan.kind === 'fresh') {
      await this.#answerFresh(plan.version, this.#makeSender(commons, held[0]))
      return
    }
    if (plan.speculation.kind === 'speculate') this.#pump = new SpeculationPump(this.#answer, plan.speculation.version)
    else this.#exchange.why = plan.speculation.why
    const validators = plan.validate?.freshness.validators(facts, this.#startedAt)
    const fields = withAcceptedCodings(facts.fields)
    const response = await this.#fetch(validators ? withValidators(fields, validators) : fields)
    const sender = this.#makeSender(commons, held[0])
    const isConfirmed =
      response.status === 304 && validators && isConfirmedBy(response.fields, validators, facts.fields)
    if (plan.validate && isConfirmed) await this.#answerNotModified(plan.validate, response, sender)
    else if (response.status === 304 && !hasCondition(facts.fields)) {
      // The origin says "not modified" of a content that nobody named: it has to be asked again without validators.
      response.discard()
      await this.#answerContent(await this.#fetch(fields), sender)
    } else await this.#answerContent(response, sender)
  }

  #makeSender(commons: readonly Version[], newest: Version | undefined): AnswerSender {
    const { facts, ask, signal } = this.#asked
    const beginning = { url: facts.url, ask, commons, pump: this.#pump, newest, signal }
    return new AnswerSender(this.#answer, beginning, this.#context, this.#exchange)
  }

  /** Asks the origin, and stops the speculation when it begins to answer. */
  async #fetch(fields: FieldList): Promise<OriginResponse> {
    const { facts, body, signal } = this.#asked
    const { origins, waits, now } = this.#context
    try {
      const sent = withVia(fields, '2.0', 'hunch-far')
      const onInterim = (status: number, interim: FieldList) => this.#sendInterim(status, interim)
      const { method, url } = facts
      const response = await origins.fetch({ method, url, fields: sent, body, signal, onInterim })
      this.#exchange.originWaitMs = now() - this.#startedAt
      waits.note(facts.url, this.#exchange.originWaitMs)
      return response
    } finally {
      await this.#pump?.stop()
      this.#exchange.baseBytes = this.#pump?.sentBytes ?? 0
    }
  }

  /** Passes an interim response on (RFC 9110 §15.2); near has said 100 itself, and 101 is for whoever asked to upgrade. */
  #sendInterim(status: number, fields: FieldList): void {
    if (status === 100 || status === 101) return
    const head = { status, fields: received(fields), facts: {} }
    // What keeps it from being sent keeps the response from being sent, too, and is told then.
    this.#answer.send({ kind: 'interim', bytes: encodeHead(head, undefined) }).catch(() => {})
  }

  /** Far's own cache answers (RFC 9111 §4). */
  async #answerFresh(version: Version, sender: AnswerSender): Promise<void> {
    const age = version.freshness.ageSeconds(this.#context.now())
    this.#exchange.why = 'fresh'
    const head = this.#head(200, withField(version.fields, 'Age', String(age)), version.content.length)
    await sender.sendKnown(version.content, head, version)
  }

  /** A 304 confirmed what far holds: its fields are updated (RFC 9111 §4.3.4), its content is the answer. */
  async #answerNotModified(version: Version, response: OriginResponse, sender: AnswerSender): Promise<void> {
    response.discard()
    const { facts } = this.#asked
    const fields = updateFields(version.fields, received(response.fields))
    const confirmed = { status: 200, fields }
    const freshness = Freshness.of(facts, confirmed, 'shared', this.#startedAt)
    // What a 304 says to this user (a new cookie, say) must not reach others by the version that they share.
    const scope = isPublic(facts, confirmed) ? version.scope : privateScope(this.#asked.nearId)
    const current: Version = { ...version, scope, fields, freshness, storedAt: this.#context.now() }
    this.#context.versions.add(current)
    await sender.sendKnown(current.content, this.#head(200, fields, current.content.length), current)
  }

  async #answerContent(response: OriginResponse, sender: AnswerSender): Promise<void> {
    const { status } = response
    const codings = codingsToUndo(response.fields)
    if (codings === undefined || isEmptyStatus(status)) {
      await this.#passOn(response, sender)
      return
    }
    const fields = received(codings.length === 0 ? response.fields : withoutCoding(response.fields))
    const arrivals = withPauses(decodeContent(response.body, codings), PAUSE_MS)
    const isWorthGathering = status === 200 && sender.hasCandidate
    const gathered = isWorthGathering
      ? await gather(arrivals, GATHER_LIMITS, this.#context.now)
      : { content: undefined, arrivals }
    if (gathered.content) {
      const trailers = encodeTrailers(response.trailers())
      // HTTP/1.1 has trailers behind chunks only, and chunks only where no length was told.
      const contentLength = trailers.length > 0 ? undefined : gathered.content.length
      const head = { ...this.#head(status, fields, contentLength), trailers }
      const sent = await sender.sendKnown(gathered.content, head, undefined)
      if (head.keep) this.#keep(sent, fields)
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
    if (head.keep) this.#keep(sent, fields)
  }

  /** Passes a response on as it is: other methods, ranges, codings that cannot be undone. */
  async #passOn(response: OriginResponse, sender: AnswerSender): Promise<void> {
    const fields = received(response.fields)
    const head = { ...this.#head(response.status, fields, numberOf(valueOf(fields, 'content-length'))), keep: false }
    if (this.#asked.facts.method === 'HEAD' || isEmptyStatus(response.status)) {
      response.discard()
      await sender.sendEmpty(head)
      return
    }
    const arrivals = withPauses(response.body, PAUSE_MS)
    await sender.sendAsIs({ arrivals, keepUpToBytes: 0, trailers: () => encodeTrailers(response.trailers()) }, head)
  }

  #head(status: number, fields: FieldList, contentLength: number | undefined): AnswerHead {
    const isWhole = status === 200 && valueOf(fields, 'content-encoding') === undefined
    return { status, fields, contentLength, keep: isWhole && mayKeep(this.#asked.facts, { status, fields }) }
  }

  #keep({ content, digest }: SentContent, fields: FieldList): void {
    const { facts, nearId } = this.#asked
    const { versions, thresholds, now } = this.#context
    if (!content || content.length > thresholds.maxBaseBytes) return
    const response = { status: 200, fields }
    const version: Version = {
      url: facts.url,
      scope: isPublic(facts, response) ? 'public' : privateScope(nearId),
      digest,
      content,
      fields,
      // RFC 9111 §4.2.3: the time that the response took counts as age.
      freshness: Freshness.of(facts, response, 'shared', this.#startedAt),
      storedAt: now(),
    }
    const { wholeBytes } = this.#exchange
    versions.add(wholeBytes > 0 ? { ...version, wholeBytes } : version)
  }
}

function received(fields: FieldList): FieldList {
  return withVia(fields, '1.1', 'hunch-far')
}

/** Statuses that never have a content (RFC 9110 §6.4.1). */
function isEmptyStatus(status: number): boolean {
  return status === 204 || status === 304
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
