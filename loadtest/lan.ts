// What the pair costs where no link is slow: added time, requests a second, throughput, processor and memory, beside other
// forward proxies on the same machine, in turns.
//   node loadtest/lan.ts [--rounds 5] [--seconds 3] [--connections 16] [--csv FILE]
// Needs wrk. Proxies that are not installed are left out. The pair is two processes and a TLS connection between them,
// the others are one; all are measured from the client's side to the origin's.
// Knows: starting proxies, /proc. Does not know: how any of them works.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs, promisify } from 'node:util'
import { get, median } from './get.ts'
import { forwardProxyNames, startForwardProxy } from './lan/forward-proxies.ts'
import { startFar } from './pair.ts'
import { familyOf, processorMs } from './process-family.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '16' },
    csv: { type: 'string' },
  },
})

interface Contender {
  readonly name: string
  /** Undefined: straight to the origin. */
  readonly proxy: string | undefined
  pids(): Promise<readonly number[]>
  close(): Promise<void>
}

const figures = {
  cachedMs: 'a small answer that is cached, ms',
  uncachedMs: 'a small answer that is not, ms',
  cachedPerSecond: 'cached, a second',
  uncachedPerSecond: 'not cached, a second',
  cachedCpuMs: 'processor for one cached, ms',
  uncachedCpuMs: 'processor for one not cached, ms',
  bulkBytesPerMs: 'a large content, MB/s',
  bulkCpuMs: 'processor for its 64 MiB, ms',
  peakMemory: 'most memory, MB',
} as const
type Figure = keyof typeof figures
type Sample = { readonly contender: string; readonly round: number; readonly figure: Figure; readonly value: number }

const SMALL = Buffer.alloc(1_000, 'hunch ')
const BULK_BYTES = 64 * 1024 * 1024
const BULK_PIECE = Buffer.alloc(256 * 1024, 'incompressible it is not, but nobody tries: octets ')
const SEQUENTIAL = 200

const samples: Sample[] = []
const versions: string[] = []
const origin = createServer((asked, response) => {
  if (asked.url === '/bulk') {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': BULK_BYTES })
    const write = (left: number): void => {
      if (left === 0) response.end()
      else response.write(BULK_PIECE.subarray(0, left), () => write(left - Math.min(left, BULK_PIECE.length)))
    }
    write(BULK_BYTES)
    return
  }
  const cache = asked.url === '/cached' ? 'public, max-age=3600' : 'no-store'
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': SMALL.length, 'cache-control': cache })
  response.end(SMALL)
})
origin.listen(0, '127.0.0.1')
await once(origin, 'listening')
const site = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
const folder = await mkdtemp(join(tmpdir(), 'lan-'))
const script = join(folder, 'absolute.lua')
const load = loadavg()[0] ?? 0
const contenders = await startAll()
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    // Each round begins with another one.
    for (const at of contenders.keys()) {
      const contender = contenders[(at + round) % contenders.length] as Contender
      await measure(contender, round)
    }
    process.stderr.write(`round ${round + 1} of ${values.rounds}; load ${loadavg()[0]?.toFixed(1)}\n`)
  }
} finally {
  for (const contender of contenders) await contender.close()
  origin.closeAllConnections()
  origin.close()
  await rm(folder, { recursive: true })
}
process.stdout.write(table())
if (values.csv !== undefined) await writeFile(values.csv, csv())

async function startAll(): Promise<readonly Contender[]> {
  const direct: Contender = { name: 'no proxy', proxy: undefined, pids: async () => [], close: async () => {} }
  const all = [direct]
  try {
    const far = await startFar(['--allow-private', '--log-level', 'warn'])
    const near = await far.startNear({ link: undefined, arguments: ['--log-level', 'warn'] })
    const pids = async () => [...(await familyOf(near.pid)), ...(await familyOf(far.pid))]
    all.push({ name: 'Hunch', proxy: near.proxy, pids, close: () => far.close() })
    for (const name of forwardProxyNames) {
      const started = await startForwardProxy(name, `${site}/cached`)
      if (!started) continue
      all.push({ name, ...started })
      versions.push(`${name} ${started.version}`)
    }
    return all
  } catch (error) {
    for (const contender of all) await contender.close()
    throw error
  }
}

async function measure(contender: Contender, round: number): Promise<void> {
  const note = (figure: Figure, value: number) => samples.push({ contender: contender.name, round, figure, value })
  for (const [path, ms, perSecond, cpu] of [
    ['/cached', 'cachedMs', 'cachedPerSecond', 'cachedCpuMs'],
    ['/uncached', 'uncachedMs', 'uncachedPerSecond', 'uncachedCpuMs'],
  ] as const) {
    note(ms, await timeSmall(contender, path))
    const before = await cpuMs(contender)
    const { requests, seconds } = await loadWith(contender, path)
    note(perSecond, requests / seconds)
    note(cpu, ((await cpuMs(contender)) - before) / requests)
  }
  const before = await cpuMs(contender)
  const got = await get(`${site}/bulk`, contender.proxy)
  if (got.body.length !== BULK_BYTES) throw new Error(`${contender.name}: ${got.body.length} bytes`)
  note('bulkBytesPerMs', BULK_BYTES / got.lastByteMs)
  note('bulkCpuMs', (await cpuMs(contender)) - before)
  note('peakMemory', await peakMemory(contender))
}

/** The median of many asked for one after the other, on one connection. */
async function timeSmall({ proxy, name }: Contender, path: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const { hostname, port } = new URL(proxy ?? site)
  const times: number[] = []
  for (let count = 0; count < SEQUENTIAL; count++) {
    const startedAt = performance.now()
    const asking = request({
      hostname,
      port,
      agent,
      path: proxy === undefined ? path : `${site}${path}`,
      headers: { host: new URL(site).host },
    })
    asking.end()
    const [response] = await once(asking, 'response')
    response.resume()
    await once(response, 'end')
    if (response.statusCode !== 200) throw new Error(`${name}: status ${response.statusCode}`)
    times.push(performance.now() - startedAt)
  }
  agent.destroy()
  return median(times)
}

async function loadWith({ proxy, name }: Contender, path: string): Promise<{ requests: number; seconds: number }> {
  const target = proxy === undefined ? path : `${site}${path}`
  const host = new URL(site).host
  await writeFile(script, `request = function() return wrk.format("GET", "${target}", { Host = "${host}" }) end\n`)
  const words = ['-t1', `-c${values.connections}`, `-d${values.seconds}s`, '-s', script, proxy ?? site]
  const { stdout } = await promisify(execFile)('wrk', words)
  const [, requests, duration] = /(\d+) requests in ([\d.]+)s/.exec(stdout) ?? []
  if (requests === undefined || /Non-2xx/.test(stdout)) throw new Error(`${name}: wrk said ${stdout}`)
  return { requests: Number(requests), seconds: Number(duration) }
}

async function cpuMs(contender: Contender): Promise<number> {
  return processorMs(await contender.pids())
}

/** In megabytes; what processes share counts for each. */
async function peakMemory(contender: Contender): Promise<number> {
  let kibibytes = 0
  for (const pid of await contender.pids()) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    kibibytes += Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0)
  }
  return (kibibytes * 1024) / 1e6
}

function table(): string {
  const names = contenders.map(({ name }) => name)
  const lines = Object.entries(figures).map(([figure, title]) => {
    const cells = names.map(name => {
      const of = samples.filter(each => each.contender === name && each.figure === figure).map(({ value }) => value)
      const middle = figure === 'bulkBytesPerMs' ? median(of) / 1000 : median(of)
      return Number.isNaN(middle) || (name === 'no proxy' && /Cpu|Memory/.test(figure)) ? '' : show(middle)
    })
    return `| ${[title, ...cells].join(' | ')} |\n`
  })
  return `${versions.join(', ')}; medians of ${values.rounds} rounds, ${values.connections} connections; load ${load.toFixed(1)} before

| | ${names.join(' | ')} |
|${' --- |'.repeat(names.length + 1)}
${lines.join('')}`
}

function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)
}

function csv(): string {
  const rows = samples.map(
    ({ contender, round, figure, value }) => `${contender},${round},${figure},${value.toFixed(3)}`,
  )
  return `contender,round,figure,value\n${rows.join('\n')}\n`
}
