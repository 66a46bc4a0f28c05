// What asks and answers cost in fields: bytes of HEADERS on the link for the 1st, 2nd and 10th page of a site, and for the first
// page once more, asked for as a browser does. Counts, not times.
//   node loadtest/field-bytes.ts
// Knows: running pairs, frames of HTTP/2. Does not know: how fields are compressed.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { get } from './get.ts'
import { HEADERS, type Unit, type Way, type Wiretap } from './link/wiretap.ts'
import { startFar } from './pair.ts'

// As Chromium sends them for a page, with cookies as sites set them: some are short.
const FIELDS = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-GB,en;q=0.9,de;q=0.8',
  cookie: 'theme=dark; session=0b7c1a9e5d3f48d2a6c4e8f01b2d3c4e; visitor=1795479827.1795481526; lang=en',
  priority: 'u=0, i',
  'sec-ch-ua': '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'sec-ch-ua-mobile': '?0',
  'sec-ch-ua-platform': '"Linux"',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-user': '?1',
  'upgrade-insecure-requests': '1',
}
const PAGES = 10

const origin = createServer((asked, response) => {
  const fields = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', etag: `"${asked.url}"` }
  response
    .writeHead(200, fields)
    .end(`<!doctype html><title>${asked.url}</title>${'A page of this shop. '.repeat(100)}`)
})
origin.listen(0, '127.0.0.1')
await once(origin, 'listening')
const site = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
const far = await startFar(['--allow-private', '--log-level', 'warn', '--cleartext'])
try {
  const near = await far.startNear({ link: undefined, tap: 'frames' })
  const { up, down } = near.tap as Wiretap
  // So that the hello is not among what is counted.
  await get(`${site}/hello`, near.proxy)
  process.stdout.write(
    '| page | ask, bytes of fields | answer, bytes of fields | answer, bytes of content |\n| --- | ---: | ---: | ---: |\n',
  )
  for (let page = 1; page <= PAGES + 1; page++) {
    const number = ((page - 1) % PAGES) + 1
    const [seenUp, seenDown] = [up.units.length, down.units.length]
    await get(`${site}/shop/category/item-${number}?from=list&position=${number}`, near.proxy, FIELDS)
    const cells = [headersOf(up, seenUp), headersOf(down, seenDown), dataOf(down, seenDown)]
    const name = page > PAGES ? '1, again' : String(page)
    process.stdout.write(`| ${name} | ${cells.join(' | ')} |\n`)
  }
} finally {
  await far.close()
  origin.close()
}

function headersOf(way: Way, seen: number): number {
  return sum(way.units.slice(seen).filter(({ type }) => type === HEADERS))
}

function dataOf(way: Way, seen: number): number {
  return sum(way.units.slice(seen).filter(({ type, stream }) => type === 0 && stream > 0))
}

function sum(units: readonly Unit[]): number {
  return units.reduce((total, { bytes }) => total + bytes, 0)
}
