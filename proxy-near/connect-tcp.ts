// A TCP connection with a host: every address of it is tried, and again while none answers; the first one wins.
// 1. An attempt that was begun goes on until another wins or all is given up: on a slow link the first may be the best.
// 2. It fails before its time only when every address was tried and all attempts have failed.
// Node's own way with several addresses cuts each attempt off after 250 ms, which no satellite link can meet.
// Knows: names, addresses, sockets. Does not know: TLS, faults.

import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'

import type { Clock } from './clock.ts'

export interface ConnectOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
}

// RFC 8305 §5 recommends it between the addresses of one host.
const NEXT_ADDRESS_MS = 250
// TCP sends its first packet again after 1, 3, 7 and 15 s. A link that comes back is found sooner by starting anew.
const ANEW_MS = 4_000

/** Connects to `host`, a name or an address. Raises what the system says of the last attempt, or the signal's reason. */
export async function connectTcp(host: string, port: number, { clock, signal }: ConnectOptions): Promise<Socket> {
  const addresses = await untilAborted(lookUp(host), signal)
  signal.throwIfAborted()
  const pending = new Set<Socket>()
  let tries = 0
  let cancel = (): void => undefined
  return new Promise<Socket>((resolve, reject) => {
    const settle = (): void => {
      cancel()
      signal.removeEventListener('abort', onAbort)
      for (const socket of pending) socket.destroy()
      pending.clear()
    }
    const onAbort = (): void => {
      settle()
      reject(signal.reason)
    }
    const begin = (): void => {
      cancel()
      const address = addresses[tries % addresses.length] ?? host
      tries += 1
      // A number, as `isIP` gives it, keeps Node from looking the address up again.
      const socket = connect({ host: address, port, family: isIP(address), noDelay: true, autoSelectFamily: false })
      pending.add(socket)
      socket.once('connect', () => {
        pending.delete(socket)
        settle()
        resolve(socket)
      })
      // Stays on for good: until TLS or HTTP/2 listen, nobody else does.
      socket.on('error', error => {
        if (!pending.delete(socket)) return
        if (tries < addresses.length) return begin()
        if (pending.size > 0) return
        settle()
        reject(error)
      })
      cancel = clock.wake(tries < addresses.length ? NEXT_ADDRESS_MS : ANEW_MS, begin)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    begin()
  })
}

/** The addresses of `host`, the families in turns (RFC 8305 §4), so that one that does not work costs little. */
async function lookUp(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  const found = await lookup(host, { all: true, order: 'verbatim' })
  const first = found.filter(({ family }) => family === found[0]?.family)
  const other = found.filter(({ family }) => family !== found[0]?.family)
  return found.flatMap((_, at) => [first[at], other[at]]).flatMap(each => (each === undefined ? [] : [each.address]))
}

/** The system's resolver takes its time when the network is gone, and cannot be called off. */
async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
