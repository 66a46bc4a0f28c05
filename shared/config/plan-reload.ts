// What of another configuration holds at once, and what waits for a restart.
// Knows: which options are looked up each time that they are needed. Does not know: files, who takes them up.
import { isDeepStrictEqual } from 'node:util'
import { type Thresholds, thresholdOptions } from './options.ts'

export interface ReloadPlan {
  /** Keys that changed and hold from now on. */
  readonly live: readonly string[]
  /** Keys that changed and hold from the next start on. */
  readonly restart: readonly string[]
}

interface AnyConfig {
  readonly thresholds: Thresholds
}

// The stores are opened with it.
const FIXED_THRESHOLD = 'maxVersionsPerUrl'
const liveKeys: ReadonlySet<string> = new Set([
  'sites',
  'exclude',
  ...Object.keys(thresholdOptions).filter(name => name !== FIXED_THRESHOLD),
])

/** `before` and `after` are of the same command. */
export function planReload(before: AnyConfig, after: AnyConfig): ReloadPlan {
  const [old, next] = [new Map(keysOf(before)), new Map(keysOf(after))]
  const changed = [...next.keys()].filter(key => !isDeepStrictEqual(old.get(key), next.get(key)))
  return {
    live: changed.filter(key => liveKeys.has(key)),
    restart: changed.filter(key => !liveKeys.has(key)),
  }
}

/** As in the file: thresholds stand beside the others. */
function keysOf({ thresholds, ...own }: AnyConfig): readonly (readonly [string, unknown])[] {
  return [...Object.entries(own), ...Object.entries(thresholds)]
}
