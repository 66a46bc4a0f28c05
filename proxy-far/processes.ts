// Far as several processes on one port, so that it uses all cores: this one holds the port, hands each link to one of the
// others, in turn, and starts anew what ends. It adds up their figures, and tells each what nears have taken of the others.
// Knows: processes, when to start one again. Does not know: asks, links, stores: each process is a whole far.
//
// 1. A link stays with one process; when that one dies its nears dial again at once and get another. The port is never closed.
// 2. All processes share what lies under --data: the key, the nears and their join codes, the versions on the disk.
// 3. A process that cannot even start ends this one, too: starting it again would not help.
// 4. What was counted stays counted when a process ends; what it counted since it was last asked is lost with it.
//
// Each runs the command that this process runs, with the same arguments; `isOneOfSeveral` tells it apart.
import cluster, { type Worker } from 'node:cluster'
import type { Server } from 'node:http'
import { availableParallelism } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import type { FarConfig } from '../shared/config/options.ts'
import { Fault } from '../shared/fault.ts'
import { chooseDelayMs, paces } from '../shared/link/back-off.ts'
import { combineMetrics } from '../shared/metrics.ts'
import { openIdentity } from './identity.ts'
import { makeJoinLine, recallUrl } from './invitation.ts'
import { farMetrics, serveMetrics } from './metrics.ts'
import type { FromProcess, ToProcess } from './one-of-several.ts'

export interface FarProcesses {
  /** As far's own. */
  readonly joinLine: string | undefined
  /** Has each process take up its configuration file. */
  reload(): void
  close(): Promise<void>
}

interface State {
  servingSince: number | undefined
  /** What it last told. */
  figures: string
  /** Called when it tells them. */
  onFigures: () => void
  /** Told to read the configuration again before it served. */
  mustReload: boolean
}

// A process that served for so long did not fail at its start.
const SETTLED_MS = 60_000
// What a process has not put away by then it will not.
const CLOSING_MS = 10_000
// A process that is busy for longer is told of as it last was; whoever collects figures waits for some seconds.
const FIGURES_MS = 1000

/** How many processes `config` asks for. */
export function countProcesses({ processes }: Pick<FarConfig, 'processes'>): number {
  return processes === 'auto' ? availableParallelism() : processes
}

/**
 * Starts them; resolves when the first serves. Raises CANNOT_READ, PORT_IN_USE, CANNOT_LISTEN when none can. Each sees by
 * itself when its configuration file changes.
 */
export async function startProcesses(config: FarConfig): Promise<FarProcesses> {
  // Before the others look for it: two would make two.
  const identity = await openIdentity(config.data)
  const processes = new Processes(config)
  const metrics = config.metrics && (await serveMetrics(config.metrics, () => processes.figures()))
  processes.start(countProcesses(config))
  await processes.serving
  const url = config.invite ? await recallUrl(config.data) : undefined
  return {
    joinLine: url ? await makeJoinLine(identity, url, Date.now()) : undefined,
    reload: () => processes.reload(),
    close: async () => {
      endNow(metrics)
      await processes.close()
    },
  }
}

function endNow(server: Server | undefined): void {
  server?.close()
  server?.closeAllConnections()
}

class Processes {
  /** Resolves when the first serves. */
  readonly serving: Promise<void>
  readonly #log
  readonly #running = new Map<Worker, State>()
  readonly #starting = new Set<NodeJS.Timeout>()
  readonly #first = Promise.withResolvers<void>()
  #anyServed = false
  #failures = 0
  #closing: (() => void) | undefined
  /** What those have counted that have ended. */
  #past = ''

  constructor(config: FarConfig) {
    this.#log = pino({ level: config.logLevel, name: 'hunch-far' }, pino.destination(2))
    this.serving = this.#first.promise
  }

  start(count: number): void {
    for (let left = count; left > 0; left--) this.#start()
  }

  reload(): void {
    for (const [worker, state] of this.#running) {
      if (state.servingSince === undefined) state.mustReload = true
      else worker.process.kill('SIGHUP')
    }
  }

  /** Those of all processes, for Prometheus. */
  async figures(): Promise<string> {
    const serving = [...this.#running].filter(([, { servingSince }]) => servingSince !== undefined)
    const told = serving.map(([worker, state]) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      state.onFigures = resolve
      tell(worker, { kind: 'tell-figures' })
      return promise
    })
    const late = new AbortController()
    await Promise.race([Promise.all(told), wait(FIGURES_MS, undefined, { signal: late.signal })])
    late.abort()
    return combineMetrics(
      farMetrics,
      Array.from(this.#running.values(), ({ figures }) => figures),
      [this.#past],
    )
  }

  async close(): Promise<void> {
    for (const timer of this.#starting) clearTimeout(timer)
    await new Promise<void>(resolve => {
      this.#closing = resolve
      for (const worker of this.#running.keys()) tell(worker, { kind: 'stop' })
      if (this.#running.size === 0) resolve()
      setTimeout(() => {
        for (const { process } of this.#running.keys()) process.kill('SIGKILL')
      }, CLOSING_MS).unref()
    })
  }

  #start(): void {
    const worker = cluster.fork()
    const state: State = { servingSince: undefined, figures: '', onFigures: () => {}, mustReload: false }
    this.#running.set(worker, state)
    worker.on('message', (message: FromProcess) => this.#take(message, worker, state))
    worker.on('exit', (code, signal) => this.#ended(worker, signal ?? code))
  }

  #take(message: FromProcess, worker: Worker, state: State): void {
    switch (message.kind) {
      case 'ready':
        state.servingSince = Date.now()
        this.#anyServed = true
        this.#log.info({ process: worker.process.pid }, 'a process serves')
        if (state.mustReload) worker.process.kill('SIGHUP')
        this.#first.resolve()
        break
      case 'figures':
        state.figures = message.text
        state.onFigures()
        break
      case 'used':
        for (const other of this.#running.keys()) if (other !== worker) tell(other, message)
        break
    }
  }

  #ended(worker: Worker, how: string | number): void {
    const { servingSince, figures = '', onFigures } = this.#running.get(worker) ?? {}
    this.#running.delete(worker)
    this.#past = combineMetrics(farMetrics, [], [this.#past, figures])
    onFigures?.()
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
      this.#start()
    }, waitMs)
    this.#starting.add(timer)
  }
}

function tell({ process }: Worker, message: ToProcess): void {
  if (process.connected) process.send(message)
}
