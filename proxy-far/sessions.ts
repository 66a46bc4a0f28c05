// The sessions that nears have with far, and whose each of them is.
// Knows: when one begins and ends. Does not know: credentials, streams.
import type { Http2Session } from 'node:http2'

export class Sessions {
  /** Whose it is; undefined until its first request was accepted. */
  readonly #nearIds = new Map<Http2Session, string | undefined>()

  add(session: Http2Session): void {
    this.#nearIds.set(session, undefined)
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

  endAll(): void {
    for (const session of this.#nearIds.keys()) session.destroy()
  }
}
