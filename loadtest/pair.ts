// Running pairs: far and nears as processes of their own, with an emulated link between them where one is wanted.
// Knows: the command line, what the two print. Does not know: how they work; it speaks to them over sockets only.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Fault } from '../shared/fault.ts'
import { formatJoinUrl, type JoinUrl, parseJoinUrl } from '../shared/link/join-url.ts'
import { get } from './get.ts'
import { type LinkEmulator, startLinkEmulator } from './link/emulator.ts'
import type { LinkFigures } from './link/presets.ts'
import { Wiretap } from './link/wiretap.ts'

/** One line of a proxy's log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>

/** Where a proxy runs: the words before its command, such as those that enter a network namespace, and its address. */
export interface Place {
  readonly enter: readonly string[]
  readonly host: string
}

const HERE: Place = { enter: [], host: '127.0.0.1' }

export interface NearOptions {
  readonly place?: Place
  /** The link to far; undefined: the way as it is. */
  readonly link: LinkFigures | undefined
  /** What to read of what passes, in front of far. */
  readonly tap?: 'frames' | 'records'
  readonly listen?: { readonly host: string; readonly port: number }
  readonly arguments?: readonly string[]
  readonly onLog?: (line: LogLine) => void
  /** Called with near's --data before it starts. */
  readonly prepare?: (data: string) => Promise<void>
}

export interface RunningNear {
  /** Near's address as a proxy URL. */
  readonly proxy: string
  readonly pid: number
  readonly emulator: LinkEmulator | undefined
  readonly tap: Wiretap | undefined
  /** Resolves with the reason when the process ends by itself. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

export interface RunningFar {
  readonly pid: number
  /** With a join code, which the first near uses up. */
  readonly joinUrl: JoinUrl
  readonly ended: Promise<string>
  /**
   * Starts a near, the first by the join code that far printed. Later ones are more machines of the same user: they
   * share the first one's credential, and hold nothing yet.
   */
  startNear(options: NearOptions): Promise<RunningNear>
  /** Ends far and all nears that are still running, and forgets their data. */
  close(): Promise<void>
}

const program = fileURLToPath(new URL('../cli/hunch.js', import.meta.url))

// All nears of a load test share one credential, and with it what far gives to one user.
const SHARED_BY_MANY = [
  '--asks-at-once-per-user=1000000',
  '--asks-per-second-per-user=1000000',
  '--speculations-per-second-per-user=1000000',
  '--delta-cpu-percent-per-user=100000',
]

/** Starts far on a free port; resolves when it listens. Raises what it reports. */
export async function startFar(
  words: readonly string[] = [],
  onLog?: (line: LogLine) => void,
  place = HERE,
): Promise<RunningFar> {
  const data = await mkdtemp(join(tmpdir(), 'hunch-'))
  const all = ['--listen', `${place.host}:0`, '--data', join(data, 'far'), ...SHARED_BY_MANY, ...words]
  const far = new Proxy('far', all, onLog, place)
  const nears: RunningNear[] = []
  const close = async () => {
    await Promise.all(nears.map(near => near.close()))
    await far.stop()
    await rm(data, { recursive: true, force: true })
  }
  try {
    const joinUrl = parseJoinUrl(/'(.*)'/.exec(await far.firstLine)?.[1] ?? '')
    let joined: string | undefined
    return {
      pid: far.pid,
      joinUrl,
      ended: far.ended,
      close,
      startNear: async options => {
        const directory = join(data, `near-${nears.length}`)
        if (joined) await cp(joined, directory, { recursive: true, filter: isOfCredential(joined) })
        await options.prepare?.(directory)
        const near = await startNear({ ...joinUrl, token: joined ? undefined : joinUrl.token }, directory, options)
        nears.push(near)
        if (!joined) await untilJoined(near, directory)
        joined ??= directory
        return near
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function startNear(far: JoinUrl, data: string, options: NearOptions): Promise<RunningNear> {
  const { link, place = HERE, listen = { host: place.host, port: 0 } } = options
  const tap = options.tap && (await Wiretap.start(far.port, options.tap))
  const to = { host: far.host, port: tap?.port ?? far.port }
  const loopback = { host: '127.0.0.1', port: 0 }
  const emulator = link ? await startLinkEmulator({ listen: loopback, to, link }) : undefined
  const url = formatJoinUrl({ ...far, ...(emulator?.address ?? to) })
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  const words = ['--far', url, '--listen', `${host}:${listen.port}`, '--data', data, ...(options.arguments ?? [])]
  const near = new Proxy('near', words, options.onLog, place)
  const close = async () => {
    await near.stop()
    await emulator?.close()
    await tap?.close()
  }
  try {
    const proxy = (await near.firstLine).replace(/^listening on /, '')
    return { proxy, pid: near.pid, emulator, tap, ended: near.ended, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Resolves when near has a credential that later nears can share. Raises what keeps it from getting one. */
async function untilJoined(near: RunningNear, data: string): Promise<void> {
  for (;;) {
    const answer = await get(`${near.proxy}/status.json`, undefined)
    const status = JSON.parse(answer.body.toString()) as { link: string; fault?: { message: string } }
    if (status.link === 'unused' || (status.link === 'up' && existsSync(join(data, 'far.json')))) return
    if (status.link === 'refused') throw new Fault('LINK_CREDENTIAL', status.fault?.message ?? 'near was refused')
    await setTimeout(STATUS_INTERVAL_MS)
  }
}

/** What a machine of the same user has at first: the credential and a ticket of TLS, not what the first one keeps. */
function isOfCredential(directory: string): (path: string) => boolean {
  return path => path === directory || basename(path).startsWith('far')
}

// Near says so nowhere else; on the slowest preset the first hello takes a second.
const STATUS_INTERVAL_MS = 50

/** One of the two as a child process. */
class Proxy {
  readonly firstLine: Promise<string>
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  #said = ''

  constructor(
    side: 'near' | 'far',
    words: readonly string[],
    onLog: ((line: LogLine) => void) | undefined,
    place: Place,
  ) {
    const [command = '', ...rest] = [...place.enter, process.execPath, program, side, ...words]
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    createInterface({ input: child.stderr }).on('line', line => {
      const entry = parseLine(line)
      if (entry) onLog?.(entry)
      else this.#said = line
    })
    this.ended = new Promise(resolve => {
      child.once('close', (code, signal) => resolve(this.#said || `hunch ${side} ended with ${signal ?? code}`))
    })
    this.firstLine = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve)
      void this.ended.then(said => reject(new Fault('NEAR_INTERNAL', said.replace(/^hunch \w+: /, ''))))
    })
    this.firstLine.catch(() => {})
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.ended
  }
}

function parseLine(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
