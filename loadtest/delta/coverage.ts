// Which blocks of the delta code have run, asked of V8: what makes the fuzzer keep an input.
// Knows: the inspector's profiler. Does not know: inputs.

import { Session } from 'node:inspector'

interface FunctionCoverage {
  readonly functionName: string
  readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[]
}

interface CoverageResult {
  readonly result: readonly { readonly url: string; readonly functions: readonly FunctionCoverage[] }[]
}

export class CoverageMeter {
  readonly #session = new Session()
  readonly #seen = new Set<string>()
  readonly #within: string

  /** Only scripts whose address contains `within` count. */
  constructor(within: string) {
    this.#within = within
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** How many blocks have run that had not run at the last call. */
  countNew(): number {
    let fresh = 0
    this.#session.post('Profiler.takePreciseCoverage', (error, coverage: CoverageResult) => {
      if (error !== null) throw error
      for (const { url, functions } of coverage.result) {
        if (!url.includes(this.#within)) continue
        for (const { functionName, ranges } of functions) {
          for (const { startOffset, endOffset, count } of ranges) {
            // Counts by powers of two: a loop that runs much longer than before is new, too.
            if (count === 0) continue
            const key = `${url}:${functionName}:${startOffset}:${endOffset}:${Math.min(8, 31 - Math.clz32(count))}`
            if (this.#seen.has(key)) continue
            this.#seen.add(key)
            fresh++
          }
        }
      }
    })
    return fresh
  }

  get blocks(): number {
    return this.#seen.size
  }
}
