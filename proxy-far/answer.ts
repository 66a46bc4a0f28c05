// Answers one ask: speculates while the origin is thinking, then confirms, corrects or sends whole; the life of a
// request on far's side, in order.
// Knows: the plans of shared/exchange, and who carries them out. Does not know: sockets, how bytes are compressed.
//
// Invariants:
// 1. A version is looked up only in the scopes of the near that asks: public, and its own.
// 2. Exactly one verdict, then `end` or `failure`; nothing is sent after that.
import type { Readable } from 'node:stream'
import type { DeltaFormat, Effort } from '../shared/delta/format.ts'
import { Fault } from '../shared/fault.ts'
import {
  chooseCommon,
  hasSameFields,
  planAnswer,
  planVerdict,
  type VerdictPlan,
} from '../shared/exchange/plan-answer.ts'
import type { Thresholds } from '../shared/config/options.ts'
import type { OriginWaits } from '../shared/exchange/origin-waits.ts'
import { Freshness, isPublic, mayKeep, type RequestFacts, updateFields } from '../shared/http/caching.ts'
import { isConfirmedBy, withValidators } from '../shared/http/conditional.ts'
import { ACCEPTED_CODINGS, codingsToUndo, isCompressible } from '../shared/http/content.ts'
import { type FieldList, valueOf, withField, without, withVia } from '../shared/http/fields.ts'
import type { Ask } from '../shared/link/ask.ts'
import { encodeHead, fieldsId, fieldsText, type HeadFacts } from '../shared/link/head.ts'
import type { Part } from '../shared/link/parts.ts'
import { type Scope, type Version, digestOf, privateScope } from '../shared/version.ts'
import type { Versions } from '../shared/versions.ts'
import type { AnswerStream } from './answer-stream.ts'
import { decodeContent } from './decode-content.ts'
import type { Exchange } from './exchange-log.ts'
import type { OriginResponse, Origins } from './origin.ts'
import { type Arrival, withPauses } from './paused.ts'
import {
  type SentContent,
  compressWhole,
  encodeWholeDelta,
  sendConfirmed,
  sendReadyDelta,
  sendReadyWhole,
  streamDelta,
  streamWhole,
} from './send-content.ts'
import { SpeculationPump } from './speculation.ts'

export interface AnswerContext {
  readonly origins: Origins
  readonly versions: Versions
  readonly waits: OriginWaits
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
// A content is gathered this far in the hope that it ends: then it can be compared, and encoded as well as can be.
const GATHER_BYTES = 1024 * 1024
const GATHER_MS = 250

/** Sends the answer; raises the fault that ended it when it could not be sent to its end. */
export async function answerAsk(
  answer: AnswerStream,
  asked: AskedRequest,
  context: AnswerContext,
  exchange: Exchange,
): Promise<void> {
  const answering = new Answering(answer, asked, context, exchange)
  await answering.run()
}

class Answering {
  readonly #answer: AnswerStream
  readonly #asked: AskedRequest
  readonly #context: AnswerContext
  readonly #exchange: Exchange
  readonly #scopes: readonly Scope[]
  readonly #startedAt: number
  #common: Version | undefined
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
      await this.#passOn(await this.#fetch(facts.fields))
      return
    }
    const held = versions.of(facts.url, this.#scopes)
    this.#common = chooseCommon(ask, digest => versions.find(digest, this.#scopes))
    const expectedWaitMs = waits.expected(facts.url)
    const plan = planAnswer(
      { request: facts, ask, held, common: this.#common, expectedWaitMs },
      thresholds,
      this.#startedAt,
    )
    if (plan.kind === 'fresh') {
      await this.#answerFresh(plan.version)
      return
    }
    if (plan.speculation.kind === 'speculate') this.#pump = new SpeculationPump(this.#answer, plan.speculation.version)
    else this.#exchange.why = plan.speculation.why
    const validators = plan.validate?.freshness.validators(facts, this.#startedAt)
    const fields = withField(facts.fields, 'Accept-Encoding', ACCEPTED_CODINGS)
    const response = await this.#fetch(validators ? withValidators(fields, validators) : fields)
    const isConfirmed =
      response.status === 304 && validators && isConfirmedBy(response.fields, validators, facts.fields)
    if (plan.validate && isConfirmed) await this.#answerNotModified(plan.validate, response)
    else await this.#answerContent(response)
  }

  /** Asks the origin, and stops the speculation when it begins to answer. */
  async #fetch(fields: FieldList): Promise<OriginResponse> {
    const { facts, body, signal } = this.#asked
    const { origins, waits, now } = this.#context
    try {
      const response = await origins.fetch({
        method: facts.method,
        url: facts.url,
        fields: withVia(fields, '2.0', 'hunch-far'),
        body,
        signal,
      })
      this.#exchange.originWaitMs = now() - this.#startedAt
      waits.note(facts.url, this.#exchange.originWaitMs)
      return response
    } finally {
      await this.#pump?.stop()
      this.#exchange.baseBytes = this.#pump?.sentBytes ?? 0
    }
  }

  /** Far's own cache answers (RFC 9111 §4). */
  async #answerFresh(version: Version): Promise<void> {
    const age = version.freshness.ageSeconds(this.#context.now())
    this.#exchange.why = 'fresh'
    await this.#sendKnown(version.content, withField(version.fields, 'Age', String(age)), version)
  }

  /** A 304 confirmed what far holds: its fields are updated (RFC 9111 §4.3.4), its content is the answer. */
  async #answerNotModified(version: Version, response: OriginResponse): Promise<void> {
    response.discard()
    const { facts } = this.#asked
    const now = this.#context.now()
    const fields = updateFields(version.fields, this.#received(response.fields))
    const confirmed = { status: 200, fields }
    const freshness = Freshness.of(facts, confirmed, 'shared', now)
    // What a 304 says to this user (a new cookie, say) must not reach others by the version that they share.
    const scope = isPublic(facts, confirmed) ? version.scope : privateScope(this.#asked.nearId)
    const current: Version = { ...version, scope, fields, freshness, storedAt: now }
    this.#context.versions.add(current)
    await this.#sendKnown(current.content, fields, current)
  }

  async #answerContent(response: OriginResponse): Promise<void> {
    const { status } = response
    const { thresholds } = this.#context
    const codings = codingsToUndo(response.fields)
    const hasContent = status !== 204 && status !== 304
    if (codings === undefined || !hasContent) {
      await this.#passOn(response)
      return
    }
    const fields = codings.length === 0 ? response.fields : withoutCoding(response.fields)
    const contentLength = numberOf(valueOf(fields, 'content-length'))
    const verdict = this.#planVerdict(status, fields, contentLength, undefined)
    const arrivals = withPauses(decodeContent(response.body, codings), PAUSE_MS)
    const hasCandidate = status === 200 && (this.#common !== undefined || this.#pump?.announced === true)
    const gathered = await gather(arrivals, this.#context.now, hasCandidate ? GATHER_BYTES : 0)
    if (gathered.content) {
      await this.#sendKnown(gathered.content, this.#received(fields), undefined)
      return
    }
    const keep = this.#mayKeep(status, fields)
    const streamed = {
      arrivals: gathered.arrivals,
      keepUpToBytes: keep ? thresholds.maxBaseBytes : 0,
      trailers: () => Buffer.from(fieldsText(response.trailers()), 'latin1'),
    }
    const sentFields = this.#received(fields)
    const head = this.#head(status, sentFields, { ...lengthFact(contentLength), ...keepFact(keep) })
    this.#exchange.verdict = verdict
    const sent = await this.#stream(verdict, head, fields, streamed)
    this.#note(verdict, sent)
    if (keep && sent.content) this.#keep(sent, sentFields)
  }

  async #stream(
    verdict: VerdictPlan,
    head: Part,
    fields: FieldList,
    streamed: Parameters<typeof streamWhole>[3],
  ): Promise<SentContent> {
    if (verdict.kind === 'delta') {
      const base = { version: verdict.base, length: verdict.baseLength }
      return streamDelta(this.#answer, head, this.#format(), base, streamed, this.#effort())
    }
    return streamWhole(this.#answer, head, isCompressible(fields) ? 'br' : 'identity', streamed)
  }

  /**
   * Sends a content that is known completely, in the smallest form. `version`: the one that it is known to be; else it
   * is compared with those that near has.
   */
  async #sendKnown(content: Uint8Array, fields: FieldList, version: Version | undefined): Promise<void> {
    const digest = version?.digest ?? digestOf(content)
    const same = [version, this.#common, this.#pump?.version].find(each => each?.digest === digest)
    const keep = this.#mayKeep(200, fields)
    const verdict = this.#planVerdict(200, fields, content.length, same)
    this.#exchange.verdict = verdict
    const facts = { contentLength: content.length, ...keepFact(keep) }
    const wholeBytes = this.#expectedWholeBytes(content)
    const sent = await this.#sendVerdict(verdict, content, fields, facts, wholeBytes)
    this.#note(verdict, sent)
    if (keep && !version) this.#keep({ ...sent, content }, fields)
  }

  async #sendVerdict(
    verdict: VerdictPlan,
    content: Uint8Array,
    fields: FieldList,
    facts: HeadFacts,
    wholeBytes: number,
  ): Promise<SentContent> {
    if (verdict.kind === 'confirm') {
      return sendConfirmed(this.#answer, this.#head(200, fields, { ...facts, wholeBytes }), verdict.version, this.#pump)
    }
    if (verdict.kind === 'delta') {
      const base = { version: verdict.base, length: verdict.baseLength }
      const format = this.#format()
      const delta = await encodeWholeDelta(format, base, content, this.#effort())
      const pays = delta.length <= wholeBytes * this.#context.thresholds.maxDeltaRatio
      const whole = pays ? undefined : await compressWhole(content)
      if (!whole || delta.length <= whole.length * this.#context.thresholds.maxDeltaRatio) {
        const head = this.#head(200, fields, {
          ...facts,
          wholeBytes: whole?.length ?? wholeBytes,
          deltaBytes: delta.length,
        })
        return sendReadyDelta(this.#answer, head, format, base, delta, content)
      }
      this.#exchange.verdict = { kind: 'whole', why: 'no-gain' }
      return sendReadyWhole(
        this.#answer,
        this.#head(200, fields, { ...facts, wholeBytes: whole.length }),
        'br',
        whole,
        content,
      )
    }
    const coding = isCompressible(fields) ? 'br' : 'identity'
    const coded = coding === 'br' ? await compressWhole(content) : content
    const head = this.#head(200, fields, { ...facts, wholeBytes: coded.length })
    return sendReadyWhole(this.#answer, head, coding, coded, content)
  }

  /** Passes a response on as it is: other methods, ranges, interim statuses, codings that cannot be undone. */
  async #passOn(response: OriginResponse): Promise<void> {
    const { facts } = this.#asked
    const fields = this.#received(response.fields)
    const isEmpty = facts.method === 'HEAD' || response.status === 204 || response.status === 304
    this.#exchange.verdict = { kind: 'whole', why: 'pass' }
    const head = this.#head(response.status, fields, lengthFact(numberOf(valueOf(fields, 'content-length'))))
    if (isEmpty) {
      response.discard()
      await this.#answer.send(head, {
        kind: 'end',
        digest: digestOf(new Uint8Array(0)),
        length: 0,
        trailers: new Uint8Array(0),
      })
      return
    }
    const codable = isCompressible(fields) && valueOf(fields, 'content-encoding') === undefined
    const sent = await streamWhole(this.#answer, head, codable ? 'br' : 'identity', {
      arrivals: withPauses(response.body, PAUSE_MS),
      keepUpToBytes: 0,
      trailers: () => Buffer.from(fieldsText(response.trailers()), 'latin1'),
    })
    this.#exchange.wholeBytes = sent.wireBytes
  }

  #planVerdict(status: number, fields: FieldList, contentLength: number | undefined, same: Version | undefined) {
    const pump = this.#pump
    return planVerdict(
      {
        status,
        readsDeltas: this.#asked.ask.formats.length > 0,
        compressible: isCompressible(fields),
        contentLength,
        common: this.#common,
        sent: pump?.announced ? { version: pump.version, length: pump.sentLength } : undefined,
        same,
      },
      this.#context.thresholds,
    )
  }

  #head(status: number, fields: FieldList, facts: HeadFacts): Part {
    const common = this.#common
    const isShared = common && hasSameFields(this.#asked.ask, common, fieldsId(common.fields))
    const wait = this.#exchange.originWaitMs
    const all: HeadFacts = wait === undefined ? facts : { ...facts, originWaitMs: wait }
    this.#exchange.status = status
    return { kind: 'head', bytes: encodeHead({ status, fields, facts: all }, isShared ? common.fields : undefined) }
  }

  #received(fields: FieldList): FieldList {
    return withVia(fields, '1.1', 'hunch-far')
  }

  #mayKeep(status: number, fields: FieldList): boolean {
    return (
      status === 200 &&
      mayKeep(this.#asked.facts, { status, fields }) &&
      valueOf(fields, 'content-encoding') === undefined
    )
  }

  #keep(sent: SentContent, fields: FieldList): void {
    const { facts, nearId } = this.#asked
    const { versions, thresholds, now } = this.#context
    if (!sent.content || sent.content.length > thresholds.maxBaseBytes) return
    const response = { status: 200, fields }
    const version: Version = {
      url: facts.url,
      scope: isPublic(facts, response) ? 'public' : privateScope(nearId),
      digest: sent.digest,
      content: sent.content,
      fields,
      freshness: Freshness.of(facts, response, 'shared', now()),
      storedAt: now(),
    }
    versions.add(this.#exchange.wholeBytes > 0 ? { ...version, wholeBytes: this.#exchange.wholeBytes } : version)
  }

  #note(verdict: VerdictPlan, sent: SentContent): void {
    const kind = this.#exchange.verdict?.kind ?? verdict.kind
    if (kind === 'delta') this.#exchange.deltaBytes = sent.wireBytes
    if (kind === 'whole') this.#exchange.wholeBytes = sent.wireBytes
  }

  /** What sending the content whole would cost, judged by its last version. */
  #expectedWholeBytes(content: Uint8Array): number {
    const [last] = this.#context.versions.of(this.#asked.facts.url, this.#scopes)
    // Text compresses to about a quarter; used until this URL was sent whole once.
    if (last?.wholeBytes === undefined || last.content.length === 0) return content.length / 4
    return (content.length * last.wholeBytes) / last.content.length
  }

  #format(): DeltaFormat {
    const { formats } = this.#asked.ask
    const format = formats.includes('dcb') ? 'dcb' : formats[0]
    if (!format) throw new Fault('FAR_INTERNAL', 'A delta was planned for a near that reads none.')
    return format
  }

  #effort(): Effort {
    return this.#context.thresholds.deltaEffort as Effort
  }
}

/** Reads until the content ends, is larger than `limitBytes`, pauses, or takes too long. */
async function gather(
  arrivals: AsyncGenerator<Arrival>,
  now: () => number,
  limitBytes: number,
): Promise<{ content: Uint8Array | undefined; arrivals: AsyncGenerator<Arrival> }> {
  const begun: Uint8Array[] = []
  const startedAt = now()
  let length = 0
  while (length < limitBytes && now() - startedAt < GATHER_MS) {
    const { done, value } = await arrivals.next()
    if (done) return { content: Buffer.concat(begun), arrivals }
    if (value.kind === 'pause') break
    begun.push(value.bytes)
    length += value.bytes.length
  }
  return { content: undefined, arrivals: chain(begun, arrivals) }
}

async function* chain(begun: readonly Uint8Array[], rest: AsyncGenerator<Arrival>): AsyncGenerator<Arrival> {
  for (const bytes of begun) yield { kind: 'bytes', bytes }
  yield* rest
}

/** Fields that describe the content with its coding go with the coding. */
function withoutCoding(fields: FieldList): FieldList {
  return without(fields, 'content-encoding', 'content-length', 'content-md5', 'content-digest', 'repr-digest')
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function lengthFact(contentLength: number | undefined): HeadFacts {
  return contentLength === undefined ? {} : { contentLength }
}

function keepFact(keep: boolean): HeadFacts {
  return keep ? { keep: 1 } : {}
}
