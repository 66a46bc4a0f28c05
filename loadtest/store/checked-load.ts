// An origin whose pages prove themselves, and clients that check every one they get, while somebody kills what is between.
// Knows: HTTP. Does not know: who is killed, which proxies there are.
//
// A page says its path and the step at which it was made, and ends with the SHA-256 of all before it. Steps change a few
// words of it; pages of a user are private and say whose they are.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { get } from '../get.ts'

const PATHS = 12
const PARAGRAPHS = 120
const STEP_MS = 500
// A request that takes longer is counted as failed; near gives up within it.
const PATIENCE_MS = 30_000
const PAUSE_MS = 20

export interface CheckedOrigin {
  readonly url: string
  close(): void
}

/** Starts the origin on a free port. */
export async function startCheckedOrigin(): Promise<CheckedOrigin> {
  const server = createServer((request, response) => {
    const page = makePage(request)
    const isOwn = request.url?.startsWith('/own/') === true
    const etag = `"${createHash('sha256').update(page).digest('hex').slice(0, 16)}"`
    const fields = { 'content-type': 'text/html', 'cache-control': isOwn ? 'private, no-cache' : 'no-cache', etag }
    if (request.headers['if-none-match'] === etag) response.writeHead(304, fields).end()
    else response.writeHead(200, fields).end(page)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

function makePage({ url = '', headers }: IncomingMessage): string {
  const step = Math.floor(Date.now() / STEP_MS)
  const user = url.startsWith('/own/') ? String(headers['x-user']) : 'all'
  const lines = [`page ${url} for ${user} at step ${step}`]
  for (let at = 0; at < PARAGRAPHS; at++) {
    const seed = at % 40 === step % 40 ? `${url} ${at} ${step}` : `${url} ${at}`
    lines.push(`<p>${createHash('sha256').update(seed).digest('hex')} and the words that all have in common</p>`)
  }
  const text = `${lines.join('\n')}\n`
  return text + createHash('sha256').update(text).digest('hex')
}

/** Whether `body` is a page of the origin for that path and user, to its last byte. */
function isRight(body: Buffer, path: string, user: string): boolean {
  const text = body.subarray(0, -64)
  const digest = body.subarray(-64).toString()
  const owner = path.startsWith('/own/') ? user : 'all'
  const isWhole = createHash('sha256').update(text).digest('hex') === digest
  return isWhole && text.toString().startsWith(`page ${path} for ${owner} at step `)
}

export interface Counts {
  right: number
  /** No response, or one that says that there is none. */
  failed: number
  wrong: number
  /** Of those that were right, by the word in Cache-Status. */
  readonly ways: Map<string, number>
}

/** Clients of several proxies, each with pages of its own beside those of all. */
export class CheckedLoad {
  readonly counts: Counts = { right: 0, failed: 0, wrong: 0, ways: new Map() }
  readonly #origin: string
  readonly #running: Promise<void>[] = []
  readonly #waiting = new Set<(proxy: string, askedAt: number) => void>()
  #stopped = false

  constructor(origin: string, proxies: readonly string[], clientsOfEach: number) {
    this.#origin = origin
    for (const [at, proxy] of proxies.entries()) {
      for (let count = 0; count < clientsOfEach; count++) this.#running.push(this.#run(proxy, `user-${at}`, count))
    }
  }

  /** Resolves when a page that was asked for through `proxy` from now on has come right. */
  async nextRight(proxy: string): Promise<void> {
    const from = performance.now()
    const { promise, resolve } = Promise.withResolvers<void>()
    const see = (through: string, askedAt: number) => {
      if (through === proxy && askedAt >= from) resolve()
    }
    this.#waiting.add(see)
    await promise
    this.#waiting.delete(see)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }

  async #run(proxy: string, user: string, first: number): Promise<void> {
    for (let at = first; !this.#stopped; at++) {
      const path = at % 3 === 2 ? `/own/${at % PATHS}` : `/all/${at % PATHS}`
      const askedAt = performance.now()
      const late = new AbortController()
      const got = await Promise.race([
        get(`${this.#origin}${path}`, proxy, { 'x-user': user }).catch(() => undefined),
        setTimeout(PATIENCE_MS, undefined, { signal: late.signal }).catch(() => undefined),
      ])
      late.abort()
      if (got?.status !== 200) {
        this.counts.failed += 1
        await setTimeout(PAUSE_MS)
      } else if (isRight(got.body, path, user)) {
        this.counts.right += 1
        const way = got.way ?? 'none'
        this.counts.ways.set(way, (this.counts.ways.get(way) ?? 0) + 1)
        for (const see of this.#waiting) see(proxy, askedAt)
      } else this.counts.wrong += 1
    }
  }
}
