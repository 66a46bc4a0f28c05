// What a soak does all the time: pages and what they load, uploads, downloads, WebSockets, event streams, and clients that
// leave in the middle; and whether what came back was right.
// Knows: HTTP/1.1 as clients speak it to a proxy. Does not know: processes, what is measured.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { acceptOf } from '../shared/http/websocket.ts'
import { get } from './get.ts'
import type { Origin } from './origin/origin.ts'

/** How often each thing was done, failed, and gave something wrong. */
export interface SoakCounts {
  done: number
  failed: number
  wrong: number
}

export type SoakTotals = Map<string, SoakCounts>

/** An origin of WebSockets that echo and of event streams that tick. */
export async function startLiveOrigin(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    let ticks = 0
    const timer = setInterval(() => response.write(`data: ${ticks++}\n\n`), 200)
    response.once('close', () => clearInterval(timer))
    response.on('error', () => {})
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (asked, socket) => {
    socket.on('error', () => {})
    const accept = acceptOf(asked.headers['sec-websocket-key'] ?? '')
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`)
    socket.write(`Sec-WebSocket-Accept: ${accept}\r\n\r\n`)
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>(resolve => void server.close(() => resolve()))
    },
  }
}

export interface SoakLoad {
  readonly proxy: string
  readonly site: Origin
  readonly liveUrl: string
  readonly totals: SoakTotals
  readonly signal: AbortSignal
}

/** Clients that go on until `signal` fires. */
export async function runClients(load: SoakLoad): Promise<void> {
  const clients = [...Array.from({ length: 4 }, () => visitPages), upload, webSocket, eventStream, leave, download]
  await Promise.all(clients.map((client, index) => repeat(client, load, index)))
}

type Client = (load: SoakLoad, round: number) => Promise<boolean>

async function repeat(client: Client, load: SoakLoad, index: number): Promise<void> {
  const { totals, signal } = load
  const counts = totals.get(client.name) ?? { done: 0, failed: 0, wrong: 0 }
  totals.set(client.name, counts)
  for (let round = index * 1009; !signal.aborted; round++) {
    try {
      if (await client(load, round)) counts.done += 1
      else counts.wrong += 1
    } catch {
      counts.failed += 1
      // The link is cut now and then; clients try again soon, as people do.
      await pause(500, signal)
    }
    await pause(20 + ((round * 37) % 180), signal)
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => {})
}

/** A page as it was at some time while it was asked for; every third time one that may have been kept, which is older. */
async function visitPages({ proxy, site }: SoakLoad, round: number): Promise<boolean> {
  const { pages } = site
  const index = (round * 7919) % pages.length
  const { path, step } = pages[index] as (typeof pages)[number]
  const before = site.current(path)
  const mayBeOlder = round % 3 === 0
  const { status, body } = await get(`${site.url}${path}`, proxy, mayBeOlder ? {} : { 'cache-control': 'no-cache' })
  if (status >= 500) throw new Error(`${status}`)
  const after = site.current(path)
  const hasAgedTwice = (site.pages[index]?.step ?? 0) > step + 1
  return mayBeOlder || hasAgedTwice || [before, after].some(each => each?.equals(body))
}

async function upload({ proxy, site }: SoakLoad, round: number): Promise<boolean> {
  const bytes = randomBytes(1000 + ((round * 7) % 100_000))
  const url = new URL(`${site.url}/echo`)
  const { hostname, port } = new URL(proxy)
  const asking = request({ hostname, port, path: url.href, method: 'POST', headers: { host: url.host }, agent: false })
  asking.end(bytes)
  const [response] = await once(asking, 'response')
  let text = ''
  for await (const piece of response) text += String(piece)
  if (response.statusCode !== 200) throw new Error(String(response.statusCode))
  return JSON.parse(text).bodySha256 === createHash('sha256').update(bytes).digest('hex')
}

async function download({ proxy, site }: SoakLoad, round: number): Promise<boolean> {
  const length = 10_000 + ((round * 7919) % 400_000)
  const { status, body } = await get(`${site.url}/download?bytes=${length}`, proxy)
  if (status !== 200) throw new Error(String(status))
  return body.length === length
}

async function webSocket({ proxy, liveUrl }: SoakLoad): Promise<boolean> {
  const { hostname, port } = new URL(proxy)
  const socket = connect(Number(port), hostname)
  socket.setTimeout(20_000, () => socket.destroy(new Error('silent')))
  const { host } = new URL(liveUrl)
  const sent = randomBytes(300)
  socket.write(`GET ${liveUrl}/socket HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`)
  socket.write(`Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`)
  let received: Buffer = Buffer.alloc(0)
  let isOpen = false
  try {
    for await (const piece of socket) {
      received = Buffer.concat([received, piece as Buffer])
      const end = received.indexOf('\r\n\r\n')
      if (!isOpen && end >= 0) {
        if (!received.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error('refused')
        isOpen = true
        received = received.subarray(end + 4)
        socket.write(sent)
      }
      if (isOpen && received.length >= sent.length) return received.equals(sent)
    }
    throw new Error('broken off')
  } finally {
    socket.destroy()
  }
}

/** Ten events, in order. */
async function eventStream({ proxy, liveUrl }: SoakLoad): Promise<boolean> {
  const { hostname, port } = new URL(proxy)
  const { host } = new URL(liveUrl)
  const asking = request({ hostname, port, path: `${liveUrl}/events`, headers: { host }, agent: false })
  asking.on('error', () => {})
  asking.setTimeout(20_000, () => asking.destroy(new Error('silent')))
  asking.end()
  const [response] = await once(asking, 'response')
  if (response.statusCode !== 200) throw new Error(String(response.statusCode))
  let text = ''
  try {
    for await (const piece of response) {
      text += String(piece)
      if (text.includes('data: 9\n')) break
    }
  } finally {
    asking.destroy()
  }
  const wanted = Array.from({ length: 10 }, (_, index) => `data: ${index}\n\n`).join('')
  if (text.length < wanted.length) throw new Error('broken off')
  return text.startsWith(wanted)
}

/** Goes away in the middle of a download. */
async function leave({ proxy, site }: SoakLoad, round: number): Promise<boolean> {
  const { hostname, port } = new URL(proxy)
  const url = new URL(`${site.url}/download?bytes=2000000`)
  const asking = request({ hostname, port, path: url.href, headers: { host: url.host }, agent: false })
  asking.on('error', () => {})
  asking.end()
  const [response] = await once(asking, 'response')
  const wanted = (round * 997) % 100_000
  let length = 0
  for await (const piece of response) {
    length += (piece as Buffer).length
    if (length > wanted) break
  }
  asking.destroy()
  return true
}
