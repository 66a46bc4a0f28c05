// Claims about near in `--mode direct`: an ordinary forward proxy, past far, for comparing.
import t from 'tap'
import { ask } from './client.ts'
import { closedUrl, makeText, Origin, startRawOrigin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

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
