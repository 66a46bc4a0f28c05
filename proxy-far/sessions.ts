// The sessions that nears have with far, whose each of them is, and how much each may have under way to far.
// Knows: when one begins and ends. Does not know: credentials, streams.
import type { Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { FAR_SESSION_BYTES } from '../shared/link/protocol.ts'

export class Sessions {
  /** Whose it is; undefined until its first request was accepted. */
  readonly #nearIds = new Map<Http2Session, string | undefined>()

  readonly #sockets = new Set<Socket>()

  add(session: Http2Session): void {
    this.#nearIds.set(session, undefined)
    session.setLocalWindowSize(FAR_SESSION_BYTES)
    session.once('close', () => this.#nearIds.delete(session))
  }

  /** A request of near `nearId` came by `session`. */
  note(session: Http2Session | undefined, nearId: string): void {
    if (session !== undefined && this.#nearIds.has(session)) this.#nearIds.set(session, nearId)
  }

  get count(): number {
    return this.#nearIds.size
  }

  /** Breaks the sessions of these nears off, with the tunnels that are open in them. */
  endOf(nearIds: readonly string[]): void {
    for (const [session, nearId] of this.#nearIds) {
      if (nearId !== undefined && nearIds.includes(nearId)) session.destroy()
    }
  }

  /** Says on all that they take nothing new (GOAWAY, RFC 9113 §6.8); resolves when what is under way has ended, at the latest then. */
  async drain(patienceMs: number): Promise<void> {
    const open = [...this.#nearIds.keys()]
    const closed = open.map(session => new Promise<void>(resolve => session.once('close', () => resolve())))
    for (const session of open) session.close()
    await inTime(Promise.all(closed), patienceMs)
  }

  /** A connection that far accepted, with or without TLS. */
  hold(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  endAll(): void {
    for (const session of this.#nearIds.keys()) session.destroy()
    // Node ends the socket of a session that was closed before, and then waits for the other side; that may be gone.
    for (const socket of this.#sockets) socket.destroy()
  }
}

async function inTime(work: Promise<unknown>, patienceMs: number): Promise<void> {
  const over = new AbortController()
  const late = setTimeout(patienceMs, undefined, over).catch(() => {})
  await Promise.race([work, late])
  over.abort()
}
