// What writing a trace costs: requests a second through near, and the processor's time that near takes for each, with and
// without one, in turns (A B A B …); for what near holds fresh (the cheapest exchange that there is) and for what crosses a
// link without a limit. Linux only: it reads /proc. With --far: what it costs far, which sees only the latter.
// Knows: running pairs, an origin of one small page. Does not know: how a trace is written.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Client } from '../load/client.ts'
import { quantile } from '../../shared/quantile.ts'
import { startFar } from '../pair.ts'

const ROUNDS = 7
const REQUESTS = 300
const AT_ONCE = 8

const origin = createServer((request, response) => {
  const isFresh = request.url === '/fresh'
  response.setHeader('cache-control', isFresh ? 'max-age=3600' : 'no-cache')
  response.setHeader('content-type', 'text/html')
  response.end(`<p>${'A page of a kilobyte. '.repeat(50)}`)
})
await new Promise<void>(resolve => origin.listen(0, '127.0.0.1', resolve))
const { port } = origin.address() as AddressInfo
const ofFar = process.argv.includes('--far')
const quiet = ['--log-level', 'warn']
const folder = await mkdtemp(join(tmpdir(), 'hunch-trace-'))
const traced = ['--trace', join(folder, 'trace.jsonl')]
const startFarWith = (words: readonly string[]) => startFar(['--allow-private', ...quiet, ...words])
const first = await startFarWith([])
const second = ofFar ? await startFarWith(traced) : first
const sides: { readonly pid: number; readonly client: Client }[] = []
for (const far of [first, second]) {
  const trace = sides.length > 0 && !ofFar ? traced : []
  const near = await far.startNear({ link: undefined, arguments: [...quiet, ...trace] })
  const url = new URL(near.proxy)
  const client = new Client({ host: url.hostname, port: Number(url.port) })
  sides.push({ pid: ofFar ? far.pid : near.pid, client })
}

for (const path of ofFar ? ['/asked'] : ['/fresh', '/asked']) {
  const seen = sides.map(() => ({ rates: [] as number[], cpuMs: [] as number[] }))
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, side] of sides.entries()) {
      const cpuBefore = await cpuMsOf(side.pid)
      const rate = await rateOf(side.client, path)
      const cpuMs = ((await cpuMsOf(side.pid)) - cpuBefore) / REQUESTS
      // The first round warms up.
      if (round < 0) continue
      seen[index]?.rates.push(rate)
      seen[index]?.cpuMs.push(cpuMs)
    }
  }
  for (const [index, { rates, cpuMs }] of seen.entries()) {
    const name = index === 0 ? 'without' : 'with a trace'
    const [rate, cpu] = [quantile(rates, 0.5), quantile(cpuMs, 0.5)]
    const spread = [0.25, 0.75].map(q => quantile(cpuMs, q).toFixed(3)).join(' to ')
    process.stdout.write(
      `${path} ${name}: ${Math.round(rate)} requests/s, ${cpu.toFixed(3)} ms of CPU each (${spread})\n`,
    )
  }
}
await Promise.all(sides.map(({ client }) => client.close()))
await Promise.all([...new Set([first, second])].map(far => far.close()))
origin.close()

async function rateOf(client: Client, path: string): Promise<number> {
  const startedAt = performance.now()
  const next = Array.from({ length: REQUESTS }).values()
  const work = async () => {
    for (const _each of next) await client.get(`http://127.0.0.1:${port}${path}`, AbortSignal.timeout(60_000))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return (REQUESTS * 1000) / (performance.now() - startedAt)
}

/** All threads of a process. */
async function cpuMsOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`)
  const times = threads.map(async thread => {
    // Nanoseconds on a processor come first (proc(5), schedstat).
    return Number((await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')).split(' ')[0])
  })
  return (await Promise.all(times)).reduce((sum, each) => sum + each, 0) / 1e6
}
