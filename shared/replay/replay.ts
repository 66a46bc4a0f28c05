// Replays the exchanges of one run over a link under other thresholds: the same policy as far's and near's decides, and a
// model of the link says how long each takes.
// Knows: the policy, the model. Does not know: traces, what is searched for.
//
// The model: an ask takes half a round trip to far; the origin takes as long as it took, until it
// answers and to the end of a content that it makes slowly; contents share the link's rate
// evenly; what is sent ahead has what they leave of it, from the ask until the origin answers; then half a round trip, and
// what programs take. When clients ask does not change, although people who are served sooner ask sooner.
import { decideSpeculation } from '../exchange/plan-speculation.ts'
import { Ledger, wastedBytes } from '../exchange/ledger.ts'
import type { Thresholds } from '../config/options.ts'
import type { ExchangeFacts, RunFacts } from './facts.ts'

/** A link as calibrate.ts finds it. */
export interface LinkModel {
  readonly roundTripMs: number
  readonly bytesPerMs: number
  /** What every exchange takes beside: programs, heads, the client. */
  readonly overheadMs: number
  /** How long what was sent ahead and is under way keeps an answer. */
  readonly lagMs: number
}

export interface Replayed {
  readonly totalMs: number
  readonly speculates: boolean
  readonly baseBytes: number
  readonly restBytes: number
  readonly wastedBytes: number
}

/** Decides for one exchange: by thresholds, or by knowing what comes. */
export type Decide = (facts: ExchangeFacts, ledger: Ledger, now: number) => Decision

export interface Decision {
  readonly speculates: boolean
  /** A delta may be as large a part of the whole as this. */
  readonly maxDeltaRatio: number
  readonly minBaseBytes: number
}

/** The policy as it runs: near's wish by its ledger, then far's decision. */
export function byThresholds(thresholdsOf: (facts: ExchangeFacts) => Thresholds): Decide {
  return (facts, ledger, now) => {
    const thresholds = thresholdsOf(facts)
    const wish = ledger.wish(thresholds, now)
    const { common, candidate } = facts
    const chance = { wish: wish.kind === 'off' ? 'off' : wish.wish, readsDeltas: true, common, candidate } as const
    const { maxDeltaRatio, minBaseBytes } = thresholds
    return { speculates: decideSpeculation(chance, thresholds) === 'speculate', maxDeltaRatio, minBaseBytes }
  }
}

/** What no thresholds can beat: sends ahead exactly what will be of use, and takes the smallest form. */
export const byHindsight: Decide = ({ common, candidate, baseBytes, staleBytes, wholeBytes, deltaBytes }) => ({
  speculates: !common && candidate !== undefined && baseBytes > 0 && staleBytes < (deltaBytes ?? wholeBytes),
  maxDeltaRatio: 1,
  minBaseBytes: 0,
})

/** In the order of `run`. Exchanges that far had no part in take what they took. */
export function replay(run: RunFacts, model: LinkModel, decide: Decide): readonly Replayed[] {
  return new Replay(run, model, decide).run()
}

// More than there are fractions of a byte to be lost by adding up.
const NO_BYTES = 1e-6

interface Flow {
  readonly index: number
  readonly facts: ExchangeFacts
  readonly decision: Decision
  /** When the origin answers; then the content flows, before that what is sent ahead. */
  readonly answeredAt: number
  state: 'waiting' | 'answering'
  baseLeft: number
  baseSent: number
  left: number
  restBytes: number
}

class Replay {
  readonly #run: RunFacts
  readonly #model: LinkModel
  readonly #decide: Decide
  readonly #ledger = new Ledger(0)
  readonly #flows = new Set<Flow>()
  readonly #ended: Replayed[] = []
  #now = 0

  constructor(run: RunFacts, model: LinkModel, decide: Decide) {
    this.#run = run
    this.#model = model
    this.#decide = decide
  }

  run(): readonly Replayed[] {
    let next = 0
    while (next < this.#run.length || this.#flows.size > 0) {
      const facts = this.#run[next]
      const askedAt = facts ? facts.at + this.#model.roundTripMs / 2 : Number.POSITIVE_INFINITY
      const until = Math.min(askedAt, this.#nextChange())
      this.#flow(until)
      if (facts && until === askedAt) {
        this.#ask(next, facts)
        next += 1
      }
      this.#turn()
    }
    return this.#ended
  }

  #ask(index: number, facts: ExchangeFacts): void {
    if (!facts.isAsked) {
      this.#ended[index] = { totalMs: facts.measuredMs, speculates: false, baseBytes: 0, restBytes: 0, wastedBytes: 0 }
      return
    }
    const decision = this.#decide(facts, this.#ledger, this.#now)
    const baseLeft = decision.speculates ? facts.baseBytes : 0
    const answeredAt = this.#now + facts.waitMs
    this.#flows.add({
      index,
      facts,
      decision,
      answeredAt,
      state: 'waiting',
      baseLeft,
      baseSent: 0,
      left: 0,
      restBytes: 0,
    })
  }

  /** The next time at which an origin answers, or something has been sent. */
  #nextChange(): number {
    const rates = this.#rates()
    const times = [...this.#flows].map(flow => {
      const left = flow.state === 'answering' ? flow.left : flow.baseLeft
      const rate = flow.state === 'answering' ? rates.content : rates.base
      const sentAt = left > NO_BYTES && rate > 0 ? this.#now + left / rate : Number.POSITIVE_INFINITY
      if (flow.state === 'waiting') return Math.min(flow.answeredAt, sentAt)
      return left > NO_BYTES ? sentAt : Math.max(this.#now, flow.answeredAt + flow.facts.contentMs)
    })
    return Math.min(...times, Number.POSITIVE_INFINITY)
  }

  #rates(): { readonly content: number; readonly base: number } {
    const flows = [...this.#flows]
    const contents = flows.filter(({ state, left }) => state === 'answering' && left > NO_BYTES).length
    const bases = flows.filter(({ state, baseLeft }) => state === 'waiting' && baseLeft > NO_BYTES).length
    const { bytesPerMs } = this.#model
    return { content: bytesPerMs / Math.max(1, contents), base: contents > 0 ? 0 : bytesPerMs / Math.max(1, bases) }
  }

  #flow(until: number): void {
    const rates = this.#rates()
    const ms = until - this.#now
    for (const flow of this.#flows) {
      if (flow.state === 'answering') flow.left = Math.max(0, flow.left - rates.content * ms)
      else {
        const sent = Math.min(flow.baseLeft, rates.base * ms)
        flow.baseLeft -= sent
        flow.baseSent += sent
      }
    }
    this.#now = until
  }

  /** Origins that answer now, and contents that have been sent. */
  #turn(): void {
    for (const flow of this.#flows) {
      if (flow.state === 'waiting' && flow.answeredAt <= this.#now) {
        flow.state = 'answering'
        flow.restBytes = restBytes(flow.facts, flow.decision, flow.baseSent)
        const lag = flow.baseLeft > NO_BYTES ? this.#model.lagMs * this.#model.bytesPerMs : 0
        flow.left = flow.restBytes + lag
      }
      const madeAt = flow.answeredAt + flow.facts.contentMs
      if (flow.state === 'answering' && flow.left <= NO_BYTES && madeAt <= this.#now) this.#end(flow)
    }
  }

  #end(flow: Flow): void {
    this.#flows.delete(flow)
    const { index, facts, decision, baseSent: baseBytes, restBytes: rest } = flow
    const { roundTripMs, overheadMs } = this.#model
    const isAbandoned = baseBytes > 0 && rest >= facts.wholeBytes
    const wasted = wastedBytes({
      way: baseBytes === 0 ? 'whole' : isAbandoned ? 'abandoned' : facts.staleBytes === 0 ? 'confirmed' : 'corrected',
      baseBytes,
      savedBytes: facts.wholeBytes - baseBytes - rest,
    })
    this.#ledger.note({ linkBytes: baseBytes + rest, baseBytes, wastedBytes: wasted }, this.#now)
    const totalMs = this.#now + roundTripMs / 2 + overheadMs - facts.at
    this.#ended[index] = { totalMs, speculates: decision.speculates, baseBytes, restBytes: rest, wastedBytes: wasted }
  }
}

/** What of a content comes behind its verdict, in its smallest form that the thresholds allow. */
function restBytes(facts: ExchangeFacts, decision: Decision, baseSent: number): number {
  const { wholeBytes, deltaBytes, candidate, baseBytes, staleBytes, contentBytes } = facts
  const { maxDeltaRatio, minBaseBytes } = decision
  if (candidate && baseSent > 0) {
    const prefix = Math.min(1, baseSent / baseBytes)
    if (staleBytes === 0) return baseBytes * (1 - prefix)
    // As observeShare (plan-speculation.ts) has it: what is missing of the base is in the delta as it is.
    const corrected = staleBytes * prefix + wholeBytes * (1 - prefix)
    if (candidate.sizeBytes * prefix >= minBaseBytes) return Math.min(wholeBytes, corrected)
  }
  if (deltaBytes === undefined) return wholeBytes
  const isDelta = deltaBytes === 0 || (contentBytes >= minBaseBytes && deltaBytes <= wholeBytes * maxDeltaRatio)
  return isDelta ? deltaBytes : wholeBytes
}
