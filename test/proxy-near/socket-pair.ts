// Two ends of one connection of this machine: a client's, and that of who serves it.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { portOf } from './test-far.ts'

export async function socketPair(t: Test): Promise<{ readonly client: Socket; readonly served: Socket }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const coming = once(server, 'connection') as Promise<[Socket]>
  const client = connect(portOf(server), '127.0.0.1')
  const [[served]] = await Promise.all([coming, once(client, 'connect')])
  server.close()
  for (const socket of [client, served]) {
    socket.on('error', () => undefined)
    t.teardown(() => void socket.destroy())
  }
  return { client, served }
}
