// Claims about a near without a link: what it holds is served, and for the rest it says so, or goes past far.
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { ask } from './client.ts'
import { closedUrl, listen, makeText, Origin } from './odd-origin.ts'
import { startPair, startValve } from './running-pair.ts'
import { accept, echo } from './websocket-origin.ts'

const page = makeText(5_000)

/** A near whose link was up, and is cut for good. */
async function startCutOff(t: Test, whenLinkFails: 'fail' | 'direct', warm: (near: string) => Promise<unknown>) {
  const pair = await startPair(t)
  const valve = await startValve(t, pair)
  const near = await pair.addNear({ through: valve, arguments: ['--when-link-fails', whenLinkFails] })
  await warm(near.address)
  await valve.close()
  return near.address
}

/** Sends a head and gives the one that comes back, and the socket behind it. */
async function speak(proxy: string, text: string): Promise<{ head: string; socket: Socket }> {
  const { hostname, port } = new URL(`http://${proxy}`)
  const socket = connect({ host: hostname, port: Number(port) })
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined).write(text)
  let head = ''
  while (!head.includes('\r\n\r\n')) head += ((await once(socket, 'data')) as [Buffer])[0].toString('latin1')
  return { head: head.slice(0, head.indexOf('\r\n\r\n')), socket }
}

const upgrade = (url: string) =>
  `GET ${url} HTTP/1.1\r\nHost: site\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

t.test(
  'by default it says so, whatever was asked, and serves what it holds: fresh, or stale where that is allowed',
  async t => {
    const origin = await Origin.start(t, (request, response) => {
      const lasting = request.url === '/fresh' ? 'max-age=600' : 'max-age=0, stale-if-error=600'
      response.setHeader('cache-control', request.url === '/other' ? 'no-store' : lasting).end(page)
    })
    const near = await startCutOff(t, 'fail', async address => {
      for (const path of ['/fresh', '/stale']) await ask(address, origin.url + path)
    })
    t.match(await ask(near, `${origin.url}/fresh`), { status: 200, way: 'fresh' })
    t.match(await ask(near, `${origin.url}/stale`), { status: 200, way: 'stale' })
    for (const wish of [{}, { method: 'POST', body: 'content' }]) {
      const got = await ask(near, `${origin.url}/other`, wish)
      t.match(got, { status: 502, way: 'failed', complete: true })
      t.match(got.body.toString(), /\[LINK_(?:UNREACHABLE|CLOSED), at the link to the far proxy\]\n$/)
    }
    const { host } = new URL(origin.url)
    t.match((await speak(near, `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).head, /^HTTP\/1\.1 502 /)
    t.match((await speak(near, upgrade(origin.url))).head, /^HTTP\/1\.1 502 /)
  },
)

t.test('with `direct` requests, tunnels and WebSockets go past far, and say so', async t => {
  const server = createHttpServer((request, response) => {
    request.on('data', () => undefined).on('end', () => response.end(`${request.method} ${request.headers.via}`))
  })
  server.on('upgrade', (request, socket) => {
    accept(request, socket)
    echo(socket)
  })
  const host = `127.0.0.1:${await listen(t, server)}`
  const near = await startCutOff(t, 'direct', async address => {
    t.match((await ask(address, `http://${host}/`)).body.toString(), /hunch-far$/)
  })
  for (const wish of [{}, { method: 'POST', body: 'content' }, { method: 'DELETE' }]) {
    const got = await ask(near, `http://${host}/`, wish)
    t.match(got, { status: 200, way: 'fallback', complete: true })
    t.equal(got.body.toString(), `${wish.method ?? 'GET'} 1.1 hunch-near`)
  }
  const failed = await ask(near, await closedUrl())
  t.match(failed, { status: 502, way: 'failed' })
  t.match(failed.body.toString(), /\[ORIGIN_REFUSED, at the site\]\n$/)
  const tunnel = await speak(near, `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  t.match(tunnel.head, /^HTTP\/1\.1 200 .*\r\nCache-Status: hunch-near;.*detail=fallback/)
  tunnel.socket.write('GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n')
  t.match(String((await once(tunnel.socket, 'data'))[0]), /^HTTP\/1\.1 200 /)
  t.match((await speak(near, upgrade(`http://${host}/`))).head, /^HTTP\/1\.1 101 /)
})
