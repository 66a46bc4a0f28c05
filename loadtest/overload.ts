// What far bears: asks a second and connections at which it still answers in bounded time, what it refuses beyond its
// limits, and that it answers as before when the rush is over. `node loadtest/overload.ts > loadtest/results/overload.csv`
// Knows: the command line of far, the link's join and asks. Does not know: how far limits anybody.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type JoinUrl, parseJoinUrl } from '../shared/link/join-url.ts'
import { FAR_AUTHORITY, JOIN_PATH, PROTOCOL_FIELD, readJoinAnswer } from '../shared/link/protocol.ts'

const STEP_MS = 3000
const RATES = [50, 100, 200, 400, 800]
const SESSIONS = 8
const CALM_RATE = 20
const CONNECTIONS = [100, 400, 800]
const PAGE = 'What a page of two kilobytes may look like. '.repeat(46)
const LIFTED = ['--asks-per-second-per-user', '1000000', '--asks-at-once-per-user', '1000000']

interface Far {
  readonly child: ChildProcess
  readonly url: JoinUrl
  readonly credential: string
  readonly end: () => Promise<void>
}

async function startFar(words: readonly string[]): Promise<Far> {
  const data = await mkdtemp(join(tmpdir(), 'hunch-'))
  const program = fileURLToPath(new URL('../cli/hunch.js', import.meta.url))
  const all = ['far', '--listen', '127.0.0.1:0', '--data', data, '--allow-private', '--store', 'none', ...words]
  const child = spawn(process.execPath, [program, ...all, '--log-level', 'fatal'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const url = parseJoinUrl(/'(.*)'/.exec(line.toString())?.[1] ?? '')
  const session = dial(url)
  const stream = session.request({
    ':method': 'POST',
    ':path': JOIN_PATH,
    ':authority': FAR_AUTHORITY,
    'content-type': 'application/json',
  })
  stream.end(JSON.stringify({ code: url.token, versions: { min: 1, max: 1 } }))
  const credential = readJoinAnswer(await text(stream))?.credential ?? ''
  session.close()
  const end = async () => {
    const exited = once(child, 'exit')
    child.kill()
    await exited
    await rm(data, { recursive: true, force: true })
  }
  return { child, url, credential, end }
}

function dial({ port }: JoinUrl): ClientHttp2Session {
  return connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }).on('error', () => undefined)
}

interface Tally {
  offered: number
  failed: number
  refused: number
  readonly servedMs: number[]
}

function askOnce(session: ClientHttp2Session, far: Far, origin: URL, tally: Tally): Promise<void> {
  tally.offered += 1
  const startedAt = performance.now()
  return new Promise(resolve => {
    try {
      const stream = session.request({
        ':path': `/${tally.offered % 100}`,
        ':scheme': 'http',
        ':authority': origin.host,
        'proxy-authorization': `Bearer ${far.credential}`,
        [PROTOCOL_FIELD]: '1',
      })
      let status = 0
      stream.once('response', headers => (status = Number(headers[':status'])))
      stream.on('error', () => undefined)
      stream.once('close', () => {
        if (status === 200 && stream.rstCode === 0) tally.servedMs.push(performance.now() - startedAt)
        else if (status === 429) tally.refused += 1
        else tally.failed += 1
        resolve()
      })
      stream.resume()
    } catch {
      tally.failed += 1
      resolve()
    }
  })
}

/** Offers so many asks a second, whether or not earlier ones are answered; waits for all of them. */
async function offer(rate: number, far: Far, origin: URL, sessions: readonly ClientHttp2Session[]): Promise<Tally> {
  const tally: Tally = { offered: 0, failed: 0, refused: 0, servedMs: [] }
  const asks: Promise<void>[] = []
  const startedAt = performance.now()
  for (let elapsed = 0; elapsed < STEP_MS; elapsed = performance.now() - startedAt) {
    while (tally.offered < (elapsed / 1000) * rate) {
      asks.push(askOnce(sessions[tally.offered % sessions.length]!, far, origin, tally))
    }
    await sleep(5)
  }
  await Promise.all(asks)
  return tally
}

function report(what: string, offered: number, far: Far, { servedMs, refused, failed, offered: all }: Tally): void {
  const sorted = servedMs.toSorted((one, other) => one - other)
  const at = (part: number) => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0)
  const cells = [
    what,
    offered,
    all,
    sorted.length,
    refused,
    failed,
    at(0.5),
    at(0.99),
    rssMiB(far),
    loadavg()[0]!.toFixed(1),
  ]
  process.stdout.write(`${cells.join(',')}\n`)
}

/** Resident memory of far. */
function rssMiB({ child }: Far): number {
  const kB = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kB) / 1024)
}

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end(PAGE)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
process.stdout.write('what,offered,asks,served,refused,failed,p50_ms,p99_ms,far_rss_mib,load\n')
for (const [what, words] of [
  ['asks a second, limits of default', []],
  ['asks a second, limits lifted', LIFTED],
] as const) {
  const far = await startFar(words)
  const sessions = Array.from({ length: SESSIONS }, () => dial(far.url))
  for (const rate of RATES) report(what, rate, far, await offer(rate, far, origin, sessions))
  // A share that is used up fills again: the limit of default is 300 a second.
  await sleep(STEP_MS)
  report(`${what}: after the rush`, CALM_RATE, far, await offer(CALM_RATE, far, origin, sessions))
  for (const session of sessions) session.destroy()
  await far.end()
}
const far = await startFar([...LIFTED, '--max-connections', '600'])
const sessions: ClientHttp2Session[] = []
for (const wanted of CONNECTIONS) {
  const tally: Tally = { offered: 0, failed: 0, refused: 0, servedMs: [] }
  while (sessions.length < wanted) {
    // A few at a time: strangers of one address are limited, too.
    const more = Array.from({ length: Math.min(25, wanted - sessions.length) }, () => dial(far.url))
    sessions.push(...more)
    await Promise.all(more.map(session => askOnce(session, far, origin, tally)))
  }
  report('connections, 600 allowed', wanted, far, tally)
}
for (const session of sessions.slice(1)) session.destroy()
await sleep(1000)
report('connections: after the rush', 1, far, await offer(CALM_RATE, far, origin, sessions.slice(0, 1)))
sessions[0]!.destroy()
await far.end()
server.close()
