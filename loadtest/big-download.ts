// Downloads much through a pair and prints how much memory the two proxies took at most: contents pass, they do not pile up.
// `node loadtest/big-download.ts [MEGABYTES]`, 1000 unless another number is given; on loopback, Linux only.
// Knows: running pairs, /proc. Does not know: how the proxies work.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { startFar } from './pair.ts'

const MB = 1_000_000

/** Megabytes of resident memory at most so far; the kernel counts them itself. */
async function peakMegabytes(pid: number): Promise<number> {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round((Number(kibibytes) * 1024) / MB)
}

async function download(url: string, proxy: string): Promise<number> {
  const { hostname, port } = new URL(proxy)
  const [response] = (await once(get({ hostname, port, path: url }), 'response')) as [IncomingMessage]
  let length = 0
  for await (const chunk of response) length += (chunk as Uint8Array).length
  return length
}

const megabytes = Number(process.argv[2] ?? 1000)
const chunk = Buffer.alloc(MB, 'What is sent is sent, and nobody keeps it. ')
const origin = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': megabytes * MB })
  const chunks = Array.from({ length: megabytes }, () => chunk)
  pipeline(Readable.from(chunks), response).catch(() => undefined)
})
origin.listen(0, '127.0.0.1')
await once(origin, 'listening')
const far = await startFar(['--allow-private'])
try {
  const near = await far.startNear({ link: undefined })
  const report = async (what: string) => {
    const [nearPeak, farPeak] = await Promise.all([peakMegabytes(near.pid), peakMegabytes(far.pid)])
    process.stdout.write(`${what}: near ${nearPeak} MB, far ${farPeak} MB at most\n`)
  }
  await report('before')
  const startedAt = performance.now()
  const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}/`
  const length = await download(url, near.proxy)
  const seconds = (performance.now() - startedAt) / 1000
  await report(`after ${length / MB} MB in ${seconds.toFixed(1)} s, ${Math.round(length / MB / seconds)} MB/s`)
} finally {
  await far.close()
  origin.closeAllConnections()
  origin.close()
}
