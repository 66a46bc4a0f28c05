// How hard an encoder tries: five levels, and what each means to both formats.
// Knows: numbers. Does not know: links, loads; `choose.ts` picks the level.

import { Fault } from '../fault.ts'
import type { SearchDepth } from './match-finder.ts'

/** 1 is the fastest, 3 the default, 5 the smallest. */
export type Effort = 1 | 2 | 3 | 4 | 5

export const DEFAULT_EFFORT: Effort = 3

export interface EffortRow {
  readonly search: SearchDepth
  /** VCDIFF windows up to this many bytes are parsed optimally, longer ones lazily. */
  readonly optimalUpToBytes: number
  /** Brotli's quality for a VCDIFF delta on the link (RFC 7932 leaves it to the encoder): the input is small. */
  readonly linkQuality: number
  /** Brotli's quality for dcb, where the input is the whole target. Below 5 Brotli does not use a dictionary at all. */
  readonly dcbQuality: number
}

const KIB = 1024

export const efforts = {
  1: { search: depth(4, 4, 4, 64), optimalUpToBytes: 0, linkQuality: 5, dcbQuality: 5 },
  2: { search: depth(8, 16, 16, 128), optimalUpToBytes: 0, linkQuality: 9, dcbQuality: 5 },
  3: { search: depth(16, 32, 32, 256), optimalUpToBytes: 1024 * KIB, linkQuality: 11, dcbQuality: 10 },
  4: { search: depth(16, 32, 32, 256), optimalUpToBytes: 8192 * KIB, linkQuality: 11, dcbQuality: 11 },
  5: { search: depth(64, 256, 256, 1024), optimalUpToBytes: 8192 * KIB, linkQuality: 11, dcbQuality: 11 },
} as const satisfies Record<Effort, EffortRow>

function depth(long: number, short: number, target: number, niceBytes: number): SearchDepth {
  return { long, short, target, niceBytes }
}

/** Reads an effort from outside. Raises USAGE. */
export function asEffort(value: unknown): Effort {
  const effort = Number(value)
  if (effort === 1 || effort === 2 || effort === 3 || effort === 4 || effort === 5) return effort
  throw new Fault('USAGE', `effort is 1 (fastest) to 5 (smallest), not ${String(value)}`)
}
