// Claims about connecting by TCP to a name: one address that works is enough, and nothing is left behind.
import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { connectTcp } from '../../proxy-near/connect-tcp.ts'
import { FakeClock } from './fake-clock.ts'
import { portOf } from './test-far.ts'

const never = new AbortController().signal

t.test('a name whose addresses are not all listened on is connected to by the one that is', async t => {
  const server = createServer(socket => socket.end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const clock = new FakeClock()
  // On most machines `localhost` is ::1 as well.
  const socket = await connectTcp('localhost', portOf(server), { clock, signal: never })
  t.equal(socket.remoteAddress, '127.0.0.1')
  t.equal(clock.waking, 0)
  socket.destroy()
})

t.test('attempts that hang are called off together, and nothing is left that could wake', async t => {
  // Nobody is there (RFC 5737), and where there is no network at all the system says so at once.
  const clock = new FakeClock()
  const controller = new AbortController()
  const reason = new Error('called off')
  const connecting = connectTcp('192.0.2.1', 9, { clock, signal: controller.signal })
  const failed = t.rejects(connecting)
  await new Promise(resolve => setImmediate(resolve))
  // Three more of them.
  clock.pass(12_000)
  controller.abort(reason)
  await failed
  t.equal(clock.waking, 0)
})

t.test('when nobody listens it fails with what the system says; a name that nobody has, too', async t => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  const options = { clock: new FakeClock(), signal: never }
  await t.rejects(connectTcp('127.0.0.1', port, options), { code: 'ECONNREFUSED' })
  await t.rejects(connectTcp('far.invalid', port, options), { code: /ENOTFOUND|EAI_AGAIN/ })
  t.equal(options.clock.waking, 0)
})
