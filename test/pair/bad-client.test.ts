// Claims about clients that misbehave or leave: each gets a page with the fault, or lets go of what it held.
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { ask, begin, headOf } from './client.ts'
import { makeText, Origin } from './odd-origin.ts'
import { type RunningNear, startPair } from './running-pair.ts'

/** Sends bytes as they are and gives all that came back until the connection was closed. */
async function sendRaw({ address }: RunningNear, bytes: string): Promise<string> {
  const { hostname, port } = new URL(`http://${address}`)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write(bytes, 'latin1')
  return text(socket)
}

t.test('what is no address is a page that says so', async t => {
  const { near } = await startPair(t)
  for (const target of [
    'ftp://site.example/',
    'http://',
    'http://a b/',
    'http://[::1/',
    'http://host:99999/',
    'site',
  ]) {
    const answer = await sendRaw(near, `GET ${target} HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n`)
    t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n[^]*\[CLIENT_BAD_(?:URL|REQUEST), at your program\]\n$/, target)
  }
})

t.test('what is no HTTP is a page that says so', async t => {
  const { near } = await startPair(t)
  for (const bytes of [
    '\u0016\u0003\u0001\u0002\r\n\r\n',
    'GET\r\n\r\n',
    'GET http://a/ HTTP/1.1\r\nA field\r\n\r\n',
  ]) {
    const answer = await sendRaw(near, bytes)
    t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n[^]*\[CLIENT_BAD_REQUEST, at your program\]\n$/)
  }
})

t.test('fields that are too large are a 431: above what near reads, and above what the link carries', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (_request, response) => response.end('small enough'))
  const large = await ask(near.address, origin.url, { fields: ['X-Large', 'x'.repeat(100_000)] })
  t.match(large, { status: 431 })
  t.match(large.body.toString(), /\[CLIENT_FIELDS_TOO_LARGE, at your program\]/)
  const many = Array.from({ length: 2_000 }, (_, at) => [`X-${at}`, 'a']).flat()
  const crowd = await ask(near.address, origin.url, { fields: many })
  t.match(crowd, { status: 431 })
  t.match(crowd.body.toString(), /\[CLIENT_FIELDS_TOO_LARGE, at your program\]/)
})

t.test('cookies and addresses as large as browsers send them pass', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (request, response) => {
    response.end(`${request.headers.cookie?.length} ${request.url?.length}`)
  })
  const cookie = Array.from({ length: 180 }, (_, at) => `name-${at}=${makeText(200, at)}`).join('; ')
  const path = `/${makeText(16_000)}`
  const got = await ask(near.address, `${origin.url}${path}`, { fields: ['Cookie', cookie] })
  t.equal(got.body.toString(), `${cookie.length} ${path.length}`)
})

t.test('a field that may come once and comes twice is a page', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (_request, response) => response.end('hello'))
  const got = await ask(near.address, origin.url, { fields: ['Referer', 'http://a/', 'Referer', 'http://b/'] })
  t.match(got, { status: 400 })
  t.match(got.body.toString(), /\[CLIENT_BAD_REQUEST, at your program\]/)
})

t.test(
  'a client that leaves while the origin is thinking, or in the middle of a content, is seen by the origin',
  async t => {
    const { near } = await startPair(t)
    const origin = await Origin.start(t)
    for (const begun of [false, true]) {
      const request = begin(near.address, `${origin.url}/${begun}`)
      request.on('error', () => undefined)
      const head = headOf(request)
      head.catch(() => undefined)
      request.end()
      const { response } = await origin.next()
      if (begun) {
        response.write(makeText(50_000))
        const answer = await head
        answer.on('error', () => undefined)
        await once(answer, 'data')
      }
      const closed = once(response, 'close')
      request.destroy()
      await closed
      t.equal(response.writableFinished, false)
    }
    const again = ask(near.address, `${origin.url}/again`)
    const { response } = await origin.next()
    response.end('still here')
    t.equal((await again).body.toString(), 'still here')
  },
)

t.test('a client that leaves in the middle of an upload never looks complete to the origin', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t)
  for (const fields of [['Content-Length', '100000'], []]) {
    const request = begin(near.address, `${origin.url}/upload`, { method: 'POST', fields })
    request.on('error', () => undefined)
    request.write('x'.repeat(50_000))
    const { request: upload } = await origin.next()
    let ended = false
    upload.on('end', () => {
      ended = true
    })
    upload.on('error', () => undefined)
    const closed = new Promise(resolve => upload.once('close', resolve))
    let bytes = 0
    await new Promise<void>(resolve => {
      upload.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes >= 50_000) resolve()
      })
    })
    request.destroy()
    await closed
    t.strictSame([ended, upload.complete], [false, false], fields.length > 0 ? 'with a length' : 'chunked')
  }
})
