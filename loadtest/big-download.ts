// Carries much through a pair and says how fast it was and how much memory the two proxies took at most: contents pass,
// they do not pile up. Linux only.
//   node loadtest/big-download.ts [--only NAME …] [--scale 1] [--csv FILE]
// chromium: HTTPS that near opens, HTTP/2 on both sides, saved by a browser that `hunch ca install` told to trust near;
// download and upload: plain HTTP by Node, on loopback; lan: a download over an emulated link. Each has a pair of its own.
// What arrives is compared by SHA-256. `--scale` makes all of it smaller or larger.
// Knows: running pairs, browsers, /proc, the command line. Does not know: how the proxies work.
import { spawnSync } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { launchChromium } from './chromium.ts'
import { type PresetName, presetFigures } from './link/presets.ts'
import { type RunningNear, startFar } from './pair.ts'

const MB = 1_000_000
// The digest of what was sent last.
let sent = Promise.withResolvers<string>()
const SERVER_FIELDS = { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' }

/** Megabytes of resident memory, before and at most; the kernel counts them itself. */
type Memory = readonly [before: number, peak: number]

interface Carried {
  readonly seconds: number
  /** The same without the pair. */
  readonly straightSeconds?: number
  readonly near: Memory
  readonly far: Memory
}

interface Scenario {
  readonly megabytes: number
  readonly carry: (megabytes: number) => Promise<Carried>
}

const scenarios: Readonly<Record<string, Scenario>> = {
  chromium: { megabytes: 200, carry: saveByChromium },
  download: { megabytes: 4000, carry: megabytes => carryByNode(megabytes, download) },
  upload: { megabytes: 1000, carry: megabytes => carryByNode(megabytes, upload) },
  lan: { megabytes: 200, carry: megabytes => carryByNode(megabytes, download, 'lan') },
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    scale: { type: 'string', default: '1' },
    csv: { type: 'string' },
  },
})
const names = Object.keys(scenarios)
const unknown = values.only?.find(name => !names.includes(name))
if (unknown !== undefined) {
  process.stderr.write(`big-download: ${unknown} is none of ${names.join(', ')}\n`)
  process.exit(2)
}
const lines = ['what,megabytes,seconds,straight_seconds,near_before_mb,near_peak_mb,far_before_mb,far_peak_mb,load']
for (const [what, scenario] of Object.entries(scenarios)) {
  if (values.only && !values.only.includes(what)) continue
  const megabytes = Math.max(1, Math.round(scenario.megabytes * Number(values.scale)))
  const { seconds, straightSeconds, near, far } = await scenario.carry(megabytes)
  const load = (loadavg()[0] ?? 0).toFixed(1)
  lines.push([what, megabytes, seconds.toFixed(1), straightSeconds?.toFixed(1), ...near, ...far, load].join())
  const straight = straightSeconds === undefined ? '' : ` (straight ${Math.round(megabytes / straightSeconds)} MB/s)`
  process.stdout.write(
    `${what}: ${megabytes} MB, ${Math.round(megabytes / seconds)} MB/s${straight}; ` +
      `near ${near.join(' to ')} MB, far ${far.join(' to ')} MB; load ${load}\n`,
  )
}
if (values.csv !== undefined) await writeFile(values.csv, `${lines.join('\n')}\n`)

type Carry = (url: string, proxy: string | undefined, megabytes: number) => Promise<void>

/** By Node's client over plain HTTP, and once more straight. */
async function carryByNode(megabytes: number, carry: Carry, link?: PresetName): Promise<Carried> {
  const origin = createServer((asked, response) => {
    if (asked.method === 'POST') void hashOf(asked).then(sum => response.end(sum))
    else send(megabytes, response.writeHead(200, SERVER_FIELDS))
  })
  const url = `http://127.0.0.1:${await portOf(origin)}/`
  try {
    const carried = await throughPair([], link, near => timed(() => carry(url, near.proxy, megabytes)))
    return { ...carried, straightSeconds: await timed(() => carry(url, undefined, megabytes)) }
  } finally {
    origin.closeAllConnections()
    origin.close()
  }
}

/** As a person does: trusts near, opens a page, clicks on what it links to. */
async function saveByChromium(megabytes: number): Promise<Carried> {
  const home = await mkdtemp(join(tmpdir(), 'hunch-home-'))
  const origin = createSecureServer(makeCertificate(home))
  const protocols = new Set<string | undefined>()
  origin.on('stream', (stream, { ':path': path }) => {
    protocols.add(stream.session?.alpnProtocol)
    const isPage = path !== '/large.bin'
    stream.respond(isPage ? { 'content-type': 'text/html' } : SERVER_FIELDS)
    if (isPage) stream.end('<!doctype html><title>Large</title><a href="/large.bin" download>Save it</a>')
    else send(megabytes, stream)
  })
  const url = `https://127.0.0.1:${await portOf(origin)}/`
  // Far is a child of this process.
  process.env['NODE_EXTRA_CA_CERTS'] = join(home, 'origin.pem')
  try {
    return await throughPair(['--intercept'], undefined, async (near, data) => {
      trustAuthority(data, home)
      const browser = await launchChromium(near.proxy, { home })
      try {
        const page = await browser.newPage()
        await page.goto(url)
        const seconds = await timed(async () => {
          const [saved] = await Promise.all([page.waitForEvent('download'), page.click('a')])
          await expectSum(await hashOf(createReadStream(await saved.path())))
        })
        if ([...protocols].join() !== 'h2') throw new Error(`the origin was asked by ${[...protocols].join()}`)
        return seconds
      } finally {
        await browser.close()
      }
    })
  } finally {
    delete process.env['NODE_EXTRA_CA_CERTS']
    origin.close()
    await rm(home, { recursive: true, maxRetries: 5 })
  }
}

/** Runs `carry`, which gives seconds, with a pair of its own. */
async function throughPair(
  words: readonly string[],
  preset: PresetName | undefined,
  carry: (near: RunningNear, data: string) => Promise<number>,
): Promise<Carried> {
  const quiet = ['--log-level', 'warn']
  const far = await startFar(['--allow-private', ...quiet])
  try {
    let data = ''
    const link = preset && presetFigures(preset)
    const near = await far.startNear({
      link,
      arguments: [...words, ...quiet],
      prepare: async directory => void (data = directory),
    })
    const before = await Promise.all([peakMegabytes(near.pid), peakMegabytes(far.pid)])
    const seconds = await carry(near, data)
    const peak = await Promise.all([peakMegabytes(near.pid), peakMegabytes(far.pid)])
    return { seconds, near: [before[0], peak[0]], far: [before[1], peak[1]] }
  } finally {
    await far.close()
  }
}

async function peakMegabytes(pid: number): Promise<number> {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round((Number(kibibytes) * 1024) / MB)
}

/** Seconds. */
async function timed(action: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await action()
  return (performance.now() - startedAt) / 1000
}

async function download(url: string, proxy: string | undefined): Promise<void> {
  const [response] = (await once(openRequest(url, proxy, 'GET').end(), 'response')) as [IncomingMessage]
  await expectSum(await hashOf(response))
}

async function upload(url: string, proxy: string | undefined, megabytes: number): Promise<void> {
  const asking = openRequest(url, proxy, 'POST')
  const answered = once(asking, 'response') as Promise<[IncomingMessage]>
  send(megabytes, asking)
  const [response] = await answered
  await expectSum(Buffer.concat(await response.toArray()).toString())
}

function openRequest(url: string, proxy: string | undefined, method: string) {
  const { host, hostname, port } = new URL(url)
  const to = proxy === undefined ? { hostname, port } : new URL(proxy)
  return request({
    hostname: to.hostname,
    port: to.port,
    path: proxy ? url : '/',
    method,
    headers: { host },
    agent: false,
  })
}

/** What cannot be made smaller, made as it goes. */
function send(megabytes: number, to: NodeJS.WritableStream): void {
  const hash = createHash('sha256')
  const made = Promise.withResolvers<string>()
  sent = made
  const chunks = function* () {
    for (let count = 0; count < megabytes; count++) {
      const chunk = randomFillSync(Buffer.allocUnsafe(MB))
      hash.update(chunk)
      yield chunk
    }
    made.resolve(hash.digest('hex'))
  }
  pipeline(Readable.from(chunks()), to).catch(() => undefined)
}

async function hashOf(content: Readable): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of content) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

/** Raises when what arrived is not what was sent last. */
async function expectSum(got: string): Promise<void> {
  if (got !== (await sent.promise)) throw new Error('What arrived is not what was sent.')
}

function trustAuthority(data: string, home: string): void {
  const program = fileURLToPath(new URL('../cli/hunch.js', import.meta.url))
  const words = [program, 'ca', 'install', '--no-system', '--data', data]
  run(process.execPath, words, { ...process.env, HOME: home })
}

/** For 127.0.0.1; what trusts it is told `origin.pem`. */
function makeCertificate(folder: string): { key: Buffer; cert: Buffer } {
  const [keyFile, certFile] = [join(folder, 'origin-key.pem'), join(folder, 'origin.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const name = ['-subj', '/CN=origin', '-addext', 'subjectAltName=IP:127.0.0.1']
  run('openssl', ['req', '-x509', ...kind, ...name, '-keyout', keyFile, '-out', certFile], process.env)
  return { key: readFileSync(keyFile), cert: readFileSync(certFile) }
}

function run(command: string, words: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, stderr } = spawnSync(command, words, { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`)
}

async function portOf(server: Server | Http2SecureServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
