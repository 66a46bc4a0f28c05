// Reads the beginning of a content, in the hope that it is all of it: what is known completely can be compared, and
// made into a better delta.
// Knows: arrivals and pauses. Does not know: what the content is for.
import type { Arrival } from './paused.ts'

export interface GatherLimits {
  readonly bytes: number
  readonly ms: number
}

export interface Gathered {
  /** All of it, when it ended within the limits. */
  readonly content: Uint8Array | undefined
  /** What was read and what is still to come, when it did not. */
  readonly arrivals: AsyncIterable<Arrival>
}

/** Reads until the content ends, pauses, or reaches a limit. */
export async function gather(
  arrivals: AsyncGenerator<Arrival>,
  limits: GatherLimits,
  now: () => number,
): Promise<Gathered> {
  const begun: Arrival[] = []
  const startedAt = now()
  let length = 0
  while (length < limits.bytes && now() - startedAt < limits.ms) {
    const { done, value } = await arrivals.next()
    if (done) return { content: Buffer.concat(begun.map(bytesOf)), arrivals }
    // A pause is said once: it goes on with what came before it, so that this is sent and does not wait for more.
    begun.push(value)
    if (value.kind === 'pause') break
    length += value.bytes.length
  }
  return { content: undefined, arrivals: chain(begun, arrivals) }
}

async function* chain(begun: readonly Arrival[], rest: AsyncGenerator<Arrival>): AsyncGenerator<Arrival> {
  yield* begun
  yield* rest
}

function bytesOf(arrival: Arrival): Uint8Array {
  return arrival.kind === 'bytes' ? arrival.bytes : new Uint8Array(0)
}
