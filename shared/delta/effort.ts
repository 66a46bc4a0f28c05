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
  readonly dcb: DcbEffort
}

/** A whole dcb delta is made in several ways, of which the smallest is kept; its input is the whole target. */
export interface DcbEffort {
  /** How libbrotli makes it first. */
  readonly first: readonly [DcbSettings, ...DcbSettings[]]
  /** What came out with up to this many bytes is made by `brotli-encode.ts` as well: it describes its codes in fewer. */
  readonly ownUpToBytes: number
  /** How libbrotli makes it again when more came out. */
  readonly again?: DcbSettings
}

export interface DcbSettings {
  /** Brotli's quality, 5 to 11: below 5 Brotli does not use a dictionary at all. */
  readonly quality: 5 | 7 | 10 | 11
  /** Whether literals are modelled by the bytes before them: that pays from some kilobytes of delta on. */
  readonly contexts: boolean
}

const MIB = 1024 * 1024

// Measured: see docs/delta.md. 5 to 7 take the same time; 8 and 9 take longer than 10 and are larger.
const quick = { quality: 7, contexts: false } as const
const middling = { quality: 10, contexts: false } as const
const small = { quality: 11, contexts: false } as const
const smallOfLarge = { quality: 11, contexts: true } as const

export const efforts = {
  1: {
    search: depth(4, 4, 4, 64),
    optimalUpToBytes: 0,
    linkQuality: 5,
    dcb: { first: [quick], ownUpToBytes: 0 },
  },
  2: {
    search: depth(8, 16, 16, 128),
    optimalUpToBytes: 0,
    linkQuality: 9,
    dcb: { first: [quick], ownUpToBytes: 0 },
  },
  3: {
    search: depth(16, 32, 32, 256),
    optimalUpToBytes: 2 * MIB,
    linkQuality: 11,
    dcb: { first: [quick], ownUpToBytes: 3000, again: middling },
  },
  4: {
    search: depth(16, 32, 32, 256),
    optimalUpToBytes: 8 * MIB,
    linkQuality: 11,
    dcb: { first: [small], ownUpToBytes: 1000 },
  },
  5: {
    search: depth(64, 256, 256, 1024),
    optimalUpToBytes: 8 * MIB,
    linkQuality: 11,
    // Beyond, a page of new content is in it, which takes our parse seconds and which libbrotli codes better.
    dcb: { first: [small, smallOfLarge], ownUpToBytes: 8192 },
  },
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
