// How hard an encoder tries: five levels, and what each means to both formats.
// Knows: numbers. Does not know: links, loads; `choose.ts` picks the level.

import { Fault } from '../fault.ts'
import type { SearchDepth } from './match-finder.ts'

/** 1 is the fastest, 3 the default, 5 the smallest. */
export type Effort = 1 | 2 | 3 | 4 | 5

export const DEFAULT_EFFORT: Effort = 3

export interface EffortRow {
  readonly search: SearchDepth
  /** Brotli's quality for a VCDIFF delta on the link (RFC 7932 leaves it to the encoder): the input is small. */
  readonly linkQuality: number
  /** Brotli's quality for dcb, where the input is the whole target. */
  readonly dcbQuality: number
}

export const efforts = {
  1: { search: { long: 4, short: 4, target: 4, niceBytes: 64 }, linkQuality: 5, dcbQuality: 4 },
  2: { search: { long: 8, short: 8, target: 8, niceBytes: 128 }, linkQuality: 9, dcbQuality: 5 },
  3: { search: { long: 16, short: 32, target: 32, niceBytes: 256 }, linkQuality: 11, dcbQuality: 9 },
  4: { search: { long: 64, short: 128, target: 128, niceBytes: 1024 }, linkQuality: 11, dcbQuality: 10 },
  5: { search: { long: 256, short: 512, target: 512, niceBytes: 4096 }, linkQuality: 11, dcbQuality: 11 },
} as const satisfies Record<Effort, EffortRow>

/** Reads an effort from outside. Raises USAGE. */
export function asEffort(value: unknown): Effort {
  const effort = Number(value)
  if (effort === 1 || effort === 2 || effort === 3 || effort === 4 || effort === 5) return effort
  throw new Fault('USAGE', `effort is 1 (fastest) to 5 (smallest), not ${String(value)}`)
}
