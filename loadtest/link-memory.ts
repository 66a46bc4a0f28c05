// What memory a near's link takes of far while nothing is asked on it, and once something was: what so many nears need.
//   node loadtest/link-memory.ts [--links 1000] [--csv loadtest/results/link-memory.csv]
// Nears are links of this process. Far has one process and keeps versions in memory alone; what is asked for is one page
// of 16 kB that far has, so that its versions do not grow with the links.
// Knows: the command line, the link protocol, /proc. Does not know: how far works.
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { LinkClient } from './link-client.ts'
import { startFar } from './pair.ts'

const { values } = parseArgs({ options: { links: { type: 'string', default: '1000' }, csv: { type: 'string' } } })
const STEPS = 4
const LINK = { bandwidthBytesPerSecond: 200_000, roundTripMs: 300 }

const page = Array.from({ length: 400 }, (_, at) => `<p>${Math.sin(at + 1).toString(36)} words of a page</p>`).join(
  '\n',
)
const origin = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'public, max-age=3600' }).end(page)
}).listen(0, '127.0.0.1')
await once(origin, 'listening')
const url = new URL(`http://127.0.0.1:${(origin.address() as AddressInfo).port}/`)
const far = await startFar(['--allow-private', '--log-level', 'warn', '--store', 'none'])
const links = [await LinkClient.open(far.joinUrl)]
// What runs for each link and each ask is compiled and at its place by then.
for (let at = 0; at < 200; at++) await links[0]?.ask(url, undefined, LINK)
const rows = ['links,far_rss_mb,what']
note('idle')
for (let step = 1; step <= STEPS; step++) {
  while (links.length < (Number(values.links) * step) / STEPS) {
    links.push(await LinkClient.open(far.joinUrl, links[0]?.credential))
  }
  note('idle')
}
for (const link of links) await link.ask(url, undefined, LINK)
note('each has asked once')
for (const link of links) link.close()
await far.close()
origin.closeAllConnections()
origin.close()
if (values.csv) writeFileSync(values.csv, `${rows.join('\n')}\n`)

function note(what: string): void {
  const kB = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${far.pid}/status`, 'utf8'))?.[1])
  rows.push([links.length, (kB / 1000).toFixed(1), what].join())
  process.stdout.write(`${rows.at(-1)}\n`)
}
