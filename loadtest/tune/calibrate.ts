// Finds the link model under which a replay of what was decided takes as long as it took, and says how close that comes.
// Knows: replays, measured times. Does not know: other thresholds.
//
// The parameters are few, and each exchange is predicted from its sizes and its origin's wait alone. How close the model
// comes is said of exchanges that it was not fitted to.
import { quantile } from '../../shared/quantile.ts'
import type { RunFacts } from '../../shared/replay/facts.ts'
import { byThresholds, type LinkModel, replay, type Replayed } from '../../shared/replay/replay.ts'

export interface Agreement {
  readonly exchanges: number
  readonly measuredMedianMs: number
  readonly replayedMedianMs: number
  readonly measuredTotalMs: number
  readonly replayedTotalMs: number
  /** The median of how far one exchange is off, as a part of what it took. */
  readonly medianError: number
  /** The part of the exchanges for which the replay decides as far did. */
  readonly sameDecisions: number
}

/** Which exchanges count, by their place among all. */
type Counts = (place: number) => boolean

const today = byThresholds(({ thresholds }) => thresholds)

// The sum is held together by few exchanges that took long for reasons of their own.
const TOTAL_WEIGHT = 0.5
// Each step tries one parameter a little larger and a little smaller; when none helps, steps get half as large.
const FIRST_STEP = 0.4
const LAST_STEP = 0.01

/** The model that fits the exchanges that count. `bandwidths` and `roundTrips`: as near measured them. */
export function calibrate(
  runs: readonly RunFacts[],
  measured: { readonly bytesPerMs: number; readonly roundTripMs: number },
  counts: Counts = () => true,
): LinkModel {
  // What near measured of a link that was never full says too much or too little of it: several beginnings.
  const fits = BEGINNINGS.map(factor => fit(runs, { ...measured, bytesPerMs: measured.bytesPerMs * factor }, counts))
  return fits.toSorted((one, other) => one.loss - other.loss)[0]?.model as LinkModel
}

const BEGINNINGS = [0.3, 1]

function fit(
  runs: readonly RunFacts[],
  measured: Pick<LinkModel, 'bytesPerMs' | 'roundTripMs'>,
  counts: Counts,
): { readonly model: LinkModel; readonly loss: number } {
  let best: LinkModel = { ...measured, overheadMs: 40, lagMs: 40 }
  let bestLoss = lossOf(runs, best, counts)
  for (let step = FIRST_STEP; step >= LAST_STEP; ) {
    const tries = (['bytesPerMs', 'overheadMs', 'lagMs'] as const).flatMap(name =>
      [1 + step, 1 / (1 + step)].map(factor => ({ ...best, [name]: best[name] * factor })),
    )
    const losses = tries.map(model => lossOf(runs, model, counts))
    const least = Math.min(...losses)
    if (least < bestLoss) {
      bestLoss = least
      best = tries[losses.indexOf(least)] ?? best
    } else step /= 2
  }
  return { model: best, loss: bestLoss }
}

/**
 * How a replay of what was decided compares with what was measured, of exchanges that the model was not fitted to: fitted
 * to every second one, judged by the others, and the reverse.
 */
export function crossAgreement(
  runs: readonly RunFacts[],
  measured: { readonly bytesPerMs: number; readonly roundTripMs: number },
): Agreement {
  const halves = [0, 1].map(half => {
    const model = calibrate(runs, measured, place => place % 2 === half)
    return pairsOf(runs, model).filter((_pair, place) => place % 2 !== half)
  })
  return compare(halves.flat())
}

interface Pair {
  readonly measuredMs: number
  readonly replayed: Replayed
  readonly word: string | undefined
}

/** Of exchanges that far answered, in the order of the runs. */
function pairsOf(runs: readonly RunFacts[], model: LinkModel): readonly Pair[] {
  return runs.flatMap(run => {
    const replayed = replay(run, model, today)
    return run.flatMap(({ isAsked, measuredMs, word }, index) =>
      isAsked ? [{ measuredMs, replayed: replayed[index] as Replayed, word }] : [],
    )
  })
}

/** The mean of how far exchanges are off, as a part of what they took, and how far the sum is. */
function lossOf(runs: readonly RunFacts[], model: LinkModel, counts: Counts): number {
  const pairs = pairsOf(runs, model).filter((_pair, place) => counts(place))
  const [measured, replayed] = [sum(pairs.map(pair => pair.measuredMs)), sum(pairs.map(pair => pair.replayed.totalMs))]
  const errors = pairs.map(pair => Math.abs(Math.log(pair.replayed.totalMs / Math.max(1, pair.measuredMs))))
  return sum(errors) / Math.max(1, pairs.length) + TOTAL_WEIGHT * Math.abs(replayed / measured - 1)
}

function compare(pairs: readonly Pair[]): Agreement {
  const [measured, replayed] = [pairs.map(pair => pair.measuredMs), pairs.map(pair => pair.replayed.totalMs)]
  const told = pairs.filter(({ word }) => word !== undefined)
  const same = told.filter(pair => pair.replayed.speculates === (pair.word === 'speculate'))
  return {
    exchanges: pairs.length,
    measuredMedianMs: quantile(measured, 0.5),
    replayedMedianMs: quantile(replayed, 0.5),
    measuredTotalMs: sum(measured),
    replayedTotalMs: sum(replayed),
    medianError: quantile(
      pairs.map(pair => Math.abs(pair.replayed.totalMs / pair.measuredMs - 1)),
      0.5,
    ),
    sameDecisions: told.length === 0 ? 1 : same.length / told.length,
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
