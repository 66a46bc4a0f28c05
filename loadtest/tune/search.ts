// Searches for thresholds under which the exchanges of a trace take least time, and says how sure their gain is.
// Knows: replays, what thresholds can be set to. Does not know: where traces come from, how the result is shown.
//
// Time alone would always send ahead whatever there is: so what is wasted may be no more than a part of all bytes.
import type { Thresholds } from '../../shared/config/options.ts'
import { type Interval, meanOf } from '../load/statistics.ts'
import type { ExchangeFacts, RunFacts } from '../../shared/replay/facts.ts'
import { byThresholds, type Decide, type LinkModel, replay, type Replayed } from '../../shared/replay/replay.ts'

export type Tuned = Partial<Thresholds>

export interface Work {
  readonly runs: readonly RunFacts[]
  readonly model: LinkModel
  /** The part of the bytes on the link that may be wasted. */
  readonly maxWastePercent: number
}

export interface Finding {
  /** What is to be set otherwise than it was; empty: nothing. */
  readonly change: Tuned
  /**
   * Milliseconds that an exchange gains on average, of exchanges that the thresholds were not searched on; 95 % interval.
   */
  readonly gainMs: Interval
}

/** What each exchange that far answered takes, in the order of the runs. */
export interface Evaluation {
  readonly facts: readonly ExchangeFacts[]
  readonly replayed: readonly Replayed[]
}

const candidates = {
  speculation: ['latency', 'balanced', 'off'],
  minExpectedGainMs: [0, 5, 10, 20, 50, 100, 200, 500, 1000],
  maxWastePercent: [0, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100],
  maxDeltaRatio: [0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1],
  minBaseBytes: [0, 256, 512, 1024, 2048, 4096, 8192, 16_384],
  maxBaseBytes: [65_536, 262_144, 1_048_576, 8_388_608, 67_108_864],
} as const satisfies Partial<Record<keyof Thresholds, readonly unknown[]>>

// A change that is worth less of the time is not made: fewer settings are easier to understand.
const WORTHWHILE = 0.001

/** Best thresholds for all exchanges. */
export function search(work: Work): Finding {
  return findBest(work, {}, () => true)
}

/** Best thresholds for the exchanges of one site, where all others have `change`. */
export function searchSite(work: Work, change: Tuned, site: string): Finding {
  return findBest(work, change, facts => facts.site === site)
}

export function evaluate({ runs, model }: Work, decide: Decide): Evaluation {
  const pairs = runs.flatMap(run => {
    const replayed = replay(run, model, decide)
    return run
      .map((facts, index) => ({ facts, replayed: replayed[index] as Replayed }))
      .filter(each => each.facts.isAsked)
  })
  return { facts: pairs.map(({ facts }) => facts), replayed: pairs.map(each => each.replayed) }
}

/** The part of all bytes on the link that was in vain, in percent. */
export function wastePercent(replayed: readonly Replayed[]): number {
  const link = sum(replayed.map(({ baseBytes, restBytes }) => baseBytes + restBytes))
  return link === 0 ? 0 : (sum(replayed.map(({ wastedBytes }) => wastedBytes)) / link) * 100
}

function findBest(work: Work, others: Tuned, isMeant: (facts: ExchangeFacts) => boolean): Finding {
  const decide = (tuned: Tuned) =>
    byThresholds(facts => ({ ...facts.thresholds, ...others, ...(isMeant(facts) ? tuned : {}) }))
  const timesOf = (tuned: Tuned) => {
    const { facts, replayed } = evaluate(work, decide(tuned))
    const ms = replayed.flatMap(({ totalMs }, place) => (isMeant(facts[place] as ExchangeFacts) ? totalMs : []))
    return { ms, waste: wastePercent(replayed) }
  }
  const known = new Map<string, ReturnType<typeof timesOf>>()
  const look = (tuned: Tuned) => {
    const key = JSON.stringify(tuned)
    const found = known.get(key) ?? timesOf(tuned)
    known.set(key, found)
    return found
  }
  const allowed = Math.max(work.maxWastePercent, look({}).waste)
  const cost = (tuned: Tuned, counts: (place: number) => boolean) => {
    const { ms, waste } = look(tuned)
    return waste > allowed ? Number.POSITIVE_INFINITY : sum(ms.filter((_each, place) => counts(place)))
  }
  // Whoever judges thresholds by the exchanges that they were searched on finds chance for gain.
  const gains = [0, 1].flatMap(half => {
    const tuned = descend(each => cost(each, place => place % 2 === half))
    const [before, after] = [look({}).ms, look(tuned).ms]
    return before.map((ms, place) => ms - (after[place] as number)).filter((_each, place) => place % 2 !== half)
  })
  return { change: descend(each => cost(each, () => true)), gainMs: meanOf(gains) }
}

/** One threshold after the other takes its best value, until none gets better; then those go back that gained nothing. */
function descend(cost: (tuned: Tuned) => number): Tuned {
  let best: Tuned = {}
  let least = cost(best)
  for (let isBetter = true; isBetter; ) {
    isBetter = false
    for (const [name, values] of Object.entries(candidates)) {
      for (const value of values) {
        const tried = { ...best, [name]: value }
        const ms = cost(tried)
        if (ms >= least * (1 - WORTHWHILE / 10)) continue
        best = tried
        least = ms
        isBetter = true
      }
    }
  }
  for (const name of Object.keys(best)) {
    const without = Object.fromEntries(Object.entries(best).filter(([each]) => each !== name))
    if (cost(without) > least * (1 + WORTHWHILE)) continue
    best = without
  }
  return best
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
