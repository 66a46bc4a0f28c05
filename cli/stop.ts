// How a command that runs until it is told to stop is told so.
// Knows: SIGINT and SIGTERM. Does not know: what has to be closed.

import { constants } from 'node:os'

// A page takes less on most links; whoever wants it sooner says so twice.
export const DRAIN_MS = 5_000

export type StopSignal = 'SIGINT' | 'SIGTERM'

/**
 * Resolves at the first SIGINT or SIGTERM after this call, so that the caller can close what it opened. At a second one
 * the process ends at once, with the exit code that shells give to that signal.
 */
export function waitForStop(): Promise<StopSignal> {
  const { promise, resolve } = Promise.withResolvers<StopSignal>()
  let asked = false
  const stop = (signal: StopSignal) => {
    if (asked) process.exit(128 + constants.signals[signal])
    asked = true
    resolve(signal)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return promise
}
