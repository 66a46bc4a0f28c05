// What a trace says of its thresholds: how well a replay meets what was measured, how today's and
// default thresholds, the best that are found, and hindsight compare; and what is therefore to be set.
// Knows: facts, calibration, search. Does not know: files, terminals.
import type { Thresholds } from '../../shared/config/options.ts'
import { defaultThresholds, type TraceRun } from '../../shared/exchange/trace-line.ts'
import { quantile } from '../../shared/quantile.ts'
import type { Table } from '../report/table.ts'
import { type Agreement, calibrate, crossAgreement } from './calibrate.ts'
import { factsOf, measuredOf } from '../../shared/replay/facts.ts'
import { byHindsight, byThresholds, type Decide, type LinkModel } from '../../shared/replay/replay.ts'
import { evaluate, type Finding, search, searchSite, type Tuned, wastePercent, type Work } from './search.ts'

export interface TuneOptions {
  /** The part of the bytes on the link that may be wasted; undefined: as the trace was set. */
  readonly maxWastePercent: number | undefined
  readonly withSites: boolean
}

export interface Standing {
  readonly name: 'today' | 'default' | 'tuned' | 'with hindsight' | 'speculation off'
  readonly totalMs: number
  readonly medianMs: number
  readonly speculations: number
  readonly linkBytes: number
  readonly wastePercent: number
}

export interface Tuning {
  readonly exchanges: number
  readonly link: LinkModel
  readonly agreement: Agreement
  readonly standings: readonly Standing[]
  readonly finding: Finding
  /** Whether the gain is more than chance. */
  readonly isSure: boolean
  readonly sites: readonly { readonly site: string; readonly exchanges: number; readonly finding: Finding }[]
}

// Of fewer exchanges half are no measure of anything.
const LEAST_SITE_EXCHANGES = 40

/** `runs`: of one link. */
export function tune(runs: readonly TraceRun[], { maxWastePercent, withSites }: TuneOptions): Tuning {
  const facts = factsOf(runs)
  const measured = measuredOf(runs.flatMap(({ exchanges }) => exchanges))
  const link = calibrate(facts, measured)
  const set = runs.at(-1)?.thresholds ?? defaultThresholds()
  const work: Work = { runs: facts, model: link, maxWastePercent: maxWastePercent ?? set.maxWastePercent }
  const finding = search(work)
  const isSure = finding.gainMs.low > 0
  const change = isSure ? finding.change : {}
  const asked = facts.flat().filter(each => each.isAsked)
  const bySite = withSites ? Map.groupBy(asked, ({ site }) => site) : new Map<string, readonly unknown[]>()
  const sites = [...bySite]
    .filter(([, list]) => list.length >= LEAST_SITE_EXCHANGES)
    .map(([site, list]) => ({ site, exchanges: list.length, finding: searchSite(work, change, site) }))
    .filter(each => each.finding.gainMs.low > 0 && Object.keys(each.finding.change).length > 0)
  return {
    exchanges: asked.length,
    link,
    agreement: crossAgreement(facts, measured),
    standings: standingsOf(work, finding.change),
    finding,
    isSure,
    sites,
  }
}

function standingsOf(work: Work, change: Tuned): readonly Standing[] {
  const decides: readonly (readonly [Standing['name'], Decide])[] = [
    ['today', byThresholds(({ thresholds }) => thresholds)],
    ['default', byThresholds(defaultThresholds)],
    ['tuned', byThresholds(({ thresholds }) => ({ ...thresholds, ...change }))],
    ['with hindsight', byHindsight],
    ['speculation off', byThresholds(({ thresholds }) => ({ ...thresholds, speculation: 'off' }))],
  ]
  return decides.map(([name, decide]) => {
    const { replayed } = evaluate(work, decide)
    const ms = replayed.map(({ totalMs }) => totalMs)
    return {
      name,
      totalMs: ms.reduce((sum, each) => sum + each, 0),
      medianMs: quantile(ms, 0.5),
      speculations: replayed.filter(({ speculates }) => speculates).length,
      linkBytes: replayed.reduce((sum, { baseBytes, restBytes }) => sum + baseBytes + restBytes, 0),
      wastePercent: wastePercent(replayed),
    }
  })
}

/** What to put into near's configuration file: what is surely better, and nothing else. */
export function configOf({ finding, isSure, sites }: Tuning): Record<string, unknown> {
  return {
    ...(isSure ? finding.change : {}),
    ...(sites.length > 0 ? { sites: Object.fromEntries(sites.map(each => [each.site, each.finding.change])) } : {}),
  }
}

export function tuningTables({ agreement, standings, exchanges }: Tuning): readonly Table[] {
  const { measuredMedianMs, replayedMedianMs, measuredTotalMs, replayedTotalMs } = agreement
  const off = (replayed: number, measured: number) => `${((replayed / measured - 1) * 100).toFixed(1)} %`
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  return [
    {
      title: `How well a replay meets ${exchanges} exchanges that it was not fitted to`,
      head: ['', 'measured', 'replayed', 'off by'],
      rows: [
        [
          'median',
          `${Math.round(measuredMedianMs)} ms`,
          `${Math.round(replayedMedianMs)} ms`,
          off(replayedMedianMs, measuredMedianMs),
        ],
        ['all together', seconds(measuredTotalMs), seconds(replayedTotalMs), off(replayedTotalMs, measuredTotalMs)],
        ['one exchange, median', '', '', `${(agreement.medianError * 100).toFixed(1)} %`],
        ['decisions alike', '', '', `${(agreement.sameDecisions * 100).toFixed(1)} %`],
      ],
    },
    {
      title: 'The same exchanges under other thresholds',
      head: ['', 'all together', 'median', 'speculations', 'on the link', 'of it in vain'],
      rows: standings.map(each => [
        each.name,
        seconds(each.totalMs),
        `${Math.round(each.medianMs)} ms`,
        String(each.speculations),
        `${Math.round(each.linkBytes / 1000)} kB`,
        `${each.wastePercent.toFixed(1)} %`,
      ]),
    },
  ]
}

export function describeFinding({ finding, isSure, sites, standings }: Tuning): string {
  const { change, gainMs } = finding
  const [today] = standings
  const perExchange = `${format(gainMs.middle)} ms an exchange (95 %: ${format(gainMs.low)} to ${format(gainMs.high)})`
  const share = today && gainMs.middle > 0 ? ` of ${Math.round(today.medianMs)} ms` : ''
  const lines = isSure
    ? [`Better: ${describeChange(change)}`, `It is expected to gain ${perExchange}${share}.`]
    : [
        `No thresholds are surely better than today's${Object.keys(change).length > 0 ? `; the best found, ${describeChange(change)}, gains ${perExchange}` : ''}.`,
      ]
  const each = sites.map(
    ({ site, exchanges, finding: found }) =>
      `For ${site} (${exchanges} exchanges): ${describeChange(found.change)}, ${format(found.gainMs.middle)} ms an exchange (95 %: ${format(found.gainMs.low)} to ${format(found.gainMs.high)}).`,
  )
  return `${[...lines, ...each].join('\n')}\n`
}

function describeChange(change: Partial<Thresholds>): string {
  return Object.entries(change)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

function format(ms: number): string {
  return ms.toFixed(Math.abs(ms) < 10 ? 1 : 0)
}
