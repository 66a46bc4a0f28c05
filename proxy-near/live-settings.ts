// The settings that change while near runs: thresholds, and what single sites get. Those of the configuration, and over
// them what the user set on the dashboard, which is kept in a file.
// Knows: which beats which, the file. Does not know: pages, requests.
//
// Invariant: what was refused changes nothing, and what was accepted is in the file before it is said to be.
import { join } from 'node:path'
import {
  parseSites,
  parseThresholds,
  settingsOf,
  type SiteSettings,
  type Sites,
} from '../shared/config/site-settings.ts'
import type { Thresholds } from '../shared/config/options.ts'
import { Fault } from '../shared/fault.ts'
import { makePrivateDirectory, readPrivateFile, writePrivateFile } from '../store/private-file.ts'

export interface Configured {
  readonly thresholds: Thresholds
  readonly sites: Sites
}

/** What was set by hand, as JSON has it. */
interface Own {
  readonly thresholds: Readonly<Record<string, unknown>>
  readonly sites: Readonly<Record<string, unknown>>
}

export class LiveSettings {
  readonly #path: string | undefined
  #configured: Configured
  #own: Own
  #effective: Configured

  private constructor(configured: Configured, path: string | undefined, own: Own) {
    this.#configured = configured
    this.#path = path
    this.#own = own
    this.#effective = combine(configured, own)
  }

  /** Reads what was set before from `directory`. Raises CANNOT_READ, and CONFIG when the file holds no settings. */
  static async open(configured: Configured, directory: string): Promise<LiveSettings> {
    const path = join(directory, 'settings.json')
    const text = await readPrivateFile(path)
    return new LiveSettings(configured, path, text === undefined ? NOTHING : readOwn(parseJson(text, path), path))
  }

  /** Settings that are kept nowhere. */
  static inMemory(configured: Configured): LiveSettings {
    return new LiveSettings(configured, undefined, NOTHING)
  }

  get thresholds(): Thresholds {
    return this.#effective.thresholds
  }

  get sites(): Sites {
    return this.#effective.sites
  }

  /** What holds for a host, without brackets. */
  of(host: string): SiteSettings & { readonly thresholds: Thresholds } {
    return settingsOf(host, this.#effective.sites, this.#effective.thresholds)
  }

  /**
   * Changes what `change` names: `{"thresholds": {"maxDeltaRatio": 0.5}, "sites": {"a.example": {"policy": "tunnel"}}}`.
   * null takes a setting back to what the configuration says. Raises CONFIG, and CANNOT_READ when it cannot be kept.
   */
  async change(change: unknown): Promise<void> {
    const said = readOwn(change, 'the settings')
    const own: Own = {
      thresholds: withoutNull({ ...this.#own.thresholds, ...said.thresholds }),
      sites: withoutNull({ ...this.#own.sites, ...said.sites }),
    }
    const effective = combine(this.#configured, own)
    if (this.#path !== undefined) {
      await makePrivateDirectory(join(this.#path, '..'))
      await writePrivateFile(this.#path, `${JSON.stringify(own, undefined, 2)}\n`)
    }
    this.#own = own
    this.#effective = effective
  }

  /** Takes another configuration; what was set by hand stays. Raises CONFIG when the two do not go together. */
  reload(configured: Configured): void {
    this.#effective = combine(configured, this.#own)
    this.#configured = configured
  }
}

const NOTHING: Own = { thresholds: {}, sites: {} }

function combine(configured: Configured, own: Own): Configured {
  const thresholds = { ...configured.thresholds, ...parseThresholds(own.thresholds, 'thresholds') }
  const { minBaseBytes, maxBaseBytes } = thresholds
  if (minBaseBytes > maxBaseBytes) {
    throw new Fault('CONFIG', `minBaseBytes (${minBaseBytes}) is more than maxBaseBytes (${maxBaseBytes})`)
  }
  return {
    thresholds,
    sites: new Map([...configured.sites, ...parseSites(own.sites, 'sites')]),
  }
}

function readOwn(value: unknown, shown: string): Own {
  if (!isRecord(value)) throw new Fault('CONFIG', `${shown}: not a JSON object`)
  const { thresholds = {}, sites = {}, ...rest } = value
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw new Fault('CONFIG', `${shown}: there is no ${unknown}, only thresholds and sites`)
  if (!isRecord(thresholds) || !isRecord(sites))
    throw new Fault('CONFIG', `${shown}: thresholds and sites are JSON objects`)
  return { thresholds, sites }
}

function parseJson(text: string, shown: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Fault('CONFIG', `${shown} is not JSON: mend it, or remove it to start without it`, { cause: error })
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutNull(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null))
}
