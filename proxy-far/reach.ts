// The one place where far dials: to origins, for WebSockets, for tunnels.
// Knows: DNS, sockets, TLS by undici's connector. Does not know: HTTP, which addresses are whose (shared/http/reach.ts).
//
// Invariant: what is judged is the very address that is connected to. A name is resolved once for each connection, and
// its answer is judged on the way to the socket, so that a name that changes its mind (DNS rebinding) gains nothing.
import { lookup as lookUp } from 'node:dns'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import { Fault } from '../shared/fault.ts'
import { type Reachable, refuseAddress, refusePort } from '../shared/http/reach.ts'

export interface ReachOptions extends Reachable {
  readonly connectTimeoutMs: number
  /** Resolves names; the system's way if absent. */
  readonly lookup?: LookupFunction
}

/** Whom to dial; `hostname` may be an IPv6 address in brackets. */
export interface Destination {
  readonly protocol: 'http:' | 'https:'
  readonly hostname: string
  /** Empty: the protocol's own. */
  readonly port: string | number
}

export class Reach {
  readonly #options: ReachOptions

  constructor(options: ReachOptions) {
    this.#options = options
  }

  /** A connector for undici, which refuses with FAR_FORBIDDEN. `more` is as `buildConnector` and `net.connect` take it. */
  connector(more: buildConnector.BuildOptions & { readonly allowHalfOpen?: boolean } = {}): buildConnector.connector {
    const connect = buildConnector({ timeout: this.#options.connectTimeoutMs, ...more, lookup: this.#lookUp })
    return (to, callback) => {
      const port = Number(to.port || (to.protocol === 'https:' ? 443 : 80))
      const host = to.hostname.replaceAll(/^\[|\]$/g, '')
      // Names are judged when they have become addresses; an address is never looked up.
      const why = refusePort(port, this.#options) ?? (isIP(host) ? refuseAddress(host, this.#options) : undefined)
      if (why === undefined) return connect({ ...to, hostname: host }, callback)
      queueMicrotask(() => callback(forbidden(why), null))
      return undefined
    }
  }

  /** A connection of its own. Raises FAR_FORBIDDEN, what the socket says, and the reason of `signal`. */
  async dial(
    { protocol, hostname, port }: Destination,
    more: Parameters<Reach['connector']>[0],
    signal: AbortSignal,
  ): Promise<Socket> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    const connect = this.connector(more)
    const to = { protocol, hostname, host: hostname, port: String(port) }
    // undici gives the socket back at once, which its types do not say.
    const socket = connect(to, (...[error, connected]) => (error ? reject(error) : resolve(connected))) as unknown
    const giveUp = () => {
      reject(signal.reason)
      if (socket) (socket as Socket).destroy()
    }
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  readonly #lookUp: LookupFunction = (name, options, callback) => {
    const lookup = this.#options.lookup ?? lookUp
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error) {
        callback(error, [])
        return
      }
      const all = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found
      // Those that may be reached are enough; a name with none is refused for its first.
      const allowed = all.filter(({ address }) => refuseAddress(address, this.#options) === undefined)
      const [first] = allowed
      if (!first) {
        const why = all[0] ? refuseAddress(all[0].address, this.#options) : 'it has no address'
        callback(forbidden(`${name} is not on the open internet: ${why}`), [])
      } else if (options.all) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

function forbidden(why: string): Fault {
  return new Fault('FAR_FORBIDDEN', `${why}.`)
}
