// A plain TCP load balancer: each connection goes to the next of several places that takes it.
// Knows: sockets. Does not know: what they carry.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface Balancer {
  readonly port: number
  close(): void
}

/** Starts it on a free port; `places` are ports of this machine. */
export async function startBalancer(places: readonly number[]): Promise<Balancer> {
  let turn = 0
  const sockets = new Set<Socket>()
  const server = createServer({ pauseOnConnect: true }, socket => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    void join(socket, places, turn++)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { port, close }
}

async function join(socket: Socket, places: readonly number[], turn: number): Promise<void> {
  const other = await connectToOne(places, turn)
  if (!other) {
    socket.destroy()
    return
  }
  other.on('error', () => {}).once('close', () => socket.destroy())
  socket.once('close', () => other.destroy())
  socket.pipe(other).pipe(socket)
}

async function connectToOne(places: readonly number[], turn: number): Promise<Socket | undefined> {
  for (let at = 0; at < places.length; at++) {
    const socket = connect(places[(turn + at) % places.length]!, '127.0.0.1')
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    if (connected) return socket
  }
  return undefined
}
