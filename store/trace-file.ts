// The file of a trace: lines, written behind what they tell of.
// Knows: the file, how names are hidden. Does not know: what a line says (shared/exchange/trace-line.ts).
//
// Invariants:
// 1. Nobody waits for the file: what the disk does not take is held up to a bound, and beyond it lost and counted.
// 2. Without `showsNames` nothing that was given to `name` is in the file: hashes are keyed, and the key is kept nowhere.
// 3. Lines are whole also where several processes add to one file: each write ends with a line, and goes to the file's end.
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { pino } from 'pino'
import { Fault } from '../shared/fault.ts'

export interface TraceFileOptions {
  readonly path: string
  readonly showsNames: boolean
  /** Told what was lost. */
  readonly log: { warn(facts: object, text: string): void }
}

// A few thousand exchanges: more than a disk that works is behind.
const MOST_WAITING_BYTES = 1024 ** 2
// A write of its own for each line costs near as much as answering from its cache. What a kill may cost is a second's lines.
const WRITTEN_BYTES = 8192
const WRITTEN_MS = 1000
// 72 bits: of ten thousand URLs no two are likely to be taken for one.
const NAME_CHARACTERS = 12

export class TraceFile {
  readonly #options: TraceFileOptions
  readonly #file: ReturnType<typeof pino.destination>
  readonly #key = randomBytes(16)
  #lost = 0
  #isBroken = false
  #closed: Promise<void> | undefined

  private constructor(options: TraceFileOptions, file: ReturnType<typeof pino.destination>) {
    this.#options = options
    this.#file = file
    file.on('drop', () => (this.#lost += 1))
    file.on('error', (error: Error) => this.#break(error))
  }

  /** Goes on with the file that is there. Raises CANNOT_READ when it cannot be written. */
  static open(options: TraceFileOptions): TraceFile {
    try {
      const dest = openSync(options.path, 'a', 0o600)
      const bounds = { minLength: WRITTEN_BYTES, periodicFlush: WRITTEN_MS, maxLength: MOST_WAITING_BYTES }
      return new TraceFile(options, pino.destination({ dest, sync: false, ...bounds }))
    } catch (cause) {
      throw new Fault('CANNOT_READ', `the trace ${options.path} cannot be written`, { cause })
    }
  }

  /** Whether what is written gets anywhere. */
  get isOpen(): boolean {
    return !this.#isBroken && !this.#closed
  }

  /** `line` ends with a line feed. */
  write(line: string): void {
    if (this.isOpen) this.#file.write(line)
  }

  /** What stands for `text` in the file. */
  name(text: string): string {
    if (this.#options.showsNames) return text
    return createHmac('sha256', this.#key).update(text).digest('base64url').slice(0, NAME_CHARACTERS)
  }

  /** Resolves when all that was written is in the file. */
  close(): Promise<void> {
    return (this.#closed ??= this.#end())
  }

  async #end(): Promise<void> {
    if (this.#lost > 0) this.#options.log.warn({ lost: this.#lost }, 'the disk was too slow for the trace')
    if (this.#isBroken) return
    const closed = once(this.#file, 'close')
    this.#file.end()
    // What cannot be written has been told by then.
    await closed.catch(() => {})
  }

  /** A full disk ends the trace, not the proxy. */
  #break(error: Error): void {
    if (!this.#isBroken) this.#options.log.warn({ error: error.message }, 'the trace has ended: it cannot be written')
    this.#isBroken = true
  }
}
