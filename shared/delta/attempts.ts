// Makes a delta in several ways and keeps the smallest.
// Knows: attempts as choose.ts lists them. Does not know: threads, time.

import type { DeltaAttempt } from './choose.ts'
import { type BaseIndex, type DeltaFraming, encodeDelta } from './format.ts'

export interface AttemptResult {
  readonly attempt: DeltaAttempt
  readonly delta: Uint8Array
}

/** The smallest delta of all attempts; the first of those that are equally small. */
export async function encodeSmallest(
  attempts: readonly [DeltaAttempt, ...DeltaAttempt[]],
  base: Uint8Array | BaseIndex,
  target: Uint8Array,
  framing: DeltaFraming,
): Promise<AttemptResult> {
  const results = await Promise.all(
    attempts.map(async attempt => {
      const delta = await encodeDelta(attempt.format, base, target, { framing, effort: attempt.effort })
      return { attempt, delta }
    }),
  )
  return results.reduce((best, next) => (next.delta.length < best.delta.length ? next : best))
}
