// What far carries: asks that it answers in a second, and the processor time that each takes, with one process and with
// two, with a store of its own and with one that machines share (Redis).
//   node loadtest/far-load.ts [--rounds 5] [--seconds 2] [--links 8] [--preset 3g] [--csv loadtest/results/far-load.csv]
// Needs redis-server. Nears are links of this process, which is the origin, too: it shares the cores with far, so asks a
// second are those of a machine that does both. What one core carries is 1000 ms over far's processor time for an ask,
// all threads of all processes counted; the shared server's is told apart.
// Knows: the command line, the link protocol, /proc. Does not know: how far works.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadavg } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { median } from './get.ts'
import { type HeldAnswer, LinkClient } from './link-client.ts'
import { parseFigures } from './link/presets.ts'
import { startFar } from './pair.ts'
import { familyOf, processorMs } from './process-family.ts'
import { type RunningRedis, startRedis } from './store/running-redis.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    links: { type: 'string', default: '8' },
    preset: { type: 'string', default: '3g' },
    csv: { type: 'string' },
  },
})

/** Sorts of pages, in the order in which they are asked for: what one leaves to be written down falls to the next. */
const sorts = {
  fresh: 'from its cache',
  confirmed: 'confirmed by the origin',
  whole: 'fetched and sent whole',
  delta: 'fetched and sent as a delta',
} as const
type Sort = keyof typeof sorts
const expected = { fresh: 'whole', confirmed: 'confirmation', whole: 'whole', delta: 'delta' } as const

interface Way {
  readonly processes: number
  readonly store: 'own' | 'shared'
}

interface Sample extends Way {
  readonly sort: Sort
  readonly perSecond: number
  readonly farMs: number
  readonly serverMs: number
  readonly loadMs: number
  readonly failed: number
}

const ASKS_OF_LINK = 4
// Most of what runs for each ask is compiled by then.
const WARM_MS = 1500
const ways: readonly Way[] = [1, 2].flatMap(processes => [
  { processes, store: 'own' } as const,
  { processes, store: 'shared' } as const,
])
// Asks say how the link is; far chooses by that how hard it tries.
const figures = parseFigures({ preset: values.preset })
const link = { bandwidthBytesPerSecond: figures.downBitsPerSecond / 8, roundTripMs: figures.roundTripMs }
const PARAGRAPHS = 200
const text = Array.from(
  { length: PARAGRAPHS },
  (_, at) =>
    `<p id="p${at}">${Math.sin(at + 1)
      .toString(36)
      .slice(2)} and the words that all of these have in common.</p>`,
)
let pages = 0

const origin = createServer(answer).listen(0, '127.0.0.1')
await once(origin, 'listening')
const site = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
const samples: Sample[] = []
const rows = [
  'round,processes,store,sort,asks_per_second,far_ms_per_ask,server_ms_per_ask,load_ms_per_ask,failed,load_1min',
]
for (let round = 1; round <= Number(values.rounds); round++) {
  // Each round begins with another one.
  for (const at of ways.keys()) {
    for (const sample of await measure(ways[(at + round) % ways.length] as Way)) {
      samples.push(sample)
      const { processes, store, sort, perSecond, farMs, serverMs, loadMs, failed } = sample
      const times = [farMs, serverMs, loadMs].map(ms => ms.toFixed(3))
      rows.push(
        [round, processes, store, sort, perSecond.toFixed(0), ...times, failed, loadavg()[0]?.toFixed(1)].join(),
      )
      process.stderr.write(`${rows.at(-1)}\n`)
    }
  }
}
origin.closeAllConnections()
origin.close()
if (values.csv) writeFileSync(values.csv, `${rows.join('\n')}\n`)
process.stdout.write(table())

async function measure({ processes, store }: Way): Promise<Sample[]> {
  const redis = store === 'shared' ? await startRedis() : undefined
  const words = ['--allow-private', '--log-level', 'warn', '--processes', String(processes)]
  if (redis) words.push('--shared-store', redis.url)
  const far = await startFar(words)
  const links: LinkClient[] = []
  try {
    for (let count = 0; count < Number(values.links); count++) {
      links.push(await LinkClient.open(far.joinUrl, links[0]?.credential))
    }
    const pids = await familyOf(far.pid)
    const taken: Sample[] = []
    for (const sort of Object.keys(sorts) as Sort[]) {
      taken.push({ processes, store, sort, ...(await load(sort, links, pids, redis)) })
    }
    return taken
  } finally {
    for (const each of links) each.close()
    await far.close()
    await redis?.close()
  }
}

/** Keeps all links busy with pages of one sort, and counts once they have been so for a while. */
async function load(
  sort: Sort,
  links: readonly LinkClient[],
  pids: readonly number[],
  redis: RunningRedis | undefined,
) {
  let [answered, failed] = [0, 0]
  const stopping = new AbortController()
  const asking = links.flatMap((each, at) =>
    Array.from({ length: ASKS_OF_LINK }, async (_, slot) => {
      // What is fresh is one page for all; else each has a page of its own, to which it comes back.
      const url = new URL(`${site}/${sort}/${sort === 'fresh' ? slot : `${at}-${slot}`}`)
      let held: HeldAnswer | undefined
      for (let first = true; !stopping.signal.aborted; first = false) {
        const asked = await each.ask(url, held, link).catch(() => undefined)
        const isRight = asked !== undefined && (first || asked.verdict === expected[sort])
        if (isRight) answered += 1
        else failed += 1
        if (sort === 'confirmed' || sort === 'delta') held = asked?.held
        // An ask that is refused at once must not keep the others from being answered.
        if (!asked) await setTimeout(10)
      }
    }),
  )
  await setTimeout(WARM_MS)
  const before = await reading(pids, redis)
  ;[answered, failed] = [0, 0]
  await setTimeout(1000 * Number(values.seconds))
  const after = await reading(pids, redis)
  const [count, failures] = [answered, failed]
  stopping.abort()
  await Promise.all(asking)
  const perAsk = (key: keyof typeof before) => (after[key] - before[key]) / Math.max(1, count)
  const seconds = (after.at - before.at) / 1000
  return {
    perSecond: count / seconds,
    farMs: perAsk('farMs'),
    serverMs: perAsk('serverMs'),
    loadMs: perAsk('loadMs'),
    failed: failures,
  }
}

async function reading(pids: readonly number[], redis: RunningRedis | undefined) {
  return {
    at: performance.now(),
    farMs: await processorMs(pids),
    serverMs: redis ? await processorMs([redis.pid]) : 0,
    loadMs: await processorMs([process.pid]),
  }
}

/** A page of some 16 kB. One of a delta has other words in three places each time. */
function answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const [, sort] = url.split('/')
  const etag = '"1"'
  if (sort === 'confirmed' && headers['if-none-match'] === etag) {
    response.writeHead(304, { etag, 'cache-control': 'no-cache' }).end()
    return
  }
  const caching = { fresh: 'public, max-age=3600', whole: 'no-store' }[sort ?? ''] ?? 'no-cache'
  const page = [`<title>${url}</title>`, ...text]
  pages += 1
  if (sort === 'delta') for (const at of [20, 90, 160]) page[at] = `<p>page ${pages} has these words of its own</p>`
  const tag = sort === 'confirmed' ? { etag } : {}
  response.writeHead(200, { 'content-type': 'text/html', 'cache-control': caching, ...tag }).end(page.join('\n'))
}

function table(): string {
  const of = (way: Way, sort: Sort) =>
    samples.filter(each => each.processes === way.processes && each.store === way.store && each.sort === sort)
  const lines = (Object.keys(sorts) as Sort[]).flatMap(sort =>
    ways.map(way => {
      const all = of(way, sort)
      const figure = (key: 'perSecond' | 'farMs' | 'serverMs' | 'loadMs') => median(all.map(each => each[key]))
      const cells = [
        figure('perSecond').toFixed(0),
        ...(['farMs', 'serverMs', 'loadMs'] as const).map(key => figure(key).toFixed(2)),
      ]
      const perCore = (1000 / figure('farMs')).toFixed(0)
      return `| ${[sorts[sort], way.processes, way.store, ...cells, perCore].join(' | ')} |\n`
    }),
  )
  const head =
    'an ask | processes | store | asks/s | far, ms of processor | shared server, ms | load, ms | asks/s a core'
  return `| ${head} |\n|${' --- |'.repeat(8)}\n${lines.join('')}`
}
