// Far as several processes on one port, so that it uses all cores: this one holds the port, hands each link to one of the
// others, in turn, and starts anew what ends.
// Knows: processes, when to start one again. Does not know: asks, links, stores: each process is a whole far.
//
// 1. A link stays with one process; when that one dies its nears dial again at once and get another. The port is never closed.
// 2. All processes share what lies under --data: the key, the nears and their join codes, the versions on the disk.
// 3. A process that cannot even start ends this one, too: starting it again would not help.
//
// Each runs the command that this process runs, with the same arguments; `whenTold` tells it apart.
import cluster, { type Worker } from 'node:cluster'
import { availableParallelism } from 'node:os'
import { pino } from 'pino'
import type { FarConfig } from '../shared/config/options.ts'
import { Fault } from '../shared/fault.ts'
import { chooseDelayMs, paces } from '../shared/link/back-off.ts'
import type { Far } from './far.ts'
import { openIdentity } from './identity.ts'
import { makeJoinLine, recallUrl } from './invitation.ts'

const READY = 'ready'
const STOP = 'stop'
// A variable in the environment of each, counted from 0; it outlives what dies.
const NUMBER = 'FAR_PROCESS_NUMBER'
// A process that served for so long did not fail at its start.
const SETTLED_MS = 60_000
// What a process has not put away by then it will not.
const CLOSING_MS = 10_000

/** How many processes `config` asks for. */
export function countProcesses({ processes }: Pick<FarConfig, 'processes'>): number {
  return processes === 'auto' ? availableParallelism() : processes
}

/** Whether this process is one of several. */
export function isOneOfSeveral(): boolean {
  return cluster.isWorker
}

/** In one of several processes: what of `config` is its own. The first invites for all; each has a port for its metrics. */
export function ownPart(config: FarConfig): FarConfig {
  const { metrics } = config
  const number = Number(process.env[NUMBER] ?? 0)
  // Prometheus adds up what several tell; one port for all would tell of another process each time.
  const port = metrics?.port ? metrics.port + number : 0
  return { ...config, invite: false, metrics: metrics && { host: metrics.host, port } }
}

/** In one of several processes: resolves when it is told to stop, also while it starts. */
export function whenTold(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.on('message', message => {
    if (message === STOP) resolve()
  })
  return promise
}

/** In one of several processes: says that it serves. */
export function sayReady(): void {
  process.send?.(READY)
}

/**
 * Starts them; resolves when the first serves. Raises CANNOT_READ, CANNOT_LISTEN when none can. Each takes up its
 * configuration file by itself.
 */
export async function startProcesses(config: FarConfig): Promise<Omit<Far, 'reload'>> {
  // Before the others look for it: two would make two.
  const identity = await openIdentity(config.data)
  const processes = new Processes(config)
  await processes.serving
  const url = config.invite ? await recallUrl(config.data) : undefined
  return {
    joinLine: url ? await makeJoinLine(identity, url, Date.now()) : undefined,
    close: () => processes.close(),
  }
}

class Processes {
  /** Resolves when the first serves. */
  readonly serving: Promise<void>
  readonly #log
  readonly #running = new Map<Worker, { servingSince: number | undefined }>()
  readonly #starting = new Set<NodeJS.Timeout>()
  readonly #first = Promise.withResolvers<void>()
  #anyServed = false
  #failures = 0
  #closing: (() => void) | undefined

  constructor(config: FarConfig) {
    this.#log = pino({ level: config.logLevel, name: 'hunch-far' }, pino.destination(2))
    this.serving = this.#first.promise
    for (let number = 0; number < countProcesses(config); number++) this.#start(number)
  }

  async close(): Promise<void> {
    for (const timer of this.#starting) clearTimeout(timer)
    await new Promise<void>(resolve => {
      this.#closing = resolve
      for (const { process } of this.#running.keys()) if (process.connected) process.send(STOP)
      if (this.#running.size === 0) resolve()
      setTimeout(() => {
        for (const { process } of this.#running.keys()) process.kill('SIGKILL')
      }, CLOSING_MS).unref()
    })
  }

  #start(number: number): void {
    const worker = cluster.fork({ [NUMBER]: number })
    const state: { servingSince: number | undefined } = { servingSince: undefined }
    this.#running.set(worker, state)
    worker.on('message', message => {
      if (message !== READY) return
      state.servingSince = Date.now()
      this.#anyServed = true
      this.#log.info({ process: worker.process.pid }, 'a process serves')
      this.#first.resolve()
    })
    worker.on('exit', (code, signal) => this.#ended(worker, number, signal ?? code))
  }

  #ended(worker: Worker, number: number, how: string | number): void {
    const servingSince = this.#running.get(worker)?.servingSince
    this.#running.delete(worker)
    if (this.#closing) {
      if (this.#running.size === 0) this.#closing()
      return
    }
    if (!this.#anyServed) {
      // It has said on standard error what is wrong.
      this.#first.reject(new Fault('CANNOT_LISTEN', `A process of far ended with ${how} before it served`))
      return
    }
    const isSettled = servingSince !== undefined && Date.now() - servingSince > SETTLED_MS
    this.#failures = isSettled ? 1 : this.#failures + 1
    const waitMs = chooseDelayMs(paces.waiting, this.#failures, Math.random())
    this.#log.error({ process: worker.process.pid, how, waitMs }, 'a process ended: another one takes its place')
    const timer = setTimeout(() => {
      this.#starting.delete(timer)
      this.#start(number)
    }, waitMs)
    this.#starting.add(timer)
  }
}
