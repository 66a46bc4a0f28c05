// What other thresholds would have done to the last exchanges of this near: the dashboard says it of what a slider is moved to.
// Knows: the last exchanges of which far told what it weighed, the settings. Does not know: pages, how a replay goes.
import type { Thresholds } from '../../shared/config/options.ts'
import { parseThresholds, settingsOf } from '../../shared/config/site-settings.ts'
import type { TracedExchange } from '../../shared/exchange/trace-line.ts'
import { type Effect, effectOf } from '../../shared/replay/effect.ts'
import type { LiveSettings } from '../live-settings.ts'

// A replay of so many takes some 30 ms of the processor that carries exchanges, too.
const REMEMBERED = 300

// What a replay decides by; of versions that were not kept, and efforts that were not made, exchanges show nothing, and a
// budget is a matter of months.
const foreseen = new Set<string>([
  'minBaseBytes',
  'maxBaseBytes',
  'maxDeltaRatio',
  'minExpectedGainMs',
  'speculation',
  'maxWastePercent',
] satisfies (keyof Thresholds)[])

export class Effects {
  readonly #settings: LiveSettings
  readonly #isOptimistic: boolean
  readonly #last: TracedExchange[] = []

  constructor(settings: LiveSettings, mode: string) {
    this.#settings = settings
    this.#isOptimistic = mode === 'optimistic'
  }

  /** Far tells what it weighed while somebody looks at the dashboard, or a trace is written. */
  note(exchange: TracedExchange): void {
    if (!exchange.plan) return
    this.#last.push(exchange)
    if (this.#last.length > REMEMBERED) this.#last.shift()
  }

  /** Of thresholds as JSON has them. Undefined where exchanges do not show it. Raises CONFIG. */
  of(change: unknown): Effect | undefined {
    const then = parseThresholds(change, 'the settings')
    if (!this.#isOptimistic || !Object.keys(then).every(name => foreseen.has(name))) return undefined
    const { thresholds, sites } = this.#settings
    const first = this.#last[0]?.at ?? 0
    return effectOf(
      this.#last.map(each => ({ ...each, at: each.at - first })),
      site => settingsOf(site, sites, thresholds).thresholds,
      site => settingsOf(site, sites, { ...thresholds, ...then }).thresholds,
    )
  }
}
