// What the user wants of single sites: how much of Hunch they get, and thresholds of their own.
// Knows: hosts, thresholds, how both are written in JSON. Does not know: files, requests, who asks.
import { Fault } from '../fault.ts'
import { type HostPattern, matchesHost, parseHostPatterns } from '../http/host-pattern.ts'
import { suggestNearest } from './nearest.ts'
import { type OptionRow, type ThresholdName, type Thresholds, thresholdOptions } from './options.ts'

export const sitePolicies = {
  on: 'everything',
  'no-speculation': 'deltas, but nothing is sent before the site has answered',
  tunnel: 'its HTTPS is not opened; the rest as it comes',
  bypass: 'from this machine itself, past the link',
} as const

export type SitePolicy = keyof typeof sitePolicies

export interface SiteSettings {
  readonly policy: SitePolicy
  readonly thresholds: Partial<Thresholds>
}

/** By host, or `*.` and what the host is below. */
export type Sites = ReadonlyMap<HostPattern, SiteSettings>

/**
 * Reads `{"*.site.example": {"policy": "tunnel", "maxDeltaRatio": 0.5}}`. `shown` says where it was written.
 * Raises CONFIG for a host, policy, threshold or value that does not fit.
 */
export function parseSites(value: unknown, shown: string): Sites {
  const sites = new Map<HostPattern, SiteSettings>()
  for (const [host, settings] of entriesOf(value, shown)) {
    const [pattern, ...more] = parseHostPatterns(host) ?? []
    if (pattern === undefined || more.length > 0) {
      throw new Fault('CONFIG', `${shown}: ${JSON.stringify(host)} is not a host, or *. and what is below it`)
    }
    sites.set(pattern, parseSettings(settings, `${shown}.${host}`))
  }
  return sites
}

function parseSettings(value: unknown, shown: string): SiteSettings {
  let policy: SitePolicy = 'on'
  const rest: [string, unknown][] = []
  for (const [name, each] of entriesOf(value, shown)) {
    if (name === 'policy') policy = parsePolicy(each, shown)
    else rest.push([name, each])
  }
  return { policy, thresholds: parseThresholds(Object.fromEntries(rest), shown) }
}

function parsePolicy(value: unknown, shown: string): SitePolicy {
  const known = Object.keys(sitePolicies)
  const found = known.find((name): name is SitePolicy => name === value)
  if (found !== undefined) return found
  throw new Fault('CONFIG', `${shown}: policy ${JSON.stringify(value)} is not one of ${known.join(', ')}`)
}

/** Thresholds as JSON has them: numbers, or the text that a person would write. Raises CONFIG. */
export function parseThresholds(value: unknown, shown: string): Partial<Thresholds> {
  const read = entriesOf(value, shown).map(([name, each]) => {
    if (!isThreshold(name)) {
      const nearest = suggestNearest(name, Object.keys(thresholdOptions))
      throw new Fault('CONFIG', `${shown}: there is no threshold ${name}.${nearest}`)
    }
    const { kind }: OptionRow = thresholdOptions[name]
    const parsed = typeof each === 'string' || typeof each === 'number' ? kind.parse(String(each)) : undefined
    if (parsed === undefined)
      throw new Fault('CONFIG', `${shown}: ${name} ${JSON.stringify(each)} is not ${kind.expects}`)
    return [name, parsed]
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value was read by its row's kind
  return Object.fromEntries(read) as Partial<Thresholds>
}

/** What holds for `host`: its own settings, else those of the longest pattern above it, over `thresholds`. */
export function settingsOf(
  host: string,
  sites: Sites,
  thresholds: Thresholds,
): SiteSettings & { thresholds: Thresholds } {
  const [pattern] = [...sites.keys()]
    .filter(each => matchesHost([each], host))
    .sort((one, other) => Number(one.startsWith('*')) - Number(other.startsWith('*')) || other.length - one.length)
  const own = pattern === undefined ? undefined : sites.get(pattern)
  const policy = own?.policy ?? 'on'
  const all = { ...thresholds, ...own?.thresholds }
  return { policy, thresholds: policy === 'no-speculation' ? { ...all, speculation: 'off' } : all }
}

function isThreshold(name: string): name is ThresholdName {
  return Object.hasOwn(thresholdOptions, name)
}

function entriesOf(value: unknown, shown: string): readonly (readonly [string, unknown])[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value)
  throw new Fault('CONFIG', `${shown} is not a JSON object`)
}
