// Claims about `hunch far` and `hunch near` as a person meets them: what they print, how they stop, what they refuse.
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { Agent, createServer as createWebServer, get, type IncomingMessage } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { startHunch } from './run-hunch.ts'

const LISTENING = /^listening on (?<address>http:\/\/127\.0\.0\.1:\d+)\n$/

t.test('far prints one line, the command that near understands as it stands, and both stop when told to', async t => {
  const { far, near } = await startPair(t)
  t.match(far.stdout(), /^hunch near --far 'hunch:\/\/[\w-]+@127\.0\.0\.1:\d+\?pin=sha256-[\w-]{43}'\n$/)
  await near.waitFor(LISTENING)
  for (const [side, signal] of [
    [near, 'SIGTERM'],
    [far, 'SIGINT'],
  ] as const) {
    side.kill(signal)
    t.equal(await side.waitForEnd(), 0, signal)
  }
  t.match(near.stdout(), LISTENING)
  t.equal(far.stdout().split('\n').length, 2)
})

t.test('a near that has reached its far starts again without --far, with what it keeps under --data', async t => {
  const { data, near } = await startPair(t)
  const address = (await near.waitFor(LISTENING)).groups?.['address'] ?? ''
  t.equal(await fetchThrough(address, await startOrigin(t)), 'the page')
  near.kill('SIGTERM')
  t.equal(await near.waitForEnd(), 0)
  const again = startHunch(t, ['near', '--port', '0', '--data', `${data}/near`])
  t.ok(await again.waitFor(LISTENING))
})

t.test('near without --far and without anything kept says what to do', async t => {
  const near = startHunch(t, ['near', '--port', '0', '--data', `${t.testdir()}/near`])
  t.equal(await near.waitForEnd(), 2)
  t.match(near.stderr(), /^hunch near: .*--far.*\n$/)
})

t.test('an address in use is one line that says which, and exit code 1', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const port = portOf(taken)
  for (const command of ['near --mode direct', 'far']) {
    const hunch = startHunch(t, [...command.split(' '), '--port', port, '--data', `${t.testdir()}/data`])
    t.equal(await hunch.waitForEnd(), 1, command)
    t.match(hunch.stderr(), new RegExp(`^hunch \\w+: .*127\\.0\\.0\\.1:${port}.* choose another port .*\\n$`))
    t.equal(hunch.stdout(), '')
  }
})

t.test('what a changed file says holds without a new start, and without a connection that breaks', async t => {
  const file = `${t.testdir({ 'hunch.json': '{"maxDeltaRatio": 0.5}' })}/hunch.json`
  const { near, far } = await startPair(t, ['--config', file])
  const address = (await near.waitFor(LISTENING)).groups?.['address'] ?? ''
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const sockets = new Set<unknown>()
  const ratio = async () => {
    const [response] = await once(get(`${address}/settings.json`, { agent }), 'response')
    sockets.add(response.socket)
    const { thresholds } = JSON.parse(await text(response))
    return thresholds.find(({ name }: { name: string }) => name === 'maxDeltaRatio').value
  }
  t.equal(await ratio(), 0.5)
  // As editors do: another file takes its place.
  await writeFile(`${file}.new`, '{"maxDeltaRatio": 0.25, "memory": "64MiB"}')
  await rename(`${file}.new`, file)
  for (const side of [near, far]) {
    t.ok(
      await side.waitFor(
        /"live":\["maxDeltaRatio"\],"restart":\["memory"\],"msg":"the configuration was read again"/,
        'stderr',
      ),
    )
  }
  t.equal(await ratio(), 0.25)
  await writeFile(file, '{"maxDeltaRatio": 25}')
  await near.waitFor(/maxDeltaRatio in .* \\"25\\" is not .*"msg":"the configuration stays as it was"/, 'stderr')
  t.equal(await ratio(), 0.25, 'a bad file changes nothing')
  near.kill('SIGHUP')
  await near.waitFor(/stays as it was[^]*stays as it was/, 'stderr')
  t.equal(sockets.size, 1, 'all over one connection')
  near.kill('SIGTERM')
  t.equal(await near.waitForEnd(), 0)
})

for (const stopped of ['near', 'far'] as const) {
  t.test(`${stopped} lets the exchanges under way end when it is told to stop, and takes no new ones`, async t => {
    const pair = await startPair(t)
    const address = (await pair.near.waitFor(LISTENING)).groups?.['address'] ?? ''
    const origin = await startSlowOrigin(t)
    const response = await begin(address, origin.url)
    pair[stopped].kill('SIGTERM')
    if (stopped === 'near') await untilRefused(address)
    origin.finish()
    t.equal(await text(response), 'the beginning, the end')
    t.equal(await pair[stopped].waitForEnd(), 0)
  })
}

t.test(
  'what moves in a tunnel when near is told to stop is let through, and a silent tunnel is not waited for',
  async t => {
    const { near } = await startPair(t)
    const address = (await near.waitFor(LISTENING)).groups?.['address'] ?? ''
    const talker = await startTalker(t, 12)
    const [silent, moving] = [await openTunnel(address, talker), await openTunnel(address, talker)]
    silent.on('error', () => {}).resume()
    let heard = ''
    moving.on('error', () => {}).on('data', bytes => (heard += String(bytes)))
    moving.write('speak')
    await once(moving, 'data')
    near.kill('SIGTERM')
    await once(moving, 'close')
    t.equal(heard, 'word '.repeat(12))
    t.equal(await near.waitForEnd(), 0)
  },
)

t.test('near stops at once at a second signal, and what was under way breaks', async t => {
  const { near } = await startPair(t)
  const address = (await near.waitFor(LISTENING)).groups?.['address'] ?? ''
  const origin = await startSlowOrigin(t)
  const broken = text(await begin(address, origin.url)).catch((error: NodeJS.ErrnoException) => error.code)
  near.kill('SIGTERM')
  await untilRefused(address)
  near.kill('SIGTERM')
  t.equal(await near.waitForEnd(), 143)
  t.equal(await broken, 'ECONNRESET')
})

/** Runs the line that far prints, as a shell would, with options of the trial behind it. */
async function startPair(t: Test, words: readonly string[] = []) {
  const data = words.length === 0 ? t.testdir() : `${t.testdirName}/data`
  const far = startHunch(t, ['far', '--port', '0', '--data', `${data}/far`, '--allow-private', ...words])
  const [, url = ''] = await far.waitFor(/^hunch near --far '(.*)'\n/)
  const near = startHunch(t, ['near', '--far', url, '--port', '0', '--data', `${data}/near`, ...words])
  return { data, far, near }
}

async function startOrigin(t: Test): Promise<string> {
  const origin = createWebServer((_request, response) => response.end('the page')).listen(0, '127.0.0.1')
  t.teardown(() => origin.close())
  await once(origin, 'listening')
  return `http://127.0.0.1:${portOf(origin)}/`
}

/** An origin that sends the beginning of its page, and the end when it is told to. */
async function startSlowOrigin(t: Test): Promise<{ readonly url: string; finish(): void }> {
  const { promise: told, resolve: finish } = Promise.withResolvers<void>()
  const origin = createWebServer((_request, response) => {
    response.write('the beginning, ')
    void told.then(() => response.end('the end'))
  }).listen(0, '127.0.0.1')
  t.teardown(() => origin.close().closeAllConnections())
  await once(origin, 'listening')
  return { url: `http://127.0.0.1:${portOf(origin)}/`, finish }
}

/** The response to a GET through the proxy, once its first bytes have come. */
async function begin(proxy: string, url: string): Promise<IncomingMessage> {
  const { hostname, port } = new URL(proxy)
  const [response] = (await once(get({ hostname, port, path: url, agent: false }), 'response')) as [IncomingMessage]
  await once(response, 'readable')
  return response
}

/** A server that says so many words, one in a tenth of a second, to who has said something; gives its port. */
async function startTalker(t: Test, words: number): Promise<string> {
  const server = createServer(socket => {
    socket
      .on('error', () => {})
      .once('data', () => {
        let said = 0
        const timer = setInterval(() => {
          socket.write('word ')
          said += 1
          if (said < words) return
          clearInterval(timer)
          socket.end()
        }, 100)
      })
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return portOf(server)
}

/** A tunnel through the proxy to a port of this machine. */
async function openTunnel(proxy: string, port: string): Promise<Socket> {
  const { hostname, port: proxyPort } = new URL(proxy)
  const socket = connect(Number(proxyPort), hostname)
  socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: a\r\n\r\n`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  if (!head.toString().startsWith('HTTP/1.1 200')) throw new Error(head.toString())
  return socket
}

/** Resolves when nobody listens there any more. */
async function untilRefused(address: string): Promise<void> {
  const { hostname, port } = new URL(address)
  for (;;) {
    const socket = connect(Number(port), hostname)
    const outcome = await once(socket, 'connect').catch((error: NodeJS.ErrnoException) => error.code)
    socket.destroy()
    if (outcome === 'ECONNREFUSED') return
  }
}

/** Asks for `url` as a browser asks a proxy: in absolute form (RFC 9112 §3.2.2). */
async function fetchThrough(proxy: string, url: string): Promise<string> {
  const { hostname, port } = new URL(proxy)
  return text(await once(get({ hostname, port, path: url, agent: false }), 'response').then(([response]) => response))
}

function portOf(server: Server): string {
  const address = server.address()
  return typeof address === 'object' ? String(address?.port) : ''
}
