// Whether a quantity that was measured over a long time stayed as it was: the slope that most pairs of its samples have.
// Knows: samples and their times. Does not know: what is measured.
import { median } from './get.ts'

export interface Sample {
  /** Minutes since the start. */
  readonly minute: number
  readonly value: number
}

export interface Trend {
  readonly median: number
  /** The median of the slopes between any two samples (Theil, Sen): a few that lie far off do not turn it. */
  readonly perHour: number
  /** From -1 to 1: how much more pairs rise than fall (Kendall). */
  readonly tau: number
  /** Whether it rose: by more than a twentieth over the time measured, and in most pairs. */
  readonly rises: boolean
}

// What rises by a twentieth while it is watched would double in a day.
const LEAST_RISE = 0.05
// Of noise without a trend half of the pairs rise. Twenty samples of it come to 0.3 in one of twenty series.
const LEAST_TAU = 0.3

export function trendOf(samples: readonly Sample[]): Trend {
  const slopes: number[] = []
  let [rising, falling] = [0, 0]
  for (const [index, one] of samples.entries()) {
    for (const other of samples.slice(index + 1)) {
      if (other.minute === one.minute) continue
      const slope = (other.value - one.value) / (other.minute - one.minute)
      slopes.push(slope * 60)
      if (slope > 0) rising += 1
      if (slope < 0) falling += 1
    }
  }
  const middle = samples.length > 0 ? median(samples.map(({ value }) => value)) : 0
  const perHour = slopes.length > 0 ? median(slopes) : 0
  const tau = slopes.length > 0 ? (rising - falling) / slopes.length : 0
  const hours = ((samples.at(-1)?.minute ?? 0) - (samples[0]?.minute ?? 0)) / 60
  return { median: middle, perHour, tau, rises: tau > LEAST_TAU && perHour * hours > middle * LEAST_RISE }
}
