// Lets origins hear that a request over HTTP/2 was given up: with RST_STREAM and the code CANCEL (RFC 9113 §7), whatever
// was under way. What undici and Node make of it together falls short twice:
// - undici resets with NO_ERROR, which is for servers that need no more of a request (§8.1): an origin on Node that has
//   much left to send then keeps the stream, and after some of them refuses all others of the connection.
// - While a request's content is being sent, Node says `aborted` before it sends the reset, undici destroys the stream
//   then, and nothing is sent at all.
// Knows: Node's HTTP/2 streams. Does not know: requests.
import { subscribe } from 'node:diagnostics_channel'
import { type ClientHttp2Stream, constants } from 'node:http2'
import type { Socket } from 'node:net'

const MARK: unique symbol = Symbol('its streams are cancelled aloud')

/** Makes requests over HTTP/2 on `socket` end so when they are given up. Gives it back. */
export function cancelStreams<Dialled extends Socket>(socket: Dialled): Dialled {
  // The same listener counts once for each time that it is subscribed.
  if (!isListening) subscribe('http2.client.stream.created', onCreated)
  isListening = true
  return Object.assign(socket, { [MARK]: true })
}

let isListening = false

function onCreated(message: unknown): void {
  const { stream } = message as { stream: ClientHttp2Stream }
  // What `socket` gives is a view on the socket, which knows its properties only by name.
  const socket = stream.session?.socket as { readonly [MARK]?: true } | undefined
  if (!socket?.[MARK]) return
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
