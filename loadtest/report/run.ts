// The whole record of one load test: what was asked for, on what machine, and every sample. Reports are drawn from it.
// Knows: its shape. Does not know: how it is shown.
import type { Sample } from '../load/run.ts'
import type { Summary } from './summary.ts'

/** One preset of links, all contenders. */
export interface LinkRun {
  readonly link: string
  readonly samples: readonly Sample[]
  readonly summary: Summary
}

export interface RunRecord {
  /** The command that makes it again. */
  readonly command: string
  readonly seed: number
  readonly startedAt: string
  readonly versions: Readonly<Record<string, string>>
  readonly machine: string
  /** False when it was stopped before its plan was done. */
  readonly complete: boolean
  /** What a reader must know before believing the figures: a client that was the bottleneck, failures, wrong bytes. */
  readonly warnings: readonly string[]
  readonly links: readonly LinkRun[]
}
