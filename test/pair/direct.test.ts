// Claims about near in `--mode direct`: an ordinary forward proxy, past far, for comparing.
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { ask } from './client.ts'
import { askHttp1, openTls } from './inside.ts'
import { closedUrl, makeText, Origin, startRawOrigin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'
import { makeLeaf, startTlsOrigin } from './tls-origin.ts'

const direct = { near: ['--mode', 'direct'] }

t.test('requests and responses pass as they are, with Via', async t => {
  const { near } = await startPair(t, direct)
  const page = makeText(100_000)
  const origin = await Origin.start(t, (request, response) => {
    response.writeHead(201, { 'x-seen': `${request.method} ${request.url} ${request.headers.via}` })
    request.on('data', () => undefined).on('end', () => response.end(request.method === 'HEAD' ? '' : page))
  })
  for (const [method, body] of [['GET'], ['HEAD'], ['POST', 'content']] as const) {
    const got = await ask(near.address, `${origin.url}/%zz`, { method, ...(body && { body }) })
    t.match(got, { status: 201, complete: true }, method)
    t.ok(got.body.equals(Buffer.from(method === 'HEAD' ? '' : page)))
    t.match(got.all('x-seen'), [`${method} /%zz 1.1 hunch-near`])
    t.match(got.all('via'), ['1.1 hunch-near'])
  }
})

t.test('an origin that fails is a page before its head, and a broken connection after it', async t => {
  const { near } = await startPair(t, direct)
  const refused = await ask(near.address, await closedUrl())
  t.match(refused, { status: 502 })
  t.match(refused.body.toString(), /\[ORIGIN_REFUSED, at the site\]/)
  const broken = await startRawOrigin(t, socket => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.destroy())
  })
  const got = await ask(near.address, broken).catch(() => undefined)
  t.notOk(got?.complete)
})

t.test('a tunnel that cannot be opened is a page; one that is broken off breaks', async t => {
  const { near } = await startPair(t, direct)
  const { hostname, port } = new URL(`http://${near.address}`)
  const refused = connect({ host: hostname, port: Number(port) })
  refused.write(`CONNECT ${new URL(await closedUrl()).host} HTTP/1.1\r\n\r\n`)
  t.match(await text(refused), /^HTTP\/1\.1 502 [^]*\[ORIGIN_REFUSED, at the site\]\n$/)
  const origin = new URL(await startRawOrigin(t, socket => socket.resetAndDestroy()))
  const broken = connect({ host: hostname, port: Number(port) })
  const failed = new Promise(resolve => broken.once('error', resolve))
  broken.write(`CONNECT ${origin.host} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n`)
  broken.resume()
  t.match(await failed, { code: 'ECONNRESET' })
})

t.test('an origin whose certificate nobody trusts is a page; after it the client meets the origin itself', async t => {
  const leaf = await makeLeaf()
  const origin = await startTlsOrigin(t, leaf, (_request, response) => response.end('hello'))
  const { near } = await startPair(t, { near: ['--mode', 'direct', '--intercept'] })
  const ca = await readFile(`${near.data}/authority-cert.pem`, 'utf8')
  const got = await askHttp1(t, near.address, origin, ca, '/')
  t.match(got, { status: 502, body: /ORIGIN_TLS/ })
  await t.rejects(openTls(t, near.address, origin, { ca }), { code: 'SELF_SIGNED_CERT_IN_CHAIN' })
  const socket = await openTls(t, near.address, origin, { ca: leaf.ca, ALPNProtocols: ['http/1.1'] })
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.match(await text(socket), /hello/)
})
