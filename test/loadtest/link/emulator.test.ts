// The link emulator over real sockets: bytes, ends, resets, cuts, faults. Nothing here looks at a clock.

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { startLinkEmulator, type LinkEmulator } from '../../../loadtest/link/emulator.ts'
import { parseFigures } from '../../../loadtest/link/presets.ts'

const quick = parseFigures({ down: '1gbit', up: '1gbit', rtt: '1' })
const loopback = { host: '127.0.0.1', port: 0 }

t.test('every byte of both directions arrives, in order, also when packets are lost', async t => {
  for (const loss of ['0', '0.05']) {
    const link = parseFigures({ down: '200mbit', up: '100mbit', rtt: '1', loss })
    const [upwards, downwards] = [randomBytes(700_001), randomBytes(1_500_003)]
    const { emulator, dial } = await startPair(t, link, socket => socket.end(downwards))
    const { client, target } = await dial()
    client.end(upwards)
    const [up, down] = await Promise.all([buffer(target), buffer(client)])
    t.equal(digest(up), digest(upwards))
    t.equal(digest(down), digest(downwards))
    t.equal(emulator.counts().up.deliveredBytes, upwards.length)
    t.equal(emulator.counts().down.deliveredBytes, downwards.length)
    t.equal(emulator.counts().down.lost > 0, loss !== '0')
  }
})

t.test('an end of one direction leaves the other open', async t => {
  const { dial } = await startPair(t, quick)
  const { client, target } = await dial()
  client.end('question')
  t.equal(String(await buffer(target)), 'question')
  target.end('answer')
  t.equal(String(await buffer(client)), 'answer')
})

t.test('a target that ends first still hears the client', async t => {
  const { dial } = await startPair(t, quick)
  const { client, target } = await dial()
  target.end('greeting')
  t.equal(String(await buffer(client)), 'greeting')
  client.end('thanks')
  t.equal(String(await buffer(target)), 'thanks')
})

t.test('a reset of one side resets the other', async t => {
  const { emulator, dial } = await startPair(t, quick)
  for (const breaker of ['client', 'target'] as const) {
    const sockets = await dial()
    const other = breaker === 'client' ? sockets.target : sockets.client
    const failed = once(other, 'error')
    sockets[breaker].resetAndDestroy()
    t.match(await failed, [{ code: 'ECONNRESET' }])
  }
  t.equal(emulator.counts().connections.opened, 2)
})

t.test('a target that refuses the connection resets the client', async t => {
  const { emulator, server } = await startPair(t, quick)
  await new Promise(resolve => server.close(resolve))
  const client = connect(emulator.address)
  const [error] = await once(client, 'error')
  t.match(error, { code: 'ECONNRESET' })
})

t.test('a cut link resets what is open and what comes, until it is restored', async t => {
  const { emulator, dial } = await startPair(t, quick)
  const { client, target } = await dial()
  const failed = [once(client, 'error'), once(target, 'error')]
  emulator.setState('down')
  t.match(await Promise.all(failed), [[{ code: 'ECONNRESET' }], [{ code: 'ECONNRESET' }]])
  const refused = connect(emulator.address)
  t.match(await once(refused, 'error'), [{ code: 'ECONNRESET' }])
  t.equal(emulator.counts().connections.refused, 1)
  emulator.setState('up')
  const again = await dial()
  again.client.end('hello')
  t.equal(String(await buffer(again.target)), 'hello')
})

t.test('a silent link delivers nothing and breaks nothing; what was sent arrives once it is restored', async t => {
  const { emulator, dial } = await startPair(t, quick, socket => socket.pipe(socket))
  const { client } = await dial()
  client.write('one')
  await once(client, 'data')
  emulator.setState('silent')
  client.write('two')
  // A second connection, over a link of its own, answers meanwhile; this one does not.
  const other = await startPair(t, quick, socket => socket.pipe(socket))
  const witness = await other.dial()
  witness.client.write('x')
  await once(witness.client, 'data')
  t.equal(emulator.counts().up.deliveredBytes, 3)
  emulator.setState('up')
  const [data] = await once(client, 'data')
  t.equal(String(data), 'two')
})

t.test('a sender is held back when the link is full', async t => {
  const slow = parseFigures({ down: '1mbit', up: '1mbit', rtt: '1' })
  const { dial } = await startPair(t, slow)
  const { client, target } = await dial()
  client.write(Buffer.alloc(64 * 1024 * 1024))
  await once(target, 'data')
  t.ok(client.writableLength > 0, 'most of it is still with the sender')
})

t.test('an address in use or of another machine is a fault that says so', async t => {
  const { emulator } = await startPair(t, quick)
  const start = (listen: { host: string; port: number }) => startLinkEmulator({ listen, to: loopback, link: quick })
  await t.rejects(start(emulator.address), { code: 'PORT_IN_USE', message: `${emulator.address.port}` })
  await t.rejects(start({ host: '203.0.113.1', port: 0 }), { code: 'CANNOT_LISTEN', message: '203.0.113.1:0' })
})

t.test('after close the connections are gone and the port is free', async t => {
  const { emulator, dial } = await startPair(t, quick)
  const { client } = await dial()
  const { address } = emulator
  const failed = once(client, 'error')
  await emulator.close()
  t.match(await failed, [{ code: 'ECONNRESET' }])
  const next = await startLinkEmulator({ listen: address, to: loopback, link: quick })
  t.same(next.address, address)
  await next.close()
})

interface Pair {
  readonly emulator: LinkEmulator
  readonly server: Server
  /** A connection through the link: both of its outer ends. */
  readonly dial: () => Promise<{ readonly client: Socket; readonly target: Socket }>
}

/** A server behind a link; each connection to it is first given to `greet`. Closed when the test ends. */
async function startPair(
  t: Test,
  link: typeof quick,
  greet: (socket: Socket) => unknown = () => undefined,
): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, loopback.host)
  await once(server, 'listening')
  const bound = server.address()
  const to = { host: loopback.host, port: typeof bound === 'object' ? (bound?.port ?? 0) : 0 }
  const emulator = await startLinkEmulator({ listen: loopback, to, link })
  t.teardown(async () => {
    await emulator.close()
    server.close()
  })
  const dial = async () => {
    const client = connect({ ...emulator.address, allowHalfOpen: true })
    const accepted = once(server, 'connection')
    const [target]: Socket[] = await accepted
    if (target === undefined) throw new Error('no connection came')
    // A test that cares waits for the error itself.
    for (const socket of [client, target]) socket.on('error', () => undefined)
    greet(target)
    return { client, target }
  }
  return { emulator, server, dial }
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
