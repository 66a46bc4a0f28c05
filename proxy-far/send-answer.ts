// Sends one answer in the smallest form that its content has for this near: plans the verdict, makes what it needs, and
// writes head, verdict and content.
// Knows: the plan of the verdict, what near has. Does not know: origins, whether the content may be kept.
import type { Thresholds } from '../shared/config/options.ts'
import { hasSameFields, planVerdict, type VerdictPlan } from '../shared/exchange/plan-answer.ts'
import { observeShare } from '../shared/exchange/plan-speculation.ts'
import { chooseByContent } from '../shared/exchange/siblings.ts'
import { chooseWholeQuality, EASY_QUALITY } from '../shared/exchange/whole-quality.ts'
import { isCompressible } from '../shared/http/content.ts'
import { type FieldList, valueOf } from '../shared/http/fields.ts'
import type { Ask } from '../shared/link/ask.ts'
import { encodeHead, fieldsId, type HeadFacts } from '../shared/link/head.ts'
import type { Part } from '../shared/link/parts.ts'
import type { ToldPlan } from '../shared/link/told-plan.ts'
import { type Version, digestOf } from '../shared/version.ts'
import type { AnswerStream } from './answer-stream.ts'
import type { Exchange } from './exchange-log.ts'
import type { AskShare } from './gate.ts'
import type { DeltaMaker } from './make-delta.ts'
import {
  type End,
  type SentContent,
  type StreamedContent,
  compressWhole,
  endOf,
  sendConfirmed,
  sendReadyDelta,
  sendReadyWhole,
  streamDelta,
  streamWhole,
} from './send-content.ts'
import type { SpeculationPump } from './speculation.ts'

/** What far knows when it begins to answer. */
export interface AnswerBeginning {
  readonly url: string
  readonly ask: Ask
  /** The versions that both hold: of this URL, else of its siblings; near's order. */
  readonly commons: readonly Version[]
  readonly pump: SpeculationPump | undefined
  /** The newest version of this URL that far holds: what a whole content would cost is judged by it. */
  readonly newest: Version | undefined
  readonly signal: AbortSignal
  readonly share: AskShare
}

/** A response as it is to reach the client, without its content. */
export interface AnswerHead {
  readonly status: number
  readonly fields: FieldList
  readonly contentLength: number | undefined
  /** Whether near may keep the content. */
  readonly keep: boolean
  /** Of a content that is known completely, as `encodeTrailers` gives them. */
  readonly trailers?: Uint8Array
}

const EMPTY = new Uint8Array(0)
// Of a delta that takes longer, near releases the beginning meanwhile: a check is 13 bytes.
const RELEASE_MS = 50
const LEAST_RELEASE_BYTES = 2048

export class AnswerSender {
  readonly #answer: AnswerStream
  readonly #beginning: AnswerBeginning
  readonly #deltas: DeltaMaker
  readonly #thresholds: Thresholds
  readonly #exchange: Exchange

  constructor(
    answer: AnswerStream,
    beginning: AnswerBeginning,
    means: { readonly deltas: DeltaMaker; readonly thresholds: Thresholds },
    exchange: Exchange,
  ) {
    this.#answer = answer
    this.#beginning = beginning
    this.#deltas = means.deltas
    this.#thresholds = means.thresholds
    this.#exchange = exchange
  }

  /** Whether near has anything that a content could be confirmed as or made from. */
  get hasCandidate(): boolean {
    return this.#beginning.commons.length > 0 || this.#beginning.pump?.announced === true
  }

  /** Whether a content that is known completely can be sent in fewer bytes than one that still arrives. */
  gainsByWaiting(fields: FieldList): boolean {
    return this.hasCandidate || (isCompressible(fields) && this.#wholeQuality > EASY_QUALITY)
  }

  get #wholeQuality(): number {
    return chooseWholeQuality(this.#beginning.ask.link.bandwidthBytesPerSecond, this.#deltas.cpuLoad)
  }

  /** Sends a content that is known completely. `known`: the version that it is, when that is known without comparing. */
  async sendKnown(content: Uint8Array, head: AnswerHead, known: Version | undefined): Promise<SentContent> {
    const digest = known?.digest ?? digestOf(content)
    const { commons, pump } = this.#beginning
    const same = known ?? [...commons, pump?.version].find(version => version?.digest === digest)
    const sibling = this.#siblings.find(each => each.digest === digest) ?? this.#chooseSibling(content)
    const verdict = this.#planVerdict(head, sibling, same)
    this.#exchange.contentBytes = content.length
    const sent = await this.#sendVerdict(verdict, content, head, endOf(content, digest, head.trailers))
    return { ...sent, content, digest }
  }

  /** Sends a content while it arrives. */
  async sendStreamed(streamed: StreamedContent, head: AnswerHead): Promise<SentContent> {
    // By the shape of its URL alone: near named the most alike first.
    const verdict = this.#planVerdict(head, this.#siblings[0], undefined)
    if (verdict.kind === 'delta') {
      const base = { version: verdict.base, length: verdict.baseLength }
      const opened = this.#deltas.open(base, this.#beginning.ask, this.#thresholds.deltaEffort)
      if (opened) {
        this.#exchange.verdict = verdict
        try {
          const sent = await streamDelta(this.#answer, this.#headPart(head, {}), base, opened, streamed)
          this.#exchange.deltaBytes = sent.wireBytes
          this.#exchange.contentBytes = sent.length
          return sent
        } finally {
          this.#beginning.share.noteEncoded(opened.feed.ms)
        }
      }
    }
    this.#exchange.verdict = verdict.kind === 'whole' ? verdict : { kind: 'whole', why: 'no-gain' }
    return this.#streamWhole(streamed, head)
  }

  /** Passes a content on as it is. */
  async sendAsIs(streamed: StreamedContent, head: AnswerHead): Promise<SentContent> {
    this.#exchange.verdict = { kind: 'whole', why: 'pass' }
    return this.#streamWhole(streamed, head)
  }

  /** Sends a response that has no content. */
  async sendEmpty(head: AnswerHead): Promise<void> {
    this.#exchange.verdict = { kind: 'whole', why: 'pass' }
    await this.#answer.send(this.#headPart(head, {}), endOf(EMPTY, digestOf(EMPTY)))
  }

  get #common(): Version | undefined {
    return this.#beginning.commons.find(version => version.url === this.#beginning.url)
  }

  get #siblings(): readonly Version[] {
    return this.#beginning.commons.filter(version => version.url !== this.#beginning.url)
  }

  #chooseSibling(content: Uint8Array): Version | undefined {
    if (this.#common || this.#siblings.length === 0) return undefined
    return chooseByContent(this.#beginning.url, content, this.#siblings)
  }

  async #sendVerdict(verdict: VerdictPlan, content: Uint8Array, head: AnswerHead, end: End): Promise<SentContent> {
    this.#exchange.verdict = verdict
    const expectedBytes = this.#expectWholeBytes(content.length)
    if (verdict.kind === 'confirm') {
      this.#exchange.deltaShare = 0
      const part = this.#headPart(head, { wholeBytes: expectedBytes })
      return sendConfirmed(this.#answer, part, verdict.version, this.#beginning.pump, end)
    }
    if (verdict.kind === 'whole') return this.#sendWhole(content, head, end, undefined)
    const { ask, signal, share } = this.#beginning
    const base = { version: verdict.base, length: verdict.baseLength }
    const delta = await this.#deltas.make(base, content, ask, this.#thresholds.deltaEffort, signal)
    if (delta) share.noteEncoded(delta.ms)
    // What was sent of a speculation is spent in any case: a delta from it need only be smaller than the whole.
    const isSpeculation = verdict.base === this.#beginning.pump?.version
    const limit = isSpeculation ? 1 : this.#thresholds.maxDeltaRatio
    let wholeBytes = expectedBytes
    // The estimate may be wrong; before a delta is thrown away, or sent in vain, the whole is compressed to see.
    if (!delta || delta.bytes.length > expectedBytes * limit) {
      const whole = await compressWhole(content, this.#wholeQuality)
      wholeBytes = whole.length
      if (!delta || delta.bytes.length > wholeBytes * limit) {
        this.#exchange.verdict = { kind: 'whole', why: 'no-gain' }
        this.#exchange.deltaShare = 1
        if (delta) this.#exchange.triedBytes = delta.bytes.length
        return this.#sendWhole(content, head, end, whole)
      }
    }
    this.#exchange.deltaShare = observeShare(delta.bytes.length / wholeBytes, base.length / base.version.content.length)
    const part = this.#headPart(head, { wholeBytes, deltaBytes: delta.bytes.length })
    const releaseBytes = Math.max(LEAST_RELEASE_BYTES, ((ask.link.bandwidthBytesPerSecond ?? 0) / 1000) * RELEASE_MS)
    const sent = await sendReadyDelta(this.#answer, part, base, delta, content, end, Math.round(releaseBytes))
    this.#exchange.deltaBytes = sent.wireBytes
    return sent
  }

  async #sendWhole(
    content: Uint8Array,
    head: AnswerHead,
    end: End,
    coded: Uint8Array | undefined,
  ): Promise<SentContent> {
    const coding = isCompressible(head.fields) ? 'br' : 'identity'
    const bytes = coding === 'br' ? (coded ?? (await compressWhole(content, this.#wholeQuality))) : content
    this.#exchange.wholeBytes = bytes.length
    const part = this.#headPart(head, { wholeBytes: bytes.length })
    return sendReadyWhole(this.#answer, part, coding, bytes, content, end)
  }

  async #streamWhole(streamed: StreamedContent, head: AnswerHead): Promise<SentContent> {
    const codable = isCompressible(head.fields) && valueOf(head.fields, 'content-encoding') === undefined
    const sent = await streamWhole(this.#answer, this.#headPart(head, {}), codable ? 'br' : 'identity', streamed)
    this.#exchange.wholeBytes = sent.wireBytes
    this.#exchange.contentBytes = sent.length
    return sent
  }

  #planVerdict(head: AnswerHead, sibling: Version | undefined, same: Version | undefined): VerdictPlan {
    const { ask, pump, share } = this.#beginning
    return planVerdict(
      {
        status: head.status,
        readsDeltas: ask.formats.length > 0 && share.mayEncode(),
        compressible: isCompressible(head.fields),
        contentLength: head.contentLength,
        common: this.#common,
        sibling,
        sent: pump?.announced ? { version: pump.version, length: pump.sentLength } : undefined,
        same,
      },
      this.#thresholds,
    )
  }

  #headPart({ status, fields, contentLength, keep }: AnswerHead, costs: HeadFacts): Part {
    const { ask, commons } = this.#beginning
    const { originWaitMs } = this.#exchange
    const facts: HeadFacts = {
      ...costs,
      ...(originWaitMs === undefined ? {} : { originWaitMs }),
      ...(contentLength === undefined ? {} : { contentLength }),
      ...(keep ? { keep: 1 } : {}),
    }
    const base = commons.find(version => hasSameFields(ask, version, fieldsId(version.fields)))
    this.#exchange.status = status
    if (costs.wholeBytes !== undefined) this.#exchange.wholeCostBytes = costs.wholeBytes
    const plan = this.#planOf()
    this.#exchange.plan = plan
    const told = ask.trace ? { plan } : {}
    return { kind: 'head', bytes: encodeHead({ status, fields, facts, ...told }, base?.fields) }
  }

  /** For traces: far's own, and that of a near that wants to be told. */
  #planOf(): ToldPlan {
    const { why, candidate, deltaShare, triedBytes } = this.#exchange
    return {
      word: why ?? (this.#beginning.pump ? 'speculate' : 'pass'),
      ...(candidate ? { candidate } : {}),
      ...(deltaShare === undefined ? {} : { share: deltaShare }),
      ...(triedBytes === undefined ? {} : { triedBytes }),
    }
  }

  /** What sending the content whole would cost, judged by the last version of its URL. */
  #expectWholeBytes(contentLength: number): number {
    const { newest } = this.#beginning
    // Text compresses to about a quarter; used until this URL was sent whole once.
    if (newest?.wholeBytes === undefined || newest.content.length === 0) return contentLength / 4
    return (contentLength * newest.wholeBytes) / newest.content.length
  }
}
