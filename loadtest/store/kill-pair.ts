// Kills what serves, at random moments under load, and looks at what comes out:
//   node loadtest/store/kill-pair.ts [--kills 200] [--csv loadtest/results/pair-kills.csv]
// Two fars, the first of two processes, behind a load balancer; one shared store; two nears, whose clients check every page.
// One row for each kill: who was killed, how long until both nears had given a page that was asked for after it, and what
// the clients got since the last kill. At the end all that lies on the disks is read.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from '../get.ts'
import { startBalancer } from './balancer.ts'
import { CheckedLoad, startCheckedOrigin } from './checked-load.ts'
import { startRedis } from './running-redis.ts'

const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, csv: { type: 'string' } } })
const program = fileURLToPath(new URL('../../cli/hunch.js', import.meta.url))
// Between two kills at most; what was killed may still be on its way back.
const MOST_PAUSE_MS = 1000
const CLIENTS_OF_EACH = 2

/** A proxy that is started again whenever it ends. */
class Proxy {
  readonly name: string
  #words: readonly string[]
  #child: ChildProcess | undefined
  #closed = false
  /** Processes of its own that serve, by what its log says. */
  readonly pids = new Set<number>()

  constructor(name: string, words: readonly string[]) {
    this.name = name
    this.#words = words
  }

  /** Resolves with the first match of `pattern` in what it writes. */
  async start(pattern: RegExp): Promise<RegExpExecArray> {
    const child = spawn(process.execPath, [program, ...this.#words], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.pids.clear()
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
    let last = ''
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', line => {
        last = line
        const served = /"process":(\d+),"msg":"a process serves"/.exec(line)
        const ended = /"process":(\d+),.*"msg":"a process ended/.exec(line)
        if (served) this.pids.add(Number(served[1]))
        if (ended) this.pids.delete(Number(ended[1]))
        const match = pattern.exec(line)
        if (match) resolve(match)
      })
    }
    child.once('exit', () => {
      reject(new Error(`${this.name} ended: ${last}`))
      if (!this.#closed) void this.start(/listening/).catch(error => console.log(String(error)))
    })
    return promise
  }

  /** Options that are known only now. */
  restartWith(words: readonly string[]): void {
    this.#words = words
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  async close(): Promise<void> {
    this.#closed = true
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}

const data = mkdtempSync(join(tmpdir(), 'hunch-kills-'))
const origin = await startCheckedOrigin()
const redis = await startRedis()
const farWords = (name: string, port: string, ...more: readonly string[]) => {
  const own = ['far', '--port', port, '--data', join(data, name), '--allow-private', '--log-level', 'info']
  return [...own, '--shared-store', redis.url, ...more]
}
const first = new Proxy('far-1', farWords('far-1', '0', '--processes', '2'))
const [, url = '', port = ''] = await first.start(/'(hunch:.*127\.0\.0\.1:(\d+).*)'/)
first.restartWith(farWords('far-1', port, '--processes', '2', '--no-invite'))
mkdirSync(join(data, 'far-2'), { mode: 0o700 })
for (const name of ['far-key.pem', 'far-cert.pem']) cpSync(join(data, 'far-1', name), join(data, 'far-2', name))
const second = new Proxy('far-2', farWords('far-2', '0'))
const [, other = '', otherPort = ''] = await second.start(/'(hunch:.*127\.0\.0\.1:(\d+).*)'/)
second.restartWith(farWords('far-2', otherPort, '--no-invite'))
const balancer = await startBalancer([Number(port), Number(otherPort)])
const nears: Proxy[] = []
const addresses: string[] = []
for (const [at, line] of [
  url.replace(port, String(balancer.port)),
  other.replace(otherPort, String(balancer.port)),
].entries()) {
  const words = (listen: string) => ['near', '--far', line, '--listen', listen, '--data', join(data, `near-${at}`)]
  const near = new Proxy(`near-${at + 1}`, words('127.0.0.1:0'))
  const [, address = ''] = await near.start(/^listening on (.*)$/)
  near.restartWith(['near', '--listen', new URL(address).host, '--data', join(data, `near-${at}`)])
  nears.push(near)
  addresses.push(address)
}
const load = new CheckedLoad(origin.url, addresses, CLIENTS_OF_EACH)
await Promise.all(addresses.map(address => load.nextRight(address)))

const victims: readonly (readonly [string, () => Promise<void> | void])[] = [
  ...[...nears, first, second].map(each => [each.name, () => each.kill()] as const),
  [
    'process of far-1',
    () => {
      const [pid] = first.pids
      if (pid !== undefined && spawnSync('kill', ['-9', String(pid)]).status === 0) first.pids.delete(pid)
    },
  ],
  [
    'store',
    async () => {
      await redis.kill()
      await redis.start()
    },
  ],
]
const rows = ['kill,victim,recovery_ms,right,failed,wrong']
const recoveries = new Map<string, number[]>()
for (let kill = 1; kill <= Number(values.kills); kill++) {
  await setTimeout(Math.random() * MOST_PAUSE_MS)
  const [name, perform] = victims[Math.floor(Math.random() * victims.length)]!
  const before = { ...load.counts }
  const killedAt = performance.now()
  await perform()
  await Promise.all(addresses.map(address => load.nextRight(address)))
  const recoveryMs = performance.now() - killedAt
  recoveries.set(name, [...(recoveries.get(name) ?? []), recoveryMs])
  const { right, failed, wrong } = load.counts
  const got = [right - before.right, failed - before.failed, wrong - before.wrong]
  rows.push([kill, name, recoveryMs.toFixed(0), ...got].join())
  console.log(rows.at(-1))
  if (values.csv) writeFileSync(values.csv, `${rows.join('\n')}\n`)
}
await load.stop()
balancer.close()
await Promise.all([...nears, first, second].map(each => each.close()))
let damaged = 0
for (const [side, name] of [
  ...['near-0', 'near-1'].map(each => ['near', each] as const),
  ['far', 'far-1'],
  ['far', 'far-2'],
] as const) {
  const verified = spawnSync(process.execPath, [program, side, 'cache', 'verify', '--data', join(data, name)], {
    encoding: 'utf8',
  })
  console.log(name, verified.stdout.trim(), verified.stderr.trim())
  if (verified.status !== 0) damaged += 1
}
await redis.close()
origin.close()
rmSync(data, { recursive: true, force: true })
for (const [name, all] of recoveries) {
  const most = Math.max(...all)
  console.log(
    `${name}: ${all.length} kills, back after ${median(all).toFixed(0)} ms (median), ${most.toFixed(0)} ms (most)`,
  )
}
const { right, failed, wrong, ways } = load.counts
console.log(`${right} right, ${failed} failed, ${wrong} wrong, ${damaged} stores damaged`, Object.fromEntries(ways))
process.exitCode = wrong + damaged > 0 ? 1 : 0
