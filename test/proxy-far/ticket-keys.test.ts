// Claims about session tickets: a near resumes its session after far was restarted, for as long as the day lasts.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Server, connect, createServer } from 'node:tls'
import t, { type Test } from 'tap'
import { openIdentity } from '../../proxy-far/identity.ts'
import { TICKET_DAY_MS, ticketKeysOf } from '../../proxy-far/ticket-keys.ts'

const NOW = Date.UTC(2026, 10, 24, 12)

async function startServer(t: Test, dataDir: string, now: number): Promise<Server> {
  const { key, cert } = await openIdentity(dataDir)
  const options = {
    key,
    cert,
    minVersion: 'TLSv1.3',
    ticketKeys: ticketKeysOf(key, now),
    sessionIdContext: 'far',
  } as const
  const server = createServer(options, socket => socket.on('error', () => undefined).end('.'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return server
}

/** Connects with a session, if any; gives whether it was resumed, and the last session that the server gave. */
async function visit(server: Server, offered?: Buffer): Promise<{ resumed: boolean; session: Buffer | undefined }> {
  const { port } = server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...(offered && { session: offered }) })
  let session: Buffer | undefined
  socket.on('session', given => (session = given))
  await once(socket.resume(), 'end')
  const resumed = socket.isSessionReused()
  socket.destroy()
  return { resumed, session }
}

t.test('a session goes on at a far that was started anew, and ends with the day', async t => {
  const dataDir = t.testdir()
  const { session, resumed } = await visit(await startServer(t, dataDir, NOW))
  t.equal(resumed, false)
  t.equal((await visit(await startServer(t, dataDir, NOW + TICKET_DAY_MS / 4), session)).resumed, true)
  t.equal((await visit(await startServer(t, dataDir, NOW + TICKET_DAY_MS), session)).resumed, false)
})

t.test('another far has other keys', async t => {
  const { session } = await visit(await startServer(t, t.testdir(), NOW))
  t.equal((await visit(await startServer(t, t.testdir(), NOW), session)).resumed, false)
})
