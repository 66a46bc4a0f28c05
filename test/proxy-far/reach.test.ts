// Claims about how far dials: each address in turn, and no longer than somebody waits.
import { createServer, type LookupFunction } from 'node:net'
import t from 'tap'
import { originFault } from '../../shared/origin-fault.ts'
import { Reach } from '../../proxy-far/reach.ts'
import { listen } from '../pair/odd-origin.ts'

/** Resolves every name to these. */
function resolvingTo(...addresses: readonly string[]): LookupFunction {
  const found = addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  return (_name, _options, callback) => callback(null, found)
}

const options = { allowPrivate: true, allowPorts: [[1, 65_535]], connectTimeoutMs: 5000 } as const
const never = new AbortController().signal

t.test('of several addresses the one that answers is taken', async t => {
  const port = await listen(
    t,
    createServer(socket => socket.end('here')),
  )
  for (const addresses of [
    ['127.0.0.2', '127.0.0.1'],
    ['::1', '127.0.0.1'],
  ]) {
    const reach = new Reach({ ...options, lookup: resolvingTo(...addresses) })
    const socket = await reach.dial({ protocol: 'http:', hostname: 'site.example', port }, {}, never)
    t.equal(socket.remoteAddress, '127.0.0.1', addresses.join())
    socket.destroy()
  }
})

t.test('a name whose addresses all fail, or that has none, fails as what it is', async t => {
  const server = createServer()
  const port = await listen(t, server)
  server.close()
  const failing = new Reach({ ...options, lookup: resolvingTo('127.0.0.1', '127.0.0.2') })
  const to = { protocol: 'http:', hostname: 'site.example', port } as const
  const refused = await failing.dial(to, {}, never).catch((error: unknown) => originFault(error, 'site.example', 0))
  t.match(refused, { code: 'ORIGIN_REFUSED' })
  const nameless = new Reach({ ...options, allowPrivate: false, lookup: resolvingTo() })
  await t.rejects(nameless.dial(to, {}, never), { code: 'FAR_FORBIDDEN', message: /has no address/ })
  const unknown: LookupFunction = (_name, _options, callback) => {
    callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), [])
  }
  const lost = await new Reach({ ...options, lookup: unknown })
    .dial(to, {}, never)
    .catch((error: unknown) => originFault(error, 'site.example', 0))
  t.match(lost, { code: 'ORIGIN_NAME' })
})

t.test('a dial ends when nobody waits for it any more', async t => {
  const silent: LookupFunction = () => undefined
  const reach = new Reach({ ...options, lookup: silent })
  const gone = new AbortController()
  const dialled = reach.dial({ protocol: 'http:', hostname: 'site.example', port: 80 }, {}, gone.signal)
  gone.abort(new Error('gone'))
  await t.rejects(dialled, { message: 'gone' })
  await t.rejects(reach.dial({ protocol: 'http:', hostname: 'site.example', port: 80 }, {}, gone.signal), {
    message: 'gone',
  })
})

t.test('a dial that takes too long is given up', async t => {
  // Without it nothing would keep the process awake until then.
  await listen(t, createServer())
  const silent: LookupFunction = () => undefined
  const reach = new Reach({ ...options, connectTimeoutMs: 50, lookup: silent })
  const fault = await reach
    .dial({ protocol: 'https:', hostname: 'site.example', port: 443 }, {}, never)
    .catch((error: unknown) => originFault(error, 'site.example', 0))
  t.match(fault, { code: 'ORIGIN_TIMEOUT' })
})
