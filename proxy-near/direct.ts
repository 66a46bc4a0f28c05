// `--mode direct`: near as an ordinary forward proxy that goes to origins itself, past far. For comparing.
// Knows: undici. Does not know: the link, versions.
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Agent } from 'undici'
import { Fault, type FaultCode } from '../shared/fault.ts'
import { endToEnd, fromRaw, toRaw, withVia, without } from '../shared/http/fields.ts'
import { parseHostPort } from '../shared/http/url.ts'
import type { ClientResponse } from './client-response.ts'
import type { ClientRequest } from './ask-far.ts'
import type { TunnelWish } from './tunnel.ts'

export class DirectOrigins {
  readonly #agent = new Agent({ allowH2: false })
  readonly #tunnels = new Set<Socket>()

  /** Passes a request on and its response back. Raises ORIGIN_REFUSED, ORIGIN_NAME, ORIGIN_RESET. */
  async serve({ facts, body, receivedBy }: ClientRequest, response: ClientResponse): Promise<number> {
    const { protocol, host } = new URL(facts.url)
    try {
      const answer = await this.#agent.request({
        origin: `${protocol}//${host}`,
        path: facts.url.slice(`${protocol}//${host}`.length),
        method: facts.method,
        headers: toRaw([['Host', host], ...withVia(without(facts.fields, 'host', 'expect'), receivedBy, 'hunch-near')]),
        body: body ?? null,
        signal: response.gone,
        responseHeaders: 'raw',
      })
      const fields = endToEnd(fromRaw(answer.headers as unknown as string[]))
      response.begin(answer.statusCode, withVia(fields, '1.1', 'hunch-near'), null)
      for await (const bytes of answer.body) await response.write(bytes as Uint8Array)
      response.end()
      return answer.statusCode
    } catch (error) {
      if (response.gone.aborted) throw new Fault('CLIENT_GONE', 'The client closed its connection.')
      throw toFault(error, host)
    }
  }

  /** Connects a client with the host that its CONNECT names. Raises ORIGIN_REFUSED, ORIGIN_NAME, ORIGIN_RESET. */
  async tunnel({ target, early, answered }: TunnelWish, client: Duplex): Promise<void> {
    const { host, port } = parseHostPort(target)
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
    this.#tunnels.add(socket)
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve)
        socket.once('error', error => reject(toFault(error, target)))
      })
      if (!answered) client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      socket.write(early)
      await Promise.allSettled([pipeline(client, socket), pipeline(socket, client)])
    } finally {
      this.#tunnels.delete(socket)
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#tunnels) socket.destroy(new Error('Near is closing.'))
    await this.#agent.destroy()
  }
}

function toFault(error: unknown, where: string): Fault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known: Partial<Record<string, FaultCode>> = { ECONNREFUSED: 'ORIGIN_REFUSED', ENOTFOUND: 'ORIGIN_NAME' }
  const message = error instanceof Error ? error.message : String(error)
  return new Fault(known[code] ?? 'ORIGIN_RESET', `${where}: ${message}`, { cause: error })
}
