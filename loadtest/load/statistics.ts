// How sure a figure of a series is: means, and the median of ratios, with their intervals.
// Knows: numbers. Does not know: what they measure.
import { quantile } from '../../shared/quantile.ts'
import { Chance } from '../origin/chance.ts'

export interface Interval {
  readonly low: number
  readonly middle: number
  readonly high: number
}

// Enough that the ends of a 95 % interval move by about a percent of its width from one seed to another.
const RESAMPLES = 1000

/** The median of paired ratios with its 95 % bootstrap interval: pairs are drawn again with repetition. */
export function medianRatio(pairs: readonly (readonly [number, number])[], seed = 1): Interval {
  const ratios = pairs.map(([one, other]) => one / other)
  return bootstrap(ratios, values => quantile(values, 0.5), seed)
}

/** The mean of `values` with its 95 % bootstrap interval. */
export function meanOf(values: readonly number[], seed = 1): Interval {
  return bootstrap(values, drawn => drawn.reduce((sum, value) => sum + value, 0) / drawn.length, seed)
}

function bootstrap(values: readonly number[], statistic: (drawn: readonly number[]) => number, seed: number): Interval {
  const chance = new Chance('bootstrap', seed)
  const drawn = Array.from({ length: values.length === 0 ? 0 : RESAMPLES }, () =>
    statistic(values.map(() => chance.pick(values))),
  )
  return { low: quantile(drawn, 0.025), middle: statistic(values), high: quantile(drawn, 0.975) }
}
