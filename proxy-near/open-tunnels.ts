// The tunnels and WebSockets that are open, as far as a near that stops has to know: they have no end to wait for, but what
// moves in them now is let through.
// Knows: how much the clients' connections have carried. Does not know: what they carry.
import type { Duplex } from 'node:stream'
import { setTimeout } from 'node:timers/promises'

// Twice the longest round trip of the link presets would be longer than who stops near wants to wait for silence.
const QUIET_MS = 500

interface Counted extends Duplex {
  readonly bytesRead?: number
  readonly bytesWritten?: number
}

export class OpenTunnels {
  readonly #clients = new Set<Counted>()
  readonly #quietMs: number

  /** `quietMs`: after what silence nothing is taken to be under way. */
  constructor(quietMs = QUIET_MS) {
    this.#quietMs = quietMs
  }

  add(client: Duplex): void {
    this.#clients.add(client)
    client.once('close', () => this.#clients.delete(client))
  }

  /** Resolves when nothing moves in any of them, or `signal` fires. */
  async silence(signal: AbortSignal): Promise<void> {
    let carried = Number.NaN
    while (this.#clients.size > 0 && !signal.aborted) {
      const now = this.#carried()
      if (now === carried) return
      carried = now
      await setTimeout(this.#quietMs, undefined, { signal }).catch(() => {})
    }
  }

  #carried(): number {
    let sum = 0
    for (const { bytesRead = 0, bytesWritten = 0 } of this.#clients) sum += bytesRead + bytesWritten
    return sum
  }
}
