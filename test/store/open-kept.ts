// Kept versions over a directory of the test, as several processes would open them: each opening has its own memory.
// Knows: how they are opened. Does not know: what is tested with them.
import type { Test } from 'tap'
import { KeptVersions } from '../../store/kept-versions.ts'
import type { SharedTier } from '../../store/shared-tier.ts'
import type { Quotas } from '../../store/writer.ts'
import type { Scope, Version } from '../../shared/version.ts'
import { makeVersion, type Sample } from '../shared/sample-version.ts'

const MiB = 1024 * 1024

export interface Opening {
  readonly quotas?: Partial<Quotas>
  readonly memoryBytes?: number
  /** Milliseconds since the epoch. */
  readonly clock?: { now: number }
  readonly shared?: SharedTier
}

export interface OpenedKept {
  readonly kept: KeptVersions
  /** What was logged. */
  readonly lines: string[]
}

/** Opens the versions under `dataDir`; closed with the test at the latest. */
export function openKept(t: Test, dataDir: string, opening: Opening = {}): OpenedKept {
  const lines: string[] = []
  const log = (facts: object, message: string) => void lines.push(`${message} ${JSON.stringify(facts)}`)
  const quotas = { totalBytes: 64 * MiB, perOrigin: 1, perUser: 1, maxVersionsPerUrl: 4, ...opening.quotas }
  const clock = opening.clock ?? { now: 0 }
  const kept = new KeptVersions({
    memory: { maxBytes: opening.memoryBytes ?? 64 * MiB, maxVersionsPerUrl: 4 },
    disk: { dataDir, quotas },
    shared: opening.shared,
    log: { info: log, warn: log },
    now: () => clock.now,
  })
  t.teardown(() => kept.close())
  return { kept, lines }
}

/** The contents of a URL's versions, newest first, once they are recalled. */
export async function recall(
  kept: KeptVersions,
  url: string,
  scopes: readonly Scope[] = ['public'],
): Promise<string[]> {
  await kept.recall({ url, scopes, siblings: false })
  return kept.of(url, scopes).map(({ content }) => Buffer.from(content).toString())
}

/** Opens, adds the samples, closes: what a process that ended left behind. */
export async function leaveBehind(
  t: Test,
  dataDir: string,
  samples: readonly Sample[],
  opening: Opening = {},
): Promise<readonly Version[]> {
  const { kept } = openKept(t, dataDir, opening)
  const versions = samples.map(makeVersion)
  for (const version of versions) kept.add(version)
  await kept.close()
  return versions
}
