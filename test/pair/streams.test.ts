// Claims about contents that are long, slow or open: they pass as streams, both ways, with back-pressure.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { ask, begin, headOf, readAll } from './client.ts'
import { makeText, Origin, startRawOrigin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

const MiB = 1024 ** 2
// Sockets and windows on the way take 8 MiB; what is left has to wait.
const HELD_BACK_MIB = 32

/** Bytes at no great cost that are not all the same. */
function* makeChunks(count: number): Generator<Buffer> {
  const chunk = Buffer.from(makeText(MiB))
  for (let at = 0; at < count; at++) {
    chunk.writeUInt32BE(at, 0)
    yield Buffer.from(chunk)
  }
}

function digestOf(chunks: Iterable<Uint8Array>): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

t.test(
  'an upload waits for an origin that does not read, and arrives whole, with a length and without one',
  async t => {
    const { near } = await startPair(t)
    const origin = await Origin.start(t)
    const count = HELD_BACK_MIB
    for (const fields of [['Content-Length', String(count * MiB)], []]) {
      const request = begin(near.address, `${origin.url}/upload`, { method: 'PUT', fields })
      const head = headOf(request)
      let written = 0
      const source = Readable.from(makeChunks(count)).on('data', (chunk: Buffer) => {
        written += chunk.length
      })
      const sent = pipeline(source, request)
      const { request: upload, response } = await origin.next()
      t.strictSame(upload.headers['content-length'], fields[1])
      // The origin reads nothing yet: the client fills what buffers there are between them and has to wait.
      await untilSteady(() => written)
      t.ok(written < (count * MiB) / 2, `${Math.round(written / MiB)} MiB of ${count} were taken`)
      const hash = createHash('sha256')
      for await (const chunk of upload) hash.update(chunk as Buffer)
      response.end('received')
      await sent
      t.equal((await readAll(await head)).body.toString(), 'received')
      t.equal(hash.digest('hex'), digestOf(makeChunks(count)))
    }
  },
)

t.test('a download waits for a client that does not read, and arrives whole', async t => {
  const { near } = await startPair(t)
  const count = HELD_BACK_MIB
  let written = 0
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    const source = Readable.from(makeChunks(count)).on('data', (chunk: Buffer) => {
      written += chunk.length
    })
    pipeline(source, response).catch(() => undefined)
  })
  const request = begin(near.address, origin.url)
  request.end()
  const response = await headOf(request)
  await untilSteady(() => written)
  t.ok(written < (count * MiB) / 2, `${Math.round(written / MiB)} MiB of ${count} were taken`)
  const hash = createHash('sha256')
  for await (const chunk of response) hash.update(chunk as Buffer)
  t.ok(response.complete)
  t.equal(hash.digest('hex'), digestOf(makeChunks(count)))
})

/** Resolves when a count has stopped to grow for many turns of the event loop, in which buffers would have filled. */
async function untilSteady(count: () => number): Promise<void> {
  let last = -1
  for (let quiet = 0; quiet < 2_000; quiet++) {
    await new Promise(resolve => setImmediate(resolve))
    if (count() !== last) quiet = 0
    last = count()
  }
}

t.test('an event stream is passed on event by event while it is open, also when a stream was held before', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t)
  for (const visit of ['first', 'second']) {
    const request = begin(near.address, `${origin.url}/events`, { fields: ['Accept', 'text/event-stream'] })
    request.end()
    const { response } = await origin.next()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    const answer = await headOf(request)
    t.equal(answer.statusCode, 200, `${visit}: the head comes before any event`)
    for (let event = 1; event <= 5; event++) {
      const text = `data: ${event} ${visit}\n\n`
      response.write(text)
      const [chunk] = (await once(answer, 'data')) as [Buffer]
      t.equal(chunk.toString(), text)
    }
    response.end()
    answer.resume()
    await once(answer, 'end')
    t.ok(answer.complete)
  }
})

t.test(
  'a content that has begun is not cut off by the wait for heads, and not by a client that reads slowly',
  async t => {
    const { near } = await startPair(t, { far: ['--origin-timeout-ms', '40'] })
    const origin = await Origin.start(t)
    const request = begin(near.address, `${origin.url}/events`)
    request.end()
    const { response } = await origin.next()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    const answer = await headOf(request)
    // Asked for later and given up for its silence: by then the stream has been silent for longer.
    t.match(await ask(near.address, `${origin.url}/silent`), { status: 504 })
    response.write('data: late\n\n')
    const [chunk] = (await once(answer, 'data')) as [Buffer]
    t.equal(chunk.toString(), 'data: late\n\n')
    response.end()
  },
)

t.test('a slow page that both hold in part is passed on while it is made', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t)
  const page = makeText(20_000)
  const first = ask(near.address, origin.url)
  const asked = await origin.next()
  asked.response.writeHead(200, { 'content-type': 'text/html' }).end(page)
  await first
  const request = begin(near.address, origin.url)
  request.end()
  const { response } = await origin.next()
  response.writeHead(200, { 'content-type': 'text/html' })
  response.write(page.slice(0, 10_000))
  const answer = await headOf(request)
  const [begun] = (await once(answer, 'data')) as [Buffer]
  t.equal(begun.toString(), page.slice(0, begun.length), 'the first half comes while the second is not made')
  response.end('and another end')
  const got = await readAll(answer)
  t.match(got, { way: 'delta', complete: true })
  t.equal(begun.length + got.body.length, 10_000 + 'and another end'.length)
})

t.test('a response without a length ends where the origin ended it', async t => {
  const { near } = await startPair(t)
  const text = makeText(100_000)
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' })
    response.write(text.slice(0, 60_000))
    response.end(text.slice(60_000))
  })
  const got = await ask(near.address, origin.url)
  t.match(got, { complete: true })
  t.ok(got.body.equals(Buffer.from(text)))
  t.strictSame(got.all('content-length'), [])
})

t.test('an origin that answers before it has read the upload is heard, and the client can finish it', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t)
  const count = 16
  const { hostname, port } = new URL(`http://${near.address}`)
  // Node's own client does not go on once it has the response.
  const client = connect({ host: hostname, port: Number(port) })
  t.teardown(() => client.destroy())
  client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: site\r\nContent-Length: ${count * MiB}\r\n\r\n`)
  client.write(Buffer.alloc(MiB))
  const { response } = await origin.next()
  response.writeHead(413, { 'content-type': 'text/plain' }).end('too large')
  await once(client, 'data')
  for (const chunk of makeChunks(count - 1)) {
    await new Promise(resolve => client.write(chunk, resolve))
  }
  t.pass('all that the client still sends is taken')
  client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: site\r\n\r\n`)
  const next = await origin.next()
  t.equal(next.request.method, 'GET', 'and the connection serves the next request')
  next.response.end()
})

t.test('an origin that refuses an upload and closes the connection is heard all the same', async t => {
  const { near } = await startPair(t)
  const page = makeText(30_000)
  const url = await startRawOrigin(t, socket => {
    // Closed with unread bytes of the upload: the kernel sends a reset behind the response.
    socket.pause()
    socket.end(
      `HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
      () => socket.destroy(),
    )
  })
  for (let count = 0; count < 20; count++) {
    const request = begin(near.address, `${url}/${count}`, {
      method: 'POST',
      fields: ['Content-Length', String(8 * MiB)],
    })
    request.on('error', () => undefined)
    const head = headOf(request)
    const sent = pipeline(Readable.from(makeChunks(8)), request).catch(() => undefined)
    const got = await readAll(await head)
    t.match(got, { status: 413, complete: true })
    t.ok(got.body.toString() === page)
    request.destroy()
    await sent
  }
})

t.test('an empty response, and one that is only a head, end at once', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-length': 0 }).end()
  })
  for (const method of ['GET', 'GET', 'HEAD', 'POST']) {
    const got = await ask(near.address, origin.url, { method })
    t.match(got, { status: 200, complete: true, body: Buffer.alloc(0) }, method)
    t.strictSame(got.all('content-length'), ['0'])
  }
})
