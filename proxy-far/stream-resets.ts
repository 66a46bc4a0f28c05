// What undici and Node together get wrong about resets of HTTP/2 streams (RFC 9113 §5.4.2, §8.7), mended on the connections
// to origins:
// 1. A stream that the origin resets with NO_ERROR or CANCEL ends as if its content were complete, and undici believes it;
//    half a page would be shown, and kept, as a whole one. It fails.
// 2. undici gives a request up with NO_ERROR, which is for servers that need no more of one (§8.1): an origin on Node that
//    has much left to send then keeps the stream, and after some of them refuses all others. It says CANCEL.
// 3. While a request's content is being sent, Node says `aborted` before it sends the reset, undici destroys the stream
//    then, and nothing is sent at all. It is told a little later.
// 4. A connection whose origin refuses a stream, or wants calm, is asked again and again. It takes no further request:
//    what is under way goes on, and the next request dials anew.
// Knows: Node's HTTP/2 streams, that undici leaves a session that heard GOAWAY. Does not know: requests.
import { subscribe } from 'node:diagnostics_channel'
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2'
import type { Socket } from 'node:net'

// Not every HTTP/2 stream of this process is an origin's.
const MARK: unique symbol = Symbol('a connection to an origin')

/** Mends the resets of all requests over HTTP/2 on `socket`. Gives it back. */
export function mendResets<Dialled extends Socket>(socket: Dialled): Dialled {
  return Object.assign(socket, { [MARK]: true })
}

subscribe('http2.client.stream.created', message => {
  const { stream } = message as { stream: ClientHttp2Stream }
  const { session } = stream
  // What `socket` gives is a view on the socket, which knows its properties only by name.
  const socket = session?.socket as { readonly [MARK]?: true } | undefined
  if (!session || !socket?.[MARK]) return
  failWhenCutShort(stream)
  cancelAloud(stream)
  stream.once('error', () => {
    // Behind undici, which sends what was refused once more on the same session, and before the request has failed.
    if (REFUSALS.has(stream.rstCode)) process.nextTick(retire, session)
  })
})

const REFUSALS: ReadonlySet<number> = new Set([constants.NGHTTP2_REFUSED_STREAM, constants.NGHTTP2_ENHANCE_YOUR_CALM])

/** How a stream ended tells: Node ends the content of one with END_STREAM while it is open, of a reset one when it is closed. */
function failWhenCutShort(stream: ClientHttp2Stream): void {
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

function cancelAloud(stream: ClientHttp2Stream): void {
  const close = stream.close.bind(stream)
  // What has ended both ways is closed already, and this does nothing.
  stream.close = (code, callback) => close(code || constants.NGHTTP2_CANCEL, callback)
  const emit = stream.emit.bind(stream) as (event: string | symbol, ...values: unknown[]) => boolean
  stream.emit = (event: string | symbol, ...values: unknown[]) => {
    if (event !== 'aborted') return emit(event, ...values)
    process.nextTick(emit, event, ...values)
    return true
  }
}

// RFC 9113 §6.8: all that was sent so far may still be answered.
const LAST_STREAM = 2 ** 31 - 1

/** As if the origin had said that it takes no more: the only way in which undici lets go of a session that still works. */
function retire(session: ClientHttp2Session): void {
  session.emit('goaway', constants.NGHTTP2_NO_ERROR, LAST_STREAM)
}
