// A pair under mixed load for a long time: `node loadtest/soak.ts --minutes 60 --csv FILE`.
// The link is cut once a minute. Each proxy writes every ten seconds what it holds (soak-probe.ts); what is held at the end
// must be what was held when the stores had filled: it exits 1 when something rises (trend.ts) or an answer was wrong.
// Knows: how a pair is started, what is compared. Does not know: what the clients do (soak-load.ts).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { presetFigures } from './link/presets.ts'
import { median } from './get.ts'
import { startOrigin } from './origin/origin.ts'
import { startFar } from './pair.ts'
import { trendOf } from './trend.ts'
import { runClients, type SoakTotals, startLiveOrigin } from './soak-load.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    csv: { type: 'string', default: 'loadtest/results/soak.csv' },
  },
})
const durationMs = Number(values.minutes) * 60_000
const csv = values.csv
const columns =
  'side,second,rss_kib,heap_kib,heap_total_kib,external_kib,array_buffers_kib,resources,files,delay_p50_ms,delay_p99_ms,delay_max_ms'
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
// The first third fills the stores and lets the engine find its pace: it is not judged.
const WARM_UP = 1 / 3
// A pause of the machine is no property of a proxy: the longest delays are shown, not judged.
const shownOnly = new Set(['delay_max_ms'])
const minutes = Math.floor(durationMs / 60_000)
const risen: string[] = []
for (const side of ['near', 'far']) {
  const own = rows.filter(([first]) => first === side)
  const perMinute = Array.from({ length: minutes }, (_, minute) =>
    own.filter(([, second]) => Math.floor(Number(second) / 60) === minute),
  )
  for (const [at, name] of columns.split(',').entries()) {
    if (at < 2) continue
    const samples = perMinute.flatMap((some, minute) =>
      some.length > 0 ? [{ minute, value: median(some.map(row => Number(row[at]))) }] : [],
    )
    const judged = samples.filter(({ minute }) => minute >= minutes * WARM_UP)
    const { median: middle, perHour, tau, rises } = trendOf(judged)
    const isRise = rises && !shownOnly.has(name)
    if (isRise) risen.push(`${side} ${name}`)
    const trend = `${perHour < 0 ? '' : '+'}${perHour.toFixed(1)} an hour, tau ${tau.toFixed(2)}`
    console.log(`${side.padEnd(5)} ${name.padEnd(18)} median ${middle}, ${trend}${isRise ? ': RISES' : ''}`)
    console.log(`      by minute: ${samples.map(({ value }) => value).join(' ')}`)
  }
}
const wrong = [...totals.values()].reduce((sum, each) => sum + each.wrong, 0)
console.log(risen.length > 0 ? `not flat: ${risen.join(', ')}` : 'flat: nothing rises behind the first third')
process.exitCode = risen.length > 0 || wrong > 0 ? 1 : 0
