// Claims about one user's client: what it counts, what it takes for the parts of a page.
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createHash } from 'node:crypto'
import { brotliCompressSync } from 'node:zlib'
import t from 'tap'
import { Client, partsOf } from '../../../loadtest/load/client.ts'
import { startPassThrough } from '../../../loadtest/load/pass-through.ts'

t.test('the parts of a page are what a browser loads by itself', async t => {
  const html = `<link rel=stylesheet href="/a.css"><link rel="canonical" href="/x"><script src='b.js'></script>
    <img alt="" src="/c.png?x=1&amp;y=2"><img src="/c.png?x=1&amp;y=2#f"><a href="/d">d</a><img src="data:,x">`
  t.same(partsOf(html, 'http://a.example/p/'), [
    'http://a.example/a.css',
    'http://a.example/p/b.js',
    'http://a.example/c.png?x=1&y=2',
  ])
})

t.test('contents are counted without their coding, and a response that breaks is an error', async t => {
  const content = Buffer.from('content '.repeat(500))
  const origin = createServer((request, response) => {
    if (request.url === '/breaks') {
      response.writeHead(200, { 'content-length': 10 })
      response.write('half', () => response.destroy())
      return
    }
    response.writeHead(200, { 'content-encoding': 'br', 'content-type': 'text/html' })
    response.end(brotliCompressSync(content))
  }).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const proxy = await startPassThrough()
  const client = new Client(proxy.address)
  t.teardown(async () => {
    await client.close()
    await proxy.close()
    origin.close()
  })
  const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
  const never = new AbortController().signal
  const whole = await client.get(`${url}/`, never)
  t.match(whole, { status: 200, contentBytes: content.length, error: undefined, html: content.toString() })
  t.equal(whole.digest, createHash('sha256').update(content).digest('hex'))
  t.ok(whole.firstByteAt >= whole.startedAt && whole.lastByteAt >= whole.firstByteAt)
  t.type((await client.get(`${url}/breaks`, never)).error, 'string')
  t.type((await client.get(`${url}/`, AbortSignal.abort())).error, 'string')
})
