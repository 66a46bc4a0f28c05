// Quantiles of a series.
// Knows: numbers. Does not know: what they measure.

/** The value below which the share `q` of `values` lies, between two neighbours in proportion; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const place = q * (sorted.length - 1)
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}
