// Claims about interim responses through a pair: hints come while the origin thinks, and a client is told to go on.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { ask, begin, headOf, readAll } from './client.ts'
import { makeText, Origin, startRawOrigin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

t.test('early hints reach the client before the response, several of them, also while far speculates', async t => {
  const pair = await startPair(t)
  const origin = await Origin.start(t)
  const nears = [pair.near, await pair.addNear()]
  for (const near of nears) {
    const request = begin(near.address, origin.url)
    const hints: { statusCode: number; link: unknown }[] = []
    const second = new Promise<void>(resolve => {
      request.on('information', ({ statusCode, headers }) => {
        hints.push({ statusCode, link: headers['link'] })
        if (hints.length === 2) resolve()
      })
    })
    const head = headOf(request)
    request.end()
    const { response } = await origin.next()
    response.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'] })
    response.writeProcessing()
    await second
    t.match(hints, [{ statusCode: 103 }, { statusCode: 102 }])
    t.equal(hints[0]?.link, '</a.css>; rel=preload, </b.js>; rel=preload')
    response.writeHead(200, { 'content-type': 'text/html' }).end(makeText(30_000))
    t.match(await readAll(await head), { status: 200, complete: true })
  }
})

t.test('an interim response is a response of HTTP/1.1: a client of HTTP/1.0 gets the final one only', async t => {
  const { near } = await startPair(t)
  const url = await startRawOrigin(t, socket => {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n')
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const { hostname, port } = new URL(`http://${near.address}`)
  const client = connect({ host: hostname, port: Number(port) })
  client.write(`GET ${url}/ HTTP/1.0\r\n\r\n`)
  let text = ''
  for await (const chunk of client) text += String(chunk)
  t.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/)
})

t.test('a client that expects 100 is told to go on at once, and what it sends then arrives', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t)
  const fields = ['Expect', '100-continue', 'Content-Length', '5']
  const request = begin(near.address, `${origin.url}/upload`, { method: 'POST', fields })
  const head = headOf(request)
  request.flushHeaders()
  await once(request, 'continue')
  request.end('12345')
  const asked = await origin.next()
  t.equal(asked.request.headers.expect, undefined, 'near has met the expectation; the origin is not asked to')
  let body = ''
  for await (const chunk of asked.request) body += String(chunk)
  asked.response.end(body)
  t.equal((await readAll(await head)).body.toString(), '12345')
})

t.test('the head of a response is not taken for an interim one when none came', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (_request, response) => response.end('ok'))
  t.match(await ask(near.address, origin.url), { status: 200, complete: true })
})
