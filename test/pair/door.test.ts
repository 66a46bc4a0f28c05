// Claims about a near that is open to a network: nobody comes in without the password, by any way that leads in.
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { LOCK_OUT } from '../../shared/limits/lock-out.ts'
import { ask, begin, readAll } from './client.ts'
import { Origin } from './odd-origin.ts'
import { startPair } from './running-pair.ts'

const basic = (password: string) => `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`

/** Asks near itself for one of its pages. */
async function page(address: string, path: string, fields: readonly string[] = []) {
  const { hostname, port } = new URL(`http://${address}`)
  const { request } = await import('node:http')
  const sent = request({ hostname, port, path, headers: ['Host', address, ...fields], agent: false })
  sent.end()
  const [response] = await once(sent, 'response')
  return readAll(response)
}

/** The first line of what near answers to these bytes. */
async function firstLine(address: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(`http://${address}`)
  const socket = connect(Number(port), hostname).on('error', () => undefined)
  socket.write(bytes)
  const [line = ''] = (await text(socket)).split('\r\n')
  return line
}

t.test('beyond loopback near makes a password, keeps it to itself, and asks for it', async t => {
  const pair = await startPair(t, { near: ['--listen', '0.0.0.0:0'] })
  const { data } = pair.near
  const address = pair.near.address.replace('0.0.0.0', '127.0.0.1')
  const origin = await Origin.start(t, (request, response) => {
    response.end(JSON.stringify(request.headers))
  })
  const path = join(data, 'proxy-password')
  const password = (await readFile(path, 'utf8')).trim()
  t.match(password, /^[\w-]{22}$/)
  t.equal((await stat(path)).mode & 0o777, 0o600)

  const refused = await ask(address, origin.url)
  t.equal(refused.status, 407)
  t.strictSame(refused.all('proxy-authenticate'), ['Basic realm="hunch", charset="UTF-8"'])
  t.equal((await ask(address, origin.url, { method: 'POST', body: 'some content' })).status, 407)
  const { host } = new URL(origin.url)
  t.match(await firstLine(address, `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`), /^HTTP\/1\.1 407 /)
  const upgrade = 'Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA'
  t.match(
    await firstLine(address, `GET ${origin.url}/ HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n\r\n`),
    /^HTTP\/1\.1 407 /,
  )
  const pages = await page(address, '/status.json')
  t.match(pages, { status: 401 })
  t.strictSame(pages.all('www-authenticate'), ['Basic realm="hunch", charset="UTF-8"'])
  for (const open of ['/proxy.pac', '/healthz']) t.equal((await page(address, open)).status, 200, open)

  const let_in = await ask(address, origin.url, { fields: ['Proxy-Authorization', basic(password)] })
  t.equal(let_in.status, 200)
  t.notMatch(let_in.body.toString(), /authorization/i, 'and the origin never hears of it')
  t.equal((await page(address, '/status.json', ['Authorization', basic(password)])).status, 200)
})

t.test('on loopback, and with --open, there is none', async t => {
  const origin = await Origin.start(t, (_request, response) => void response.end())
  for (const words of [[], ['--listen', '0.0.0.0:0', '--open']]) {
    const { near } = await startPair(t, { near: words })
    const address = near.address.replace('0.0.0.0', '127.0.0.1')
    t.equal((await ask(address, origin.url)).status, 200)
    t.equal((await page(address, '/status.json')).status, 200)
    await t.rejects(readFile(join(near.data, 'proxy-password')), { code: 'ENOENT' })
  }
})

t.test(
  'a password of the user holds on loopback as well; who guesses it is locked out, and told when to come back',
  async t => {
    const file = join(t.testdir({ password: 'correct horse\n' }), 'password')
    const { near } = await startPair(t, { near: ['--proxy-password-file', file] })
    const origin = await Origin.start(t, (_request, response) => void response.end())
    const askWith = (password: string) =>
      ask(near.address, origin.url, { fields: ['Proxy-Authorization', basic(password)] })
    t.equal((await askWith('correct horse')).status, 200)
    for (let each = 0; each < LOCK_OUT.freeFailures + 1; each++) t.equal((await askWith(`guess ${each}`)).status, 407)
    const locked = await askWith('correct horse')
    t.equal(locked.status, 429)
    t.strictSame(locked.all('retry-after'), ['1'])
  },
)

t.test('a client that sends its head too slowly is cut off, and others are served meanwhile', async t => {
  const { near } = await startPair(t)
  const origin = await Origin.start(t, (_request, response) => void response.end('served'))
  const { hostname, port } = new URL(`http://${near.address}`)
  for (let each = 0; each < 300; each++) {
    const socket = connect(Number(port), hostname).on('error', () => undefined)
    socket.write('GET http://origin.example/ HTTP/1.1\r\nX-Slow: ')
    t.teardown(() => socket.destroy())
  }
  const request = begin(near.address, origin.url)
  request.end()
  const [response] = await once(request, 'response')
  t.equal((await readAll(response)).body.toString(), 'served')
})
