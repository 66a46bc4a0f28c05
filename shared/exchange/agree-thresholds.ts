// The thresholds of one exchange: near's wishes within far's limits.
// Knows: which side's word counts for which threshold. Does not know: where either got them.
import { type OptionRow, type Thresholds, thresholdOptions } from '../config/options.ts'

/** The thresholds that near says of an ask; what it leaves out is as far has it. */
export type AskedThresholds = Partial<
  Pick<
    Thresholds,
    'minBaseBytes' | 'maxBaseBytes' | 'maxDeltaRatio' | 'minExpectedGainMs' | 'maxWastePercent' | 'deltaEffort'
  >
>

const said = [
  'minBaseBytes',
  'maxBaseBytes',
  'maxDeltaRatio',
  'minExpectedGainMs',
  'maxWastePercent',
  'deltaEffort',
] as const satisfies readonly (keyof AskedThresholds)[]

/** What near says of its thresholds: those that are not as every far has them anyway. */
export function thresholdsToSay(own: Thresholds): AskedThresholds {
  const others = said.filter(name => {
    const { kind, defaults }: OptionRow = thresholdOptions[name]
    return own[name] !== kind.parse(defaults.near ?? '')
  })
  return Object.fromEntries(others.map(name => [name, own[name]]))
}

/** The user's side knows what its link is worth; far's memory and CPU are far's own. */
export function agreeThresholds(own: Thresholds, asked: AskedThresholds): Thresholds {
  return {
    ...own,
    minBaseBytes: Math.max(own.minBaseBytes, asked.minBaseBytes ?? 0),
    maxBaseBytes: Math.min(own.maxBaseBytes, asked.maxBaseBytes ?? Number.POSITIVE_INFINITY),
    maxDeltaRatio: asked.maxDeltaRatio ?? own.maxDeltaRatio,
    minExpectedGainMs: asked.minExpectedGainMs ?? own.minExpectedGainMs,
    maxWastePercent: asked.maxWastePercent ?? own.maxWastePercent,
    deltaEffort: agreeEffort(own.deltaEffort, asked.deltaEffort),
  }
}

/** An effort that far is set to is the most that it gives; `auto` on both sides is far's to choose. */
function agreeEffort(own: Thresholds['deltaEffort'], asked: Thresholds['deltaEffort'] | undefined) {
  if (asked === undefined || asked === 'auto') return own
  return own === 'auto' || asked < own ? asked : own
}
