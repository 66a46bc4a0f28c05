// Time as far's lanes see it. Knows: Node's timers. Does not know: who waits for what.
import { performance } from 'node:perf_hooks'
import type { LaneClock } from '../shared/link/lanes.ts'

export const systemClock: LaneClock = {
  now: () => performance.now(),
  wake(delayMs, action) {
    // A timer takes a millisecond at least.
    if (delayMs <= 0) {
      const soon = setImmediate(action)
      return () => clearImmediate(soon)
    }
    // A session that is over must not keep the process.
    const timer = setTimeout(action, delayMs).unref()
    return () => clearTimeout(timer)
  },
}
