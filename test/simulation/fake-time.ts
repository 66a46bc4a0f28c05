// Time that only moves when everything else has come to rest: timers of the whole process run on it, in order.
// Knows: Node's timers, immediates and performance.now. Does not know: what waits for them.
//
// 1. A timer fires when all that was due before it has been done, and all that this led to.
// 2. With `restore` the process has its own time again.
import { performance } from 'node:perf_hooks'

interface Timer {
  readonly id: number
  readonly at: number
  readonly action: () => void
}

const own = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  now: Reflect.get(performance, 'now'),
}

// No name comes twice: what the proxies' code still holds from a run before must not cancel a timer of this one.
let lastId = 0

export class FakeTime {
  /** By time, then by the order in which they were set. */
  #timers: Timer[] = []
  #immediates = 0
  #now = 0

  constructor() {
    const setTimeout = (action: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
      const id = this.wake(delayMs, () => action(...args))
      const handle = { id, ref: () => handle, unref: () => handle, hasRef: () => true, [Symbol.toPrimitive]: () => id }
      return handle
    }
    const setImmediate = (action: (...args: unknown[]) => void, ...args: unknown[]) => {
      this.#immediates += 1
      return own.setImmediate(() => {
        this.#immediates -= 1
        action(...args)
      })
    }
    Object.assign(globalThis, {
      setTimeout,
      clearTimeout: (handle: { id: number } | number | undefined) => {
        if (handle !== undefined) this.cancel(typeof handle === 'number' ? handle : handle.id)
      },
      setImmediate,
    })
    performance.now = () => this.#now
  }

  /** Milliseconds since the start. */
  get now(): number {
    return this.#now
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.length
  }

  /** Calls `action` in `delayMs`; gives the name by which `cancel` knows it. */
  wake(delayMs: number, action: () => void): number {
    const id = ++lastId
    const timer = { id, at: this.#now + Math.max(0, delayMs), action }
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#timers[middle] as Timer).at <= timer.at) low = middle + 1
      else high = middle
    }
    this.#timers.splice(low, 0, timer)
    return id
  }

  cancel(id: number): void {
    const index = this.#timers.findIndex(timer => timer.id === id)
    if (index >= 0) this.#timers.splice(index, 1)
  }

  /** Resolves when nothing happens any more before the next timer. */
  async settle(): Promise<void> {
    do await new Promise<void>(resolve => own.setImmediate(resolve))
    while (this.#immediates > 0)
  }

  /** Goes to a time, doing what is due until then and all that it leads to. */
  async goTo(at: number): Promise<void> {
    await this.settle()
    for (let next = this.#timers[0]; next && next.at <= at; next = this.#timers[0]) {
      this.#now = Math.max(this.#now, next.at)
      while (this.#timers[0] && this.#timers[0].at <= this.#now) (this.#timers.shift() as Timer).action()
      await this.settle()
    }
    if (at < Number.POSITIVE_INFINITY) this.#now = Math.max(this.#now, at)
  }

  /** Gives the process its own time back. */
  restore(): void {
    const { setTimeout, clearTimeout, setImmediate, now } = own
    Object.assign(globalThis, { setTimeout, clearTimeout, setImmediate })
    performance.now = now
  }
}
