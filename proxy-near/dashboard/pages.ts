// Near's own pages: the dashboard and what it reads and changes, a PAC file, metrics, health.
// Knows: routes, the fields that keep other sites out. Does not know: how anything behind them works.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { thresholdOptions } from '../../shared/config/options.ts'
import { sitePolicies } from '../../shared/config/site-settings.ts'
import { asFault } from '../../shared/fault.ts'
import { originOf, type Version } from '../../shared/version.ts'
import type { LiveSettings } from '../live-settings.ts'
import type { LinkState } from '../link.ts'
import type { Activity, LinkFigures } from './activity.ts'
import type { Effects } from './effects.ts'
import { planOwnRequest } from './guard.ts'
import { nearMetricsText } from './metrics.ts'

/** What the pages show and change. */
export interface Shown {
  readonly activity: Activity
  readonly effects: Effects
  readonly settings: LiveSettings
  readonly listening: () => { readonly host: string; readonly port: number }
  readonly status: () => Status
  readonly versions: () => readonly Version[]
  /** Forgets the versions of these URLs; gives how many. */
  readonly forget: (urls: readonly string[]) => number
  readonly authority: () => string | undefined
  readonly now: () => number
}

export interface Status extends LinkFigures {
  readonly link: LinkState | 'unused'
  readonly fault: { readonly code: string; readonly message: string; readonly advice: string } | undefined
  readonly mode: string
  readonly intercept: boolean
  readonly heldVersions: number
  readonly heldBytes: number
  /** Content bytes on the link in this month, and the data plan where there is one. */
  readonly month: { readonly linkBytes: number; readonly budgetBytes: number | undefined }
}

// No inline script or style, nothing from elsewhere, in no frame: whatever a page's text came from, it stays text. Near's name
// is near itself, by way of the proxy: the page asks there whether its browser goes through near.
const OWN_FIELDS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' http://hunch.invalid; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

const assets = {
  'dashboard.css': { type: 'text/css; charset=utf-8', path: own('./assets/dashboard.css') },
  'dashboard.js': { type: 'text/javascript; charset=utf-8', path: own('./assets/dashboard.js') },
  'charts.js': { type: 'text/javascript; charset=utf-8', path: own('./assets/charts.js') },
  'words.js': { type: 'text/javascript; charset=utf-8', path: own('./assets/words.js') },
  'icon.svg': { type: 'image/svg+xml', path: own('./assets/icon.svg') },
  'uplot.js': { type: 'text/javascript; charset=utf-8', path: installed('uplot/dist/uPlot.esm.js') },
  'uplot.css': { type: 'text/css; charset=utf-8', path: installed('uplot/dist/uPlot.min.css') },
} as const satisfies Record<string, { type: string; path: string }>

// A line to a browser that nobody writes to is cut by some of what stands between; comments keep it.
const HEARTBEAT_MS = 15_000
const STATUS_INTERVAL_MS = 1000

export function addPages(pages: FastifyInstance, shown: Shown): void {
  pages.addHook('onRequest', async (request, reply) => {
    reply.headers(OWN_FIELDS)
    const plan = planOwnRequest(request.method, request.headers, shown.listening())
    if (plan.kind === 'refuse') {
      await reply.code(403).type('text/plain').send(`This page is for this machine alone (${plan.why}).\n`)
    }
  })
  pages.get('/', (_request, reply) => sendFile(reply, 'text/html; charset=utf-8', own('./assets/dashboard.html')))
  pages.get<{ Params: { name: string } }>('/assets/:name', (request, reply) => {
    const { name } = request.params
    const asset = Object.entries(assets).find(([each]) => each === name)?.[1]
    return asset ? sendFile(reply, asset.type, asset.path) : reply.code(404).type('text/plain').send('Not found.\n')
  })
  pages.get('/status.json', async () => describeStatus(shown))
  pages.get('/activity.json', async () => ({ exchanges: shown.activity.last, sites: shown.activity.sites }))
  pages.get('/events', (_request, reply) => sendEvents(reply, shown))
  pages.get('/settings.json', async () => describeSettings(shown.settings))
  pages.patch('/settings.json', async (request, reply) => {
    try {
      await shown.settings.change(request.body)
      return describeSettings(shown.settings)
    } catch (error) {
      return sendFault(reply, error)
    }
  })
  pages.get('/effect.json', async (request, reply) => {
    try {
      return { effect: shown.effects.of(request.query) }
    } catch (error) {
      return sendFault(reply, error)
    }
  })
  pages.get('/versions.json', async () => shown.versions().map(describeVersion))
  pages.delete<{ Querystring: { url?: string; site?: string } }>('/versions.json', async (request, reply) => {
    const { url, site } = request.query
    const urls = shown
      .versions()
      .map(version => version.url)
      .filter(
        each => (url === undefined || each === url) && (site === undefined || originOf(each).endsWith(`//${site}`)),
      )
    return reply.send({ forgotten: shown.forget(urls) })
  })
  pages.get('/proxy.pac', (request, reply) =>
    reply.type('application/x-ns-proxy-autoconfig').send(pacFile(request.headers.host ?? '', shown.listening().port)),
  )
  // For devices and programs that are told by hand to trust it; it holds no secret.
  pages.get('/authority.pem', (_request, reply) => {
    const certificate = shown.authority()
    if (certificate !== undefined) return reply.type('application/x-pem-file').send(certificate)
    return reply.code(404).type('text/plain').send('Near does not open HTTPS: start it with --intercept.\n')
  })
  pages.get('/metrics', (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(nearMetricsText(shown.activity, shown.status())),
  )
  pages.get('/healthz', async ({ headers: { origin } }, reply) => {
    // Other sites were refused: it is near's page under its other name.
    if (origin !== undefined) reply.header('access-control-allow-origin', origin)
    return { status: 'ok' }
  })
}

/** Since the start, today and now, and how the link is. */
function describeStatus({ activity, status, now }: Shown) {
  const at = now()
  return {
    ...status(),
    startedAt: activity.startedAt,
    total: activity.total,
    today: activity.today(at),
    latest: activity.latest(at),
    ways: activity.ways,
  }
}

function describeSettings({ thresholds, sites }: LiveSettings) {
  const rows = Object.entries(thresholdOptions).map(([name, { kind, meaning, defaults }]) => {
    const value = thresholds[name as keyof typeof thresholds]
    return { name, meaning, expects: kind.expects, default: defaults.near, value: value === Infinity ? 'none' : value }
  })
  return { thresholds: rows, policies: sitePolicies, sites: Object.fromEntries(sites) }
}

function describeVersion({ url, status, digest, content, storedAt, wholeBytes, fields }: Version) {
  const type = fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  return { url, status, digest, sizeBytes: content.length, wholeBytes, storedAt, type }
}

/** Server-sent events (HTML Living Standard §9.2): `exchange` for each that ends, `status` once a second where it changed. */
function sendEvents(reply: FastifyReply, shown: Shown): void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { ...OWN_FIELDS, 'content-type': 'text/event-stream' })
  let lastStatus = ''
  const send = (event: string, data: string) => raw.write(`event: ${event}\ndata: ${data}\n\n`)
  const sendStatus = () => {
    const status = JSON.stringify(describeStatus(shown))
    if (status !== lastStatus) send('status', status)
    lastStatus = status
  }
  sendStatus()
  const stop = shown.activity.listen(seen => send('exchange', JSON.stringify(seen)))
  const interval = setInterval(sendStatus, STATUS_INTERVAL_MS)
  const heartbeat = setInterval(() => raw.write(':\n\n'), HEARTBEAT_MS)
  raw.once('close', () => {
    stop()
    clearInterval(interval)
    clearInterval(heartbeat)
  })
}

/** Proxy Auto-Configuration: near for the web, and the machine's own network direct; direct as well when near is gone. */
function pacFile(host: string, port: number): string {
  const proxy = /^[\w.[\]:-]+$/.test(host) && host.includes(':') ? host : `127.0.0.1:${port}`
  return `function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || host === '127.0.0.1' || host === '[::1]' || shExpMatch(host, '*.local')) return 'DIRECT'
  return 'PROXY ${proxy}; DIRECT'
}
`
}

function sendFault(reply: FastifyReply, error: unknown): FastifyReply {
  const fault = asFault(error, 'NEAR_INTERNAL')
  return reply.code(fault.code === 'CONFIG' ? 400 : 500).send({ fault: fault.code, message: fault.message })
}

async function sendFile(reply: FastifyReply, type: string, path: string): Promise<void> {
  await reply.type(type).send(await readFile(path))
}

function own(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}

function installed(path: string): string {
  return fileURLToPath(import.meta.resolve(path))
}
