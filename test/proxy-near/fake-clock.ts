// A clock that tests turn by hand; nothing waits.
import type { Clock } from '../../proxy-near/clock.ts'

export class FakeClock implements Clock {
  #now = 0
  readonly #wakes = new Set<{ readonly at: number; readonly action: () => void }>()

  now(): number {
    return this.#now
  }

  wake(delayMs: number, action: () => void): () => void {
    const wake = { at: this.#now + Math.max(0, delayMs), action }
    this.#wakes.add(wake)
    return () => void this.#wakes.delete(wake)
  }

  /** Lets `ms` pass; every action that falls due is called at its time, in order. */
  pass(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const [next] = [...this.#wakes].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)
      if (next === undefined) break
      this.#wakes.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.action()
    }
    this.#now = until
  }

  /** How many actions are still to come. */
  get waking(): number {
    return this.#wakes.size
  }
}
