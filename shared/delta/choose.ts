// Decides how a delta is made: which format, at which effort, or several of which the smallest is sent.
// Knows: sizes, the link's bandwidth, the load, what each way costs and gives (measured). Does not know: how it is done.
// One rule: of all ways, the one with the least time to encode + weight × time on the link.

import { MAX_DCB_BASE_BYTES } from './dcb.ts'
import { type Effort, efforts } from './effort.ts'
import type { DeltaFormat } from './format.ts'

export interface DeltaFacts {
  readonly baseBytes: number
  readonly targetBytes: number
  /** What the link carries, bytes per second. */
  readonly linkBytesPerSecond: number
  /** The share of the processors that is busy, 0 to 1. */
  readonly cpuLoad: number
  /** The formats that near reads. */
  readonly formats: readonly DeltaFormat[]
  /** What share of the target earlier deltas of this URL were; nothing when there were none. */
  readonly expectedRatio?: number
  /** Set to try no harder and no less than this. */
  readonly effort?: Effort
}

export interface DeltaAttempt {
  readonly format: DeltaFormat
  readonly effort: Effort
}

export type DeltaChoice =
  | {
      readonly kind: 'encode'
      /** Make all of these and send the smallest. */
      readonly attempts: readonly [DeltaAttempt, ...DeltaAttempt[]]
      readonly expectedMs: number
      readonly expectedBytes: number
    }
  | { readonly kind: 'skip'; readonly why: 'no-common-format' | 'base-empty' | 'base-too-large' }

interface Way {
  readonly attempts: readonly [DeltaAttempt, ...DeltaAttempt[]]
  /** Milliseconds on an idle processor: for the start, for each MiB of base and target, and for each KiB of delta. */
  readonly startMs: number
  readonly msPerMib: number
  readonly msPerKib: number
  /** What a KiB takes of deltas so small that our own encoder makes them, too (effort.ts). */
  readonly own?: { readonly upToBytes: number; readonly msPerKib: number }
  /** Size against the smallest way. */
  readonly relativeSize: number
}

// Where nothing is known of a URL: the median delta of neighbouring versions is 0.4 % of its page, p90 6 %.
const UNKNOWN_RATIO = 0.01

// The least delta there is: frame, one copy.
const LEAST_DELTA_BYTES = 20

const MIB = 1024 * 1024

const dcb = (effort: Effort): DeltaAttempt => ({ format: 'dcb', effort })
const vcdiff = (effort: Effort): DeltaAttempt => ({ format: 'vcdiff', effort })

const ownOf = (effort: Effort, msPerKib: number) => ({ upToBytes: efforts[effort].dcb.ownUpToBytes, msPerKib })

// Bytes of all changed steps of the corpus together, and times on one processor: see docs/delta.md. Times of single deltas
// are half as long or twice as long: what a parse for the fewest bytes takes depends on what has changed.
const ways: readonly Way[] = [
  { attempts: [dcb(2)], startMs: 0.4, msPerMib: 7, msPerKib: 0.7, relativeSize: 1.11 },
  { attempts: [dcb(3)], startMs: 1.3, msPerMib: 13, msPerKib: 6, own: ownOf(3, 40), relativeSize: 1.035 },
  { attempts: [dcb(4)], startMs: 1.3, msPerMib: 70, msPerKib: 18, own: ownOf(4, 40), relativeSize: 1.012 },
  { attempts: [dcb(5), vcdiff(4)], startMs: 1, msPerMib: 80, msPerKib: 45, own: ownOf(5, 65), relativeSize: 1 },
  { attempts: [vcdiff(2)], startMs: 0.4, msPerMib: 10, msPerKib: 1.3, relativeSize: 1.5 },
  { attempts: [vcdiff(3)], startMs: 0.4, msPerMib: 10, msPerKib: 10, relativeSize: 1.38 },
]

// A byte on the link holds up this answer and all that waits behind it; a thread that encodes holds up this one only.
const LINK_WEIGHT = 2

/** Chooses how to make one delta. */
export function chooseDelta(facts: DeltaFacts): DeltaChoice {
  if (facts.formats.length === 0) return { kind: 'skip', why: 'no-common-format' }
  if (facts.baseBytes === 0) return { kind: 'skip', why: 'base-empty' }
  const readable = ways.filter(way => way.attempts.every(({ format }) => facts.formats.includes(format)))
  const feasible = readable.filter(way => way.attempts.every(({ format }) => fits(format, facts)))
  const asked = facts.effort
  const wanted = asked === undefined ? feasible : feasible.filter(way => way.attempts[0].effort === asked)
  const best = findCheapest(wanted.length > 0 ? wanted : feasible, facts)
  return best ?? { kind: 'skip', why: 'base-too-large' }
}

function fits(format: DeltaFormat, { baseBytes }: DeltaFacts): boolean {
  return format === 'vcdiff' || baseBytes <= MAX_DCB_BASE_BYTES
}

function findCheapest(candidates: readonly Way[], facts: DeltaFacts): DeltaChoice | undefined {
  let best: DeltaChoice | undefined
  let leastMs = Number.POSITIVE_INFINITY
  for (const way of candidates) {
    const expectedBytes = estimateBytes(way, facts)
    const expectedMs = estimateMs(way, facts)
    const costMs = expectedMs + LINK_WEIGHT * (expectedBytes / facts.linkBytesPerSecond) * 1000
    if (costMs >= leastMs) continue
    leastMs = costMs
    best = { kind: 'encode', attempts: way.attempts, expectedMs, expectedBytes }
  }
  return best
}

function estimateBytes({ relativeSize }: Way, { targetBytes, expectedRatio }: DeltaFacts): number {
  return Math.max(LEAST_DELTA_BYTES, (expectedRatio ?? UNKNOWN_RATIO) * targetBytes) * relativeSize
}

/** How many times as long work takes on a machine that is busy, from 0 to 1: it waits for its share, and others for theirs. */
export function slowdownAt(cpuLoad: number): number {
  return 1 + (BUSY_FACTOR - 1) * Math.min(1, Math.max(0, cpuLoad))
}

const BUSY_FACTOR = 4

function estimateMs(way: Way, facts: DeltaFacts): number {
  const deltaBytes = estimateBytes(way, facts)
  const msPerKib = way.own && deltaBytes <= way.own.upToBytes ? way.own.msPerKib : way.msPerKib
  const readMs = ((facts.baseBytes + facts.targetBytes) / MIB) * way.msPerMib
  const ms = way.startMs + readMs + (deltaBytes / 1024) * msPerKib
  return ms * slowdownAt(facts.cpuLoad)
}
