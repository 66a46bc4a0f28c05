// A timer for the origin that fires when a test says so: the waits of a test take no time.
// Knows: what was set and called off. Does not know: milliseconds passing.

interface Waiting {
  readonly delayMs: number
  readonly call: () => void
}

/** Pass `after` as the origin's timer; await `nextDelay()`, then `fire()`. */
export class ManualTimer {
  readonly #waiting: Waiting[] = []
  #tellSet: (() => void)[] = []
  #tellCalledOff: () => void = () => {}

  /** Resolves when a timer that was set has been called off. */
  readonly calledOff = new Promise<void>(resolve => {
    this.#tellCalledOff = resolve
  })

  readonly after = (delayMs: number, call: () => void): (() => void) => {
    const waiting = { delayMs, call }
    this.#waiting.push(waiting)
    for (const tell of this.#tellSet.splice(0)) tell()
    return () => {
      const index = this.#waiting.indexOf(waiting)
      if (index < 0) return
      this.#waiting.splice(index, 1)
      this.#tellCalledOff()
    }
  }

  /** How many timers are set now. */
  get pending(): number {
    return this.#waiting.length
  }

  /** The delay of the timer that fires next, as soon as there is one. */
  nextDelay(): Promise<number> {
    const next = this.#waiting[0]
    if (next !== undefined) return Promise.resolve(next.delayMs)
    return new Promise<void>(resolve => this.#tellSet.push(resolve)).then(() => this.nextDelay())
  }

  /** Lets the oldest timer that is set go off. */
  fire(): void {
    const next = this.#waiting.shift()
    if (next === undefined) throw new Error('no timer is set')
    next.call()
  }
}
