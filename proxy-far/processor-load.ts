// How busy the processors of this machine are, as far as it concerns work that cannot wait.
// Knows: what the system counts. Does not know: what it is asked for.
import { cpus } from 'node:os'

// Long enough that the system's ticks of 10 ms tell; asking it costs as much as compressing a small answer.
const GOOD_FOR_MS = 1000

/** Milliseconds of all processors together. */
export interface ProcessorTimes {
  readonly totalMs: number
  /** Without anything to do, or with work that gives way to any other (nice). */
  readonly freeMs: number
}

export class ProcessorLoad {
  readonly #read: () => ProcessorTimes
  #before: ProcessorTimes
  #goodUntil: number
  #share = 0

  constructor(now: number, read = readTimes) {
    this.#read = read
    this.#before = read()
    this.#goodUntil = now + GOOD_FOR_MS
  }

  /** From 0 to 1, over the last second or what has passed since it was asked for; 0 in the first second. */
  share(now: number): number {
    if (now < this.#goodUntil) return this.#share
    const times = this.#read()
    const totalMs = times.totalMs - this.#before.totalMs
    if (totalMs > 0) this.#share = Math.min(1, Math.max(0, 1 - (times.freeMs - this.#before.freeMs) / totalMs))
    this.#before = times
    this.#goodUntil = now + GOOD_FOR_MS
    return this.#share
  }
}

function readTimes(): ProcessorTimes {
  const times = cpus().map(cpu => cpu.times)
  const sum = (names: readonly (keyof (typeof times)[number])[]) =>
    times.reduce((total, each) => names.reduce((part, name) => part + each[name], total), 0)
  return { totalMs: sum(['user', 'nice', 'sys', 'idle', 'irq']), freeMs: sum(['idle', 'nice']) }
}
