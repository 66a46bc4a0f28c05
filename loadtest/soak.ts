// A pair under mixed load for a long time: `node loadtest/soak.ts --minutes 60 --csv FILE`.
// The link is cut once a minute. Each proxy writes every ten seconds what it holds (soak-probe.ts); what is held at the end
// must be what was held when the stores had filled.
// Knows: how a pair is started, what is compared. Does not know: what the clients do (soak-load.ts).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { presetFigures } from './link/presets.ts'
import { median } from './get.ts'
import { startOrigin } from './origin/origin.ts'
import { startFar } from './pair.ts'
import { runClients, type SoakTotals, startLiveOrigin } from './soak-load.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    csv: { type: 'string', default: 'loadtest/results/soak.csv' },
  },
})
const durationMs = Number(values.minutes) * 60_000
const csv = values.csv
const columns = 'side,second,rss_kib,heap_kib,external_kib,resources,files,delay_p50_ms,delay_p99_ms,delay_max_ms'
const CUT_EVERY_MS = 60_000
const DOWN_MS = 2_000

mkdirSync(dirname(csv), { recursive: true })
writeFileSync(csv, `${columns}\n`)
const site = await startOrigin({
  listen: { host: '127.0.0.1', port: 0 },
  seed: 9,
  ageEverySeconds: 3,
  waits: 'typical',
})
const live = await startLiveOrigin()
const probe = new URL('./soak-probe.ts', import.meta.url).href
Object.assign(process.env, {
  NODE_OPTIONS: `--expose-gc --import ${probe}`,
  SOAK_OUT: csv,
  SOAK_STARTED_AT: String(Date.now()),
})
// Small stores fill within minutes: what grows after that is not what is kept.
const stores = ['--memory', '16MiB', '--store', '64MiB']
const far = await startFar(['--allow-private', ...stores])
const near = await far.startNear({ link: presetFigures('leo'), arguments: stores })
const stopping = new AbortController()
// A proxy that ends is the worst finding there is, and nothing after it would be worth the time.
for (const [side, { ended }] of Object.entries({ far, near })) {
  void ended.then(async said => {
    if (stopping.signal.aborted) return
    stopping.abort()
    console.error(`${side} ended by itself: ${said}`)
    await far.close()
    process.exit(1)
  })
}
const totals: SoakTotals = new Map()
const running = runClients({ proxy: near.proxy, site, liveUrl: live.url, totals, signal: stopping.signal })
const endAt = Date.now() + durationMs
while (Date.now() < endAt) {
  await setTimeout(Math.min(CUT_EVERY_MS, Math.max(0, endAt - Date.now())))
  near.emulator?.setState('down')
  await setTimeout(DOWN_MS)
  near.emulator?.setState('up')
}
stopping.abort()
await running
await far.close()
await live.close()
await site.close()

for (const [what, { done, failed, wrong }] of totals) {
  console.log(`${what.padEnd(12)} ${done} done, ${failed} failed, ${wrong} wrong`)
}
const rows = readFileSync(csv, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map(line => line.split(','))
for (const side of ['near', 'far']) {
  const own = rows.filter(([first]) => first === side)
  // The first third fills the stores and lets the engine find its pace.
  const from = Math.floor(own.length / 3)
  const middle = Math.floor((own.length - from) / 2) + from
  for (const [at, name] of columns.split(',').entries()) {
    if (at < 2) continue
    const of = (some: readonly (readonly string[])[]) => median(some.map(row => Number(row[at])))
    console.log(`${side.padEnd(5)} ${name.padEnd(14)} ${of(own.slice(from, middle))} then ${of(own.slice(middle))}`)
  }
}
