// Makes what an origin breaks off fail over HTTP/2, too. Node lets a stream that the origin resets with NO_ERROR or CANCEL
// end as if its content were complete, and undici believes it; half a page would be shown, and kept, as a whole one.
// Knows: Node's HTTP/2 streams. Does not know: requests.
//
// How a stream ended tells: Node ends the content of one with END_STREAM while it is open, of a reset one when it is closed.
import { subscribe } from 'node:diagnostics_channel'
import type { ClientHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'

// Not every HTTP/2 stream of this process is an origin's.
const isOrigins = Symbol('a connection to an origin')

/** Has contents that come by `socket` fail when they are reset. Gives it back. */
export function failResets<Marked extends Socket>(socket: Marked): Marked {
  return Object.assign(socket, { [isOrigins]: true })
}

subscribe('http2.client.stream.created', message => {
  const { stream } = message as { stream: ClientHttp2Stream }
  // What `socket` gives is a view on the socket.
  const socket = stream.session?.socket as { readonly [isOrigins]?: true } | undefined
  if (socket?.[isOrigins]) watch(stream)
})

function watch(stream: ClientHttp2Stream): void {
  const push = stream.push.bind(stream)
  let isComplete = false
  stream.push = (chunk, encoding) => {
    if (chunk !== null || isComplete) return push(chunk, encoding)
    if (stream.closed) {
      // RFC 9113 §8.1: only END_STREAM says that a message is complete.
      // Later, because Node is not done with the stream.
      process.nextTick(() => stream.destroy(new Error('the stream was reset before its end')))
      return false
    }
    isComplete = true
    return push(null)
  }
}
