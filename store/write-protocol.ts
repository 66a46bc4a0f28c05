// What crosses between a proxy and the thread that writes its versions down (write-queue.ts and write-worker.ts).
// Knows: messages. Does not know: who sends them, what they do.
import type { VersionRecord } from '../shared/store/record.ts'
import type { Quotas, WriteCommand, WriteOutcome } from './writer.ts'

/** As `WriteCommand`, but with contents as they are: the thread compresses them. */
export type Order =
  | Exclude<WriteCommand, { kind: 'put' }>
  | {
      readonly kind: 'put'
      readonly record: VersionRecord
      readonly answersByItself: boolean
      readonly compressible: boolean
      readonly content: Uint8Array | undefined
    }

export interface WorkerStart {
  readonly path: string
  readonly quotas: Quotas
}

export interface WriteRequest {
  readonly id: number
  readonly orders: readonly Order[]
}

/** Write the log into the file and end. */
export const CLOSE = 'close'

export type WriteReply =
  /** In one transaction. */
  | { readonly written: readonly { readonly id: number; readonly outcomes: readonly WriteOutcome[] }[] }
  /** Nothing of it was done. */
  | { readonly id: number; readonly why: string }
  /** Something happened to the file that its owner should read of. */
  | { readonly tell: string }
