// How far a run is, for a person who waits: one line that is written over on a terminal, a line now and then in a file.
// Knows: counts, rates. Does not know: what is counted.
import { performance } from 'node:perf_hooks'
import type { WriteStream } from 'node:tty'

// Often enough to see it move, seldom enough to cost nothing; a log file gets a line every ten seconds.
const TERMINAL_INTERVAL_MS = 200
const FILE_INTERVAL_MS = 10_000
const BAR_CELLS = 24

export class Progress {
  readonly #out: NodeJS.WriteStream | WriteStream
  readonly #what: string
  readonly #total: number
  readonly #startedAt = performance.now()
  #done = 0
  #failed = 0
  #writtenAt = Number.NEGATIVE_INFINITY

  constructor(out: NodeJS.WriteStream | WriteStream, what: string, total: number) {
    this.#out = out
    this.#what = what
    this.#total = total
  }

  /** Counts one visit that has ended. */
  note(error: string | undefined): void {
    if (error !== undefined) this.#failed += 1
    this.#done += 1
    const interval = this.#out.isTTY ? TERMINAL_INTERVAL_MS : FILE_INTERVAL_MS
    if (performance.now() - this.#writtenAt >= interval) this.#write()
  }

  end(): void {
    this.#write()
    if (this.#out.isTTY) this.#out.write('\n')
  }

  #write(): void {
    this.#writtenAt = performance.now()
    const seconds = (this.#writtenAt - this.#startedAt) / 1000
    const share = this.#done / this.#total
    const cells = Math.round(share * BAR_CELLS)
    const bar = '█'.repeat(cells) + '░'.repeat(BAR_CELLS - cells)
    const left = share > 0 ? formatSeconds(seconds / share - seconds) : '?'
    const rate = (this.#done / Math.max(seconds, 0.001)).toFixed(1)
    const line = `${this.#what} ${bar} ${this.#done}/${this.#total}  ${rate}/s  ${this.#failed} failed  ${left} left`
    this.#out.write(this.#out.isTTY ? `\r\u001b[K${line}` : `${line}\n`)
  }
}

function formatSeconds(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
}
