// This process as one of several that are far together on one port (processes.ts): what it tells the one that started it,
// and what it is told.
// Knows: messages between them, which part of the configuration is its own. Does not know: how processes are started.
import cluster from 'node:cluster'
import type { FarConfig } from '../shared/config/options.ts'
import type { Quantity, Taken } from '../shared/limits/user-shares.ts'
import { countProcesses } from './processes.ts'

/** What nears have taken in one process since it last told, and the addresses from which somebody guessed. */
export interface Used {
  readonly taken: readonly (readonly [user: string, taken: Taken])[]
  readonly guessed: readonly string[]
}

export type ToProcess =
  | { readonly kind: 'stop' }
  | { readonly kind: 'tell-figures' }
  /** By another process. */
  | ({ readonly kind: 'used' } & Used)

export type FromProcess =
  | { readonly kind: 'ready' }
  | { readonly kind: 'figures'; readonly text: string }
  | ({ readonly kind: 'used' } & Used)

// So much more than its share may a near have that asks several processes at once.
const TELL_MS = 1000

/** Whether this process is one of several. */
export function isOneOfSeveral(): boolean {
  return cluster.isWorker
}

/** What of `config` is its own: who started it invites, and tells the figures of all. */
export function ownPart(config: FarConfig): FarConfig {
  const count = countProcesses(config)
  return {
    ...config,
    invite: false,
    metrics: undefined,
    memory: Math.floor(config.memory / count),
    maxConnections: Math.ceil(config.maxConnections / count),
  }
}

/** Resolves when it is told to stop, also while it starts. */
export function whenTold(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  onTold('stop', () => resolve())
  return promise
}

/** Says that it serves, and tells its figures whenever it is asked. */
export function sayReady(figures: () => string): void {
  onTold('tell-figures', () => tell({ kind: 'figures', text: figures() }))
  tell({ kind: 'ready' })
}

/** The other processes, as far as limits hold for all of them together. */
export class Others {
  readonly #telling: NodeJS.Timeout
  #taken = new Map<string, Partial<Record<Quantity, number>>>()
  #guessed: string[] = []

  constructor() {
    this.#telling = setInterval(() => this.#tell(), TELL_MS).unref()
  }

  noteTaken(user: string, quantity: Quantity, count: number): void {
    const taken = this.#taken.get(user) ?? {}
    taken[quantity] = (taken[quantity] ?? 0) + count
    this.#taken.set(user, taken)
  }

  noteGuess(address: string): void {
    this.#guessed.push(address)
  }

  /** Calls `take` with what the others have noted. */
  onUsed(take: (used: Used) => void): void {
    onTold('used', take)
  }

  close(): void {
    clearInterval(this.#telling)
  }

  #tell(): void {
    if (this.#taken.size === 0 && this.#guessed.length === 0) return
    tell({ kind: 'used', taken: [...this.#taken], guessed: this.#guessed })
    this.#taken = new Map()
    this.#guessed = []
  }
}

function onTold<Kind extends ToProcess['kind']>(
  kind: Kind,
  take: (message: Extract<ToProcess, { kind: Kind }>) => void,
): void {
  process.on('message', (message: ToProcess) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its kind says so
    if (message.kind === kind) take(message as Extract<ToProcess, { kind: Kind }>)
  })
}

function tell(message: FromProcess): void {
  if (process.connected) process.send?.(message)
}
