// A trace: what near writes down of its exchanges so that other thresholds can be tried on them, and far of those that it
// answers. Lines of JSON; one that begins a run, then one for each exchange as it ends. Sizes, times and decisions, never
// contents. Far's say of which run they are: several of its processes may write to one file.
// Knows: the lines. Does not know: files, how names are hidden, how a trace is replayed.
import { type OptionRow, type Thresholds, thresholdOptions } from '../config/options.ts'
import { parseThresholds } from '../config/site-settings.ts'
import { Fault } from '../fault.ts'
import type { Way } from '../http/cache-status.ts'
import type { SpeculationWish } from '../link/ask.ts'
import { formatPlan, parsePlan, type ToldPlan } from '../link/told-plan.ts'

/** The time from a start of near to its end, on one link. */
export interface TraceRun {
  /** Milliseconds since the epoch; the exchanges count from here. */
  readonly startedAt: number
  readonly mode: string
  /** Whether URLs and sites are named as they are. */
  readonly isNamed: boolean
  readonly thresholds: Thresholds
  readonly exchanges: readonly TracedExchange[]
}

/** What both sides know of an exchange. */
interface TracedFigures {
  /** When it was asked for here, in milliseconds since the run began. */
  readonly at: number
  readonly site: string
  readonly url: string
  readonly method: string
  readonly status?: number
  readonly fault?: string
  readonly totalMs: number
  readonly originWaitMs?: number
  readonly contentBytes: number
  /** Content bytes on the link, and what the whole would have cost there. */
  readonly baseBytes: number
  readonly deltaBytes: number
  readonly wholeBytes: number
  readonly wholeCostBytes?: number
  /** As near measured the link: when the exchange ended, or as it told far when it asked. */
  readonly bandwidthBytesPerSecond?: number
  readonly roundTripMs?: number
  readonly plan?: ToldPlan
  /** Thresholds of this exchange that are not those of its run: of its site, set since, or agreed on by both sides. */
  readonly set?: Partial<Thresholds>
}

/** `at`: when the client asked. */
export interface TracedExchange extends TracedFigures {
  readonly way?: Way
  readonly firstByteMs?: number
}

/** The time from a start of one of far's processes to its end. */
export interface FarTraceRun {
  readonly run: string
  /** Milliseconds since the epoch; the exchanges count from here. */
  readonly startedAt: number
  readonly isNamed: boolean
  readonly thresholds: Thresholds
}

/**
 * What far knows of an exchange: all but when its bytes have arrived. `at`: when near's ask came; `totalMs`: until the last
 * byte was handed to the link, which may still have a round trip's worth to carry.
 */
export interface FarTracedExchange extends TracedFigures {
  readonly run: string
  /** Which near asked. */
  readonly near: string
  readonly verdict?: string
  readonly wish?: SpeculationWish
}

// The version of the lines; a reader refuses others.
const FORMAT = 1

export function beginTrace(run: Omit<TraceRun, 'exchanges'>): string {
  const { startedAt, mode, isNamed, thresholds } = run
  return `${JSON.stringify({ trace: FORMAT, startedAt, mode, isNamed, thresholds: writeThresholds(thresholds) })}\n`
}

export function beginFarTrace({ thresholds, ...rest }: FarTraceRun): string {
  return `${JSON.stringify({ trace: FORMAT, side: 'far', ...rest, thresholds: writeThresholds(thresholds) })}\n`
}

/** A line of near's or far's. */
export function writeExchange({ plan, set, ...rest }: TracedExchange | FarTracedExchange): string {
  const more = { ...(plan ? { plan: formatPlan(plan) } : {}), ...(set ? { set: writeThresholds(set) } : {}) }
  return `${JSON.stringify({ ...rest, ...more })}\n`
}

/** The host that an URL, or CONNECT's target, names, without port and brackets. */
export function siteOf(url: string): string {
  const whole = url.includes('://') ? url : `https://${url}`
  return URL.canParse(whole) ? new URL(whole).hostname.replaceAll(/^\[|\]$/g, '') : url
}

/** The thresholds that are not those of `run`; undefined when there are none. */
export function thresholdsBeside(run: Thresholds, own: Thresholds): Partial<Thresholds> | undefined {
  const names = (Object.keys(thresholdOptions) as (keyof Thresholds)[]).filter(name => run[name] !== own[name])
  return names.length === 0 ? undefined : Object.fromEntries(names.map(name => [name, own[name]]))
}

/**
 * The runs of a near's trace. A last line without its end, as a process that was killed leaves it, is passed over. Raises USAGE
 * when `text` is none.
 */
export function readTrace(text: string, shown: string): readonly TraceRun[] {
  const runs: (TraceRun & { readonly exchanges: TracedExchange[] })[] = []
  const lines = text.split('\n')
  for (const [index, line] of lines.slice(0, -1).entries()) {
    const where = `${shown}, line ${index + 1}`
    const value = parseLine(line, where)
    if ('trace' in value) runs.push({ ...readRun(value, where), exchanges: [] })
    else {
      const run = runs.at(-1)
      if (!run) throw notTrace(where)
      run.exchanges.push(readExchange(value, where))
    }
  }
  if (runs.length === 0) throw notTrace(shown)
  return runs
}

function parseLine(line: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object with any members is what it is
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told below.
  }
  throw notTrace(where)
}

function readRun(value: Record<string, unknown>, where: string): Omit<TraceRun, 'exchanges'> {
  const { trace, side, startedAt, mode, isNamed, thresholds } = value
  if (trace !== FORMAT) throw new Fault('USAGE', `${where}: a trace of format ${String(trace)}, not ${FORMAT}`)
  if (side === 'far') throw new Fault('USAGE', `${where}: ${NOT_OF_FAR}`)
  const read = parseThresholds(thresholds, where)
  const isComplete = Object.keys(thresholdOptions).every(name => name in read)
  if (typeof startedAt !== 'number' || typeof mode !== 'string' || !isComplete) throw notTrace(where)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is complete
  return { startedAt, mode, isNamed: isNamed === true, thresholds: read as Thresholds }
}

function readExchange(value: Record<string, unknown>, where: string): TracedExchange {
  const { plan, set, ...rest } = value
  const numbers = ['at', 'totalMs', 'contentBytes', 'baseBytes', 'deltaBytes', 'wholeBytes']
  const isWhole =
    numbers.every(name => typeof value[name] === 'number') &&
    typeof value['url'] === 'string' &&
    typeof value['site'] === 'string'
  if (!isWhole) throw notTrace(where)
  const told = typeof plan === 'string' ? parsePlan(plan) : undefined
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is needed was looked at
    ...(rest as unknown as TracedExchange),
    ...(told ? { plan: told } : {}),
    ...(set === undefined ? {} : { set: parseThresholds(set, where) }),
  }
}

// What is to be foreseen is what a client waits for.
const NOT_OF_FAR =
  'a trace of far, which does not see when its bytes arrive; what thresholds are worth is told by the trace of the near (hunch near --trace)'

/** As a configuration file has them; JSON has no Infinity. */
function writeThresholds(thresholds: Partial<Thresholds>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(thresholds).map(([name, value]) => [name, value === Number.POSITIVE_INFINITY ? 'none' : value]),
  )
}

function notTrace(where: string): Fault {
  return new Fault('USAGE', `${where}: not a trace as hunch near --trace writes it`)
}

/** A threshold's default at near. */
export function defaultThresholds(): Thresholds {
  const read = Object.entries(thresholdOptions).map(([name, row]) => {
    const { kind, defaults }: OptionRow = row
    return [name, kind.parse(defaults.near ?? '')]
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value was read by its row's kind
  return Object.fromEntries(read) as Thresholds
}
