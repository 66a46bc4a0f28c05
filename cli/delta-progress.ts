// A line on standard error that says how far long work has come.
// Knows: terminals, time. Says nothing within the first second, nor when standard error is not a terminal.

import type { Readable } from 'node:stream'

const FIRST_MS = 1000
const EVERY_MS = 250

/** Counts what `input` gives, and shows it until stopped. */
export function watchProgress(input: Readable, wanted: boolean): { stop(): void } {
  if (!wanted || !process.stderr.isTTY) return { stop: () => {} }
  const started = Date.now()
  let bytes = 0
  let shown = false
  input.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length
  })
  const timer = setInterval(() => {
    const elapsedMs = Date.now() - started
    if (elapsedMs < FIRST_MS) return
    shown = true
    const mebibytes = bytes / 1024 / 1024
    process.stderr.write(`\r${mebibytes.toFixed(0)} MiB read, ${((mebibytes * 1000) / elapsedMs).toFixed(1)} MiB/s `)
  }, EVERY_MS)
  timer.unref()
  return {
    stop: () => {
      clearInterval(timer)
      if (shown) process.stderr.write('\n')
    },
  }
}
