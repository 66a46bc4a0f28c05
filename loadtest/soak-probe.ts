// Loaded into a proxy by `--import` (soak.ts): writes every so often what its process holds, as a line of CSV.
// Knows: this process. Does not know: what it does. Threads and other programs that are started so are left alone.
import { appendFileSync, readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const EVERY_MS = 10_000
const { SOAK_OUT, SOAK_STARTED_AT } = process.env
const side = process.argv.find(word => word === 'near' || word === 'far')

if (isMainThread && side !== undefined && SOAK_OUT !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  setInterval(() => {
    const milliseconds = (nanoseconds: number) => (nanoseconds / 1e6).toFixed(1)
    const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map(milliseconds)
    // What is measured is what lives, not when the engine last cleaned up.
    globalThis.gc?.()
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage()
    const row = [
      side,
      Math.round((Date.now() - Number(SOAK_STARTED_AT)) / 1000),
      Math.round(rss / 1024),
      Math.round(heapUsed / 1024),
      Math.round(heapTotal / 1024),
      Math.round(external / 1024),
      Math.round(arrayBuffers / 1024),
      process.getActiveResourcesInfo().length,
      readdirSync('/proc/self/fd').length,
      p50,
      p99,
      max,
    ]
    appendFileSync(SOAK_OUT, `${row.join(',')}\n`)
    delay.reset()
  }, EVERY_MS).unref()
}
