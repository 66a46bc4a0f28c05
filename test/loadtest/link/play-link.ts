// Plays a script on a LinkModel with a fake clock: what is said is said at its time, and all that follows is recorded.
// Sources hand over everything they have at once; destinations take all at once; the target answers at once.

import { LinkModel, type Direction, type LinkCommand, type LinkEvent } from '../../../loadtest/link/model.ts'
import type { LinkFigures } from '../../../loadtest/link/presets.ts'

export interface Heard {
  readonly at: number
  readonly command: LinkCommand
}

export class LinkPlay {
  readonly model: LinkModel
  readonly heard: Heard[] = []
  readonly #delivered = new Map<string, number>()
  #now = 0

  constructor(link: LinkFigures, seed = 1) {
    this.model = new LinkModel(link, seed)
  }

  get now(): number {
    return this.#now
  }

  /** Lets time pass, and everything that falls due in it happen. */
  passUntil(until: number): this {
    for (let at = this.model.wakeAt(); at !== undefined && at <= until; at = this.model.wakeAt()) {
      this.#now = Math.max(this.#now, at)
      this.#handle({ kind: 'ticked' })
    }
    this.#now = Math.max(this.#now, until)
    return this
  }

  say(...events: readonly LinkEvent[]): this {
    for (const event of events) this.#handle(event)
    return this
  }

  /** Opens a connection now and waits until its client may send. */
  open(connection = 0): this {
    return this.say({ kind: 'opened', connection })
  }

  offer(direction: Direction, bytes: number, connection = 0): this {
    return this.say({ kind: 'offered', connection, direction, bytes })
  }

  /** The bytes that were delivered until now. */
  delivered(direction: Direction, connection = 0): number {
    return this.#delivered.get(`${direction} ${connection}`) ?? 0
  }

  /** Lets time pass until `bytes` have been delivered; gives the time then, or Infinity if they never are. */
  passUntilDelivered(direction: Direction, bytes: number, connection = 0): number {
    while (this.delivered(direction, connection) < bytes) {
      const at = this.model.wakeAt()
      if (at === undefined || at > 3_600_000) return Infinity
      this.passUntil(at)
    }
    return this.#now
  }

  /** When the first command of a kind came. */
  timeOf(kind: LinkCommand['kind'], connection = 0): number | undefined {
    return this.heard.find(({ command }) => command.kind === kind && command.connection === connection)?.at
  }

  #handle(event: LinkEvent): void {
    for (const command of this.model.handle(event, this.#now)) {
      this.heard.push({ at: this.#now, command })
      if (command.kind === 'connect') this.#handle({ kind: 'connected', connection: command.connection })
      if (command.kind !== 'deliver') continue
      const { direction, connection, bytes } = command
      this.#delivered.set(`${direction} ${connection}`, this.delivered(direction, connection) + bytes)
      this.#handle({ kind: 'taken', connection, direction, bytes })
    }
  }
}
