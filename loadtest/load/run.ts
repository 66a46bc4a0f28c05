// Runs a planned load: every contender the same visits, round by round in turns, and says what each visit took.
// Knows: rounds, users, deadlines. Does not know: what a contender is made of, what becomes of the samples.
//
// Invariants:
// 1. Times count from when a visit was meant to begin, also where the client was late (coordinated omission).
// 2. A visit has exactly one sample of kind `page`, whether it succeeded or not, unless the run was stopped before it began.
import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { Fault } from '../../shared/fault.ts'
import type { LogLine } from '../pair.ts'
import { Client, type Fetched, partsOf } from './client.ts'
import type { Contender } from './contender.ts'
import type { Visit } from './plan.ts'

/** One response, or the lack of one. Times are milliseconds since the visit was meant to begin. */
export interface Sample {
  readonly contender: string
  readonly round: number
  readonly visit: number
  readonly user: number
  readonly kind: 'page' | 'part'
  readonly url: string
  readonly startedMs: number
  readonly firstByteMs: number
  readonly lastByteMs: number
  /** Until the page and all its parts had come; only of pages. */
  readonly loadedMs: number | undefined
  readonly status: number
  readonly way: string | undefined
  readonly contentBytes: number
  /** Whether the bytes are those that the origin gives; undefined where nobody knows. */
  readonly isRight: boolean | undefined
  readonly error: string | undefined
  /** What near logged of the exchange; undefined where there is no near, or no line of it. */
  readonly log: LogLine | undefined
}

export interface RunOptions {
  /** Gets the contender ready for a round; rounds may want new ones. */
  readonly contend: (name: string, round: number) => Promise<Contender>
  readonly names: readonly string[]
  readonly rounds: readonly (readonly Visit[])[]
  readonly withParts: boolean
  /** Each response is given up after so many milliseconds. */
  readonly patienceMs: number
  /** Each contender asks for nothing more after so many milliseconds of its rounds. */
  readonly durationMs: number
  /** Stops the run; what is under way is given up. */
  readonly signal: AbortSignal
  /** When a visit has ended; its sample comes at the end of the round, with what near logged. */
  readonly onVisit: (error: string | undefined) => void
  readonly onSample: (sample: Sample) => void
  readonly onRound: (name: string, round: number, downBytes: number) => void
}

/** Runs to the end of the plan, or until `signal`. */
export async function runLoad(options: RunOptions): Promise<void> {
  const { names, rounds, signal } = options
  const spentMs = new Map<string, number>()
  for (const [round, visits] of rounds.entries()) {
    // Whoever comes first finds the machine cooler: the turns rotate.
    const turn = [...names.slice(round % names.length), ...names.slice(0, round % names.length)]
    for (const name of turn) {
      if (signal.aborted) return
      const leftMs = options.durationMs - (spentMs.get(name) ?? 0)
      if (leftMs <= 0) continue
      const contender = await options.contend(name, round)
      const before = contender.downBytes()
      const startedAt = performance.now()
      await new Round(contender, round, visits, options, startedAt + leftMs).run()
      spentMs.set(name, (spentMs.get(name) ?? 0) + performance.now() - startedAt)
      options.onRound(name, round, contender.downBytes() - before)
    }
  }
}

// Near's line of an exchange comes just after the client's last byte; long enough for a loaded machine to write it.
const LOG_PATIENCE_MS = 2000
const LOG_LOOK_MS = 20

class Round {
  readonly #contender: Contender
  readonly #round: number
  readonly #visits: readonly Visit[]
  readonly #options: RunOptions
  readonly #clients = new Map<number, Client>()
  /** Contents that each path gave, the oldest first. */
  readonly #given = new Map<string, (Buffer | undefined)[]>()
  readonly #loggedBefore = new Map<number, number>()
  readonly #ended: { readonly sample: Sample; readonly endedAt: number }[] = []
  readonly #deadline: number
  #startedAt = 0

  constructor(contender: Contender, round: number, visits: readonly Visit[], options: RunOptions, deadline: number) {
    this.#deadline = deadline
    this.#contender = contender
    this.#round = round
    this.#visits = visits
    this.#options = options
  }

  async run(): Promise<void> {
    const users = [...new Set(this.#visits.map(({ user }) => user))]
    for (const user of users) {
      const link = this.#linkOf(user)
      const proxy = this.#contender.proxyOf(link)
      if (!proxy) throw new Fault('USAGE', 'clients of a load test are behind a proxy')
      this.#clients.set(user, new Client(proxy))
      this.#loggedBefore.set(link, this.#contender.logOf(link).length)
    }
    this.#startedAt = performance.now()
    await Promise.all(users.map(user => this.#runUser(this.#visits.filter(visit => visit.user === user))))
    await Promise.all([...this.#clients.values()].map(client => client.close()))
    await this.#deliver()
  }

  async #runUser(visits: readonly Visit[]): Promise<void> {
    const open: Promise<void>[] = []
    for (const visit of visits) {
      const { when } = visit
      const meantAt = when.kind === 'at' ? this.#startedAt + when.atMs : performance.now() + when.thinkMs
      if (!(await this.#waitUntil(meantAt))) break
      const done = this.#visit(visit, meantAt)
      if (when.kind === 'then') await done
      else open.push(done)
    }
    await Promise.all(open)
  }

  /** False when the run was stopped meanwhile, or its time is up. */
  async #waitUntil(at: number): Promise<boolean> {
    const { signal } = this.#options
    await setTimeout(Math.max(0, at - performance.now()), undefined, { signal }).catch(() => {})
    return !signal.aborted && performance.now() < this.#deadline
  }

  async #visit(visit: Visit, meantAt: number): Promise<void> {
    const { origin } = this.#contender
    const url = visit.url.startsWith('/') ? `${origin?.url}${visit.url}` : visit.url
    const path = visit.url.startsWith('/') ? visit.url : undefined
    if (path !== undefined && visit.ages) origin?.age(path)
    const since = path === undefined ? undefined : this.#rightSince(path, visit.ages)
    const page = await this.#get(visit.user, url)
    // Other users' visits may have aged the page meanwhile, more than once: then each of these versions is right.
    const rightOnes = path === undefined ? undefined : [...(since?.() ?? []), origin?.current(path)]
    const isRight = rightOnes && page.error === undefined ? rightOnes.some(each => isSame(page, each)) : undefined
    const parts = this.#options.withParts && page.html !== undefined ? partsOf(page.html, url) : []
    const fetched = await Promise.all(parts.map(async part => ({ url: part, got: await this.#get(visit.user, part) })))
    const loadedAt = Math.max(page.lastByteAt, ...fetched.map(({ got }) => got.lastByteAt))
    this.#note(visit, 'page', url, meantAt, page, { isRight, loadedMs: loadedAt - meantAt })
    for (const part of fetched) {
      this.#note(visit, 'part', part.url, meantAt, part.got, { isRight: undefined, loadedMs: undefined })
    }
  }

  /** Notes what `path` gives now, and gives what it has given from now on, as far as visits made it age. */
  #rightSince(path: string, isNew: boolean): () => readonly (Buffer | undefined)[] {
    const given = this.#given.get(path) ?? []
    this.#given.set(path, given)
    if (isNew || given.length === 0) given.push(this.#contender.origin?.current(path))
    const from = given.length - 1
    return () => given.slice(from)
  }

  #get(user: number, url: string): Promise<Fetched> {
    const { signal, patienceMs } = this.#options
    const client = this.#clients.get(user) as Client
    return client.get(url, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]))
  }

  #note(
    visit: Visit,
    kind: Sample['kind'],
    url: string,
    meantAt: number,
    got: Fetched,
    more: Pick<Sample, 'isRight' | 'loadedMs'>,
  ): void {
    if (this.#options.signal.aborted && got.error !== undefined) return
    const { status, way, contentBytes, error } = got
    const failure = error ?? (status >= 500 ? `status ${status}` : undefined)
    const sample: Sample = {
      contender: this.#contender.name,
      round: this.#round,
      visit: visit.number,
      user: visit.user,
      kind,
      url,
      startedMs: got.startedAt - meantAt,
      firstByteMs: got.firstByteAt - meantAt,
      lastByteMs: got.lastByteAt - meantAt,
      status,
      way,
      contentBytes,
      error: failure,
      log: undefined,
      ...more,
    }
    this.#ended.push({ sample, endedAt: got.lastByteAt })
    if (kind === 'page') this.#options.onVisit(failure)
  }

  /** Joins samples with near's lines: the n-th response of a URL to end on a link with the n-th line of it. */
  async #deliver(): Promise<void> {
    const links = [...this.#loggedBefore.keys()]
    const linesOf = (link: number) => this.#contender.logOf(link).slice(this.#loggedBefore.get(link)).filter(isExchange)
    const expected = this.#ended.filter(({ sample }) => sample.way !== undefined).length
    for (let waitedMs = 0; waitedMs < LOG_PATIENCE_MS; waitedMs += LOG_LOOK_MS) {
      if (links.flatMap(linesOf).length >= expected) break
      await setTimeout(LOG_LOOK_MS)
    }
    const lines = new Map<string, LogLine[]>()
    for (const link of links) {
      for (const line of linesOf(link)) {
        const key = `${link} ${String(line['url'])}`
        lines.set(key, [...(lines.get(key) ?? []), line])
      }
    }
    for (const { sample } of this.#ended.toSorted((one, other) => one.endedAt - other.endedAt)) {
      const log = lines.get(`${this.#linkOf(sample.user)} ${sample.url}`)?.shift()
      this.#options.onSample({ ...sample, log })
    }
  }

  #linkOf(user: number): number {
    return user % this.#contender.links
  }
}

function isExchange(line: LogLine): boolean {
  return typeof line['url'] === 'string' && typeof line['totalMs'] === 'number'
}

function isSame(got: Fetched, content: Uint8Array | undefined): boolean {
  return content !== undefined && createHash('sha256').update(content).digest('hex') === got.digest
}
