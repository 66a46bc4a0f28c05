// Lets an origin be heard to the end of what it said when it no longer listens: one that refuses an upload answers (413,
// say) and closes, and the next write fails while its answer still lies unread in the kernel. RFC 9112 §9.6 asks servers
// not to close so; many do. Node closes a socket whose write failed, which throws that answer away.
// Knows: Node's sockets. Does not know: HTTP.
import type { Socket } from 'node:net'

type Written = (error?: Error | null) => void

// What the origin said has arrived before the reset that made the write fail, so the next turn of the event loop reads it;
// longer only for a client that is slow to take a long answer.
const GRACE_MS = 5000

/** Makes `socket` tell that a write failed only once it is closed, or after a grace. Gives it back. */
export function hearOut<Heard extends Socket>(socket: Heard): Heard {
  const written =
    (callback: Written): Written =>
    error => {
      if (!isBroken(error)) {
        callback(error)
        return
      }
      const settle = () => {
        clearTimeout(timer)
        socket.off('close', settle)
        callback(error)
      }
      const timer = setTimeout(settle, GRACE_MS)
      socket.once('close', settle)
    }
  // The two methods by which a Writable hands bytes on; what is in between, TLS among it, stays as it is.
  const write = socket._write.bind(socket)
  socket._write = (chunk, encoding, callback) => write(chunk, encoding, written(callback))
  const writev = socket._writev?.bind(socket)
  if (writev) socket._writev = (chunks, callback) => writev(chunks, written(callback))
  // An alert behind the handshake (RFC 8446 §6.2: it wants a certificate of the client, say) is the last that it said; else
  // undici would tell only that the connection closed after it.
  socket.on('error', () => socket.destroy())
  return socket
}

function isBroken(error: Error | null | undefined): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET')
}
