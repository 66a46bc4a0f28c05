// What far and its encoding threads say to each other, and the list of bases that both keep alike.
// Knows: messages. Does not know: threads.

import type { DeltaAttempt } from '../shared/delta/choose.ts'
import type { DeltaFraming } from '../shared/delta/format.ts'

export interface EncodeRequest {
  readonly id: number
  readonly baseKey: string
  /** Absent when the thread holds the base. */
  readonly base: Uint8Array | undefined
  readonly target: Uint8Array
  readonly attempts: readonly [DeltaAttempt, ...DeltaAttempt[]]
  readonly framing: DeltaFraming
}

export type EncodeReply =
  | { readonly id: number; readonly delta: Uint8Array; readonly attempt: DeltaAttempt; readonly ms: number }
  | { readonly id: number; readonly fault: string }

/** One step of a delta whose target still arrives. `open` and `destroy` are not answered, unless `open` fails. */
export type StreamRequest =
  | ({ readonly kind: 'open'; readonly id: number; readonly base: Uint8Array } & DeltaAttempt)
  | { readonly kind: 'write'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'flush' | 'end' | 'destroy'; readonly id: number }

export type StreamReply =
  | { readonly id: number; readonly bytes: Uint8Array; readonly ms: number; readonly ended: boolean }
  | { readonly id: number; readonly fault: string }

/** Bases by key, the least used dropped first, within a budget of bytes. One base is held even beyond the budget. */
export class HeldBases<Value> {
  readonly #maxBytes: number
  readonly #held = new Map<string, { readonly bytes: number; readonly value: Value }>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Takes a base out; the caller puts it back as the latest. */
  take(key: string): Value | undefined {
    const entry = this.#held.get(key)
    if (entry === undefined) return undefined
    this.#held.delete(key)
    this.#bytes -= entry.bytes
    return entry.value
  }

  put(key: string, bytes: number, value: Value): void {
    this.#held.set(key, { bytes, value })
    this.#bytes += bytes
    for (const [oldest, entry] of this.#held) {
      if (this.#bytes <= this.#maxBytes || oldest === key) break
      this.#held.delete(oldest)
      this.#bytes -= entry.bytes
    }
  }

  has(key: string): boolean {
    return this.#held.has(key)
  }
}
