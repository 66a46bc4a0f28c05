// What other thresholds would have done to exchanges that were seen: the same policy decides again, and a model of the link
// says how long each takes. Both replays stand on the same model, so that of its faults only a part is in their difference.
// Knows: replays. Does not know: who asks, fitting the model to what was measured (loadtest/tune/calibrate.ts).
import type { Thresholds } from '../config/options.ts'
import { defaultThresholds, type TracedExchange } from '../exchange/trace-line.ts'
import { type ExchangeFacts, factsOf, measuredOf } from './facts.ts'
import { byThresholds, type LinkModel, replay } from './replay.ts'

export interface Effect {
  /** Exchanges that far answered, and of which it told what it weighed. */
  readonly exchanges: number
  /** All together, then minus today; below zero is faster, or less on the link. */
  readonly ms: number
  readonly linkBytes: number
  /** What would be sent ahead today, and then. */
  readonly speculations: { readonly before: number; readonly after: number }
}

// Where a fit of the model begins; of a difference they matter little.
const UNFITTED = { overheadMs: 40, lagMs: 40 }

/** `today` and `then`: what holds for a site, and what would. In any order; of one near since its start. */
export function effectOf(
  seen: readonly TracedExchange[],
  today: (site: string) => Thresholds,
  then: (site: string) => Thresholds,
): Effect {
  const told = seen.filter(({ plan }) => plan !== undefined)
  const [run = []] = factsOf([
    { startedAt: 0, mode: 'optimistic', isNamed: true, thresholds: defaultThresholds(), exchanges: told },
  ])
  const model: LinkModel = { ...measuredOf(told), ...UNFITTED }
  const sumsOf = (of: (site: string) => Thresholds) => {
    const replayed = replay(
      run,
      model,
      byThresholds(({ site }: ExchangeFacts) => of(site)),
    )
    const asked = replayed.filter((_each, place) => run[place]?.isAsked)
    return {
      exchanges: asked.length,
      ms: asked.reduce((sum, { totalMs }) => sum + totalMs, 0),
      linkBytes: asked.reduce((sum, { baseBytes, restBytes }) => sum + baseBytes + restBytes, 0),
      speculations: asked.filter(({ speculates }) => speculates).length,
    }
  }
  const [before, after] = [sumsOf(today), sumsOf(then)]
  return {
    exchanges: before.exchanges,
    ms: after.ms - before.ms,
    linkBytes: after.linkBytes - before.linkBytes,
    speculations: { before: before.speculations, after: after.speculations },
  }
}
