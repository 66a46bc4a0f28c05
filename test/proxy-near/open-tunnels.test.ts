// Claims about what is let through in tunnels when near stops.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { OpenTunnels } from '../../proxy-near/open-tunnels.ts'
import { listen } from '../pair/odd-origin.ts'

const QUIET_MS = 100

/** A connection, and its other side. */
async function openPair(t: Test): Promise<readonly [Socket, Socket]> {
  const server = createServer()
  const accepted = once(server, 'connection')
  const client = connect(await listen(t, server), '127.0.0.1')
  const [other] = (await accepted) as [Socket]
  t.teardown(() => client.destroy())
  t.teardown(() => other.destroy())
  return [client.resume(), other.resume()]
}

t.test('silence is waited for as long as something moves, either way', async t => {
  for (const way of ['up', 'down']) {
    const [client, other] = await openPair(t)
    const tunnels = new OpenTunnels(QUIET_MS)
    tunnels.add(client)
    let moved = 0
    const talking = setInterval(() => {
      ;(way === 'up' ? client : other).write('moving')
      moved += 1
      if (moved === 20) clearInterval(talking)
    }, QUIET_MS / 5)
    await tunnels.silence(new AbortController().signal)
    t.equal(moved, 20, way)
  }
})

t.test('without tunnels, and when they have all closed, nothing is waited for', async t => {
  const tunnels = new OpenTunnels(2 ** 30)
  await tunnels.silence(new AbortController().signal)
  const [client] = await openPair(t)
  tunnels.add(client)
  client.destroy()
  await once(client, 'close')
  await tunnels.silence(new AbortController().signal)
  t.pass('at once')
})

t.test('who has waited long enough is not kept', async t => {
  const [client] = await openPair(t)
  const tunnels = new OpenTunnels(2 ** 30)
  tunnels.add(client)
  const over = new AbortController()
  const silence = tunnels.silence(over.signal)
  over.abort()
  await silence
  t.pass('at once')
})
