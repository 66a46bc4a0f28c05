// Plays a script of events against a machine of the core, and compares the commands that it answers with.
// Knows: the second shape of core, `handle(event, now) → Command[]` with `wakeAt()`. Does not know: any one machine.
//
//   play(t, new Speculation({ startedAt: 0, patienceMs: 500 }))
//     .at(499).give({ kind: 'tick' }).expect()
//     .at(500).give({ kind: 'tick' }).expect({ kind: 'fail', code: 'LINK_TIMEOUT' })
//
// 1. Time never goes back.
// 2. Every event is followed by what is expected of it, so that nothing that a machine wants done goes unseen.

import type { Test } from 'tap'

/** `wakeAt` is the time at which the machine wants to be called next, or undefined when only an event can wake it. */
export interface Machine<Event, Command> {
  handle(event: Event, now: number): readonly Command[]
  wakeAt?(): number | undefined
}

/** What a machine made of one event. */
export interface Answer<Event, Command> {
  /** All the commands of the answer, in order. None means that there was nothing to do. */
  expect(...commands: readonly Command[]): Script<Event, Command>
}

/** Starts a script at time 0. It is checked while it is written; nothing waits. */
export function play<Event, Command>(t: Test, machine: Machine<Event, Command>): Script<Event, Command> {
  return new Script(t, machine)
}

export class Script<Event, Command> {
  readonly #test: Test
  readonly #machine: Machine<Event, Command>
  #now = 0
  #step = 0

  constructor(test: Test, machine: Machine<Event, Command>) {
    this.#test = test
    this.#machine = machine
  }

  /** Moves the clock to `ms`. */
  at(ms: number): this {
    if (ms < this.#now) throw new RangeError(`the script goes back from ${this.#now} ms to ${ms} ms`)
    this.#now = ms
    return this
  }

  /** Gives the machine one event at the present time. */
  give(event: Event): Answer<Event, Command> {
    this.#step++
    const title = `step ${this.#step}, at ${this.#now} ms: ${describe(event)}`
    const answer = this.#machine.handle(event, this.#now)
    return {
      expect: (...commands) => {
        this.#test.strictSame(answer, commands, title)
        return this
      },
    }
  }

  /** Checks when the machine wants to be woken next; undefined means that only an event can wake it. */
  wakesAt(ms: number | undefined): this {
    this.#test.equal(this.#machine.wakeAt?.(), ms, `after step ${this.#step}: wakes at ${ms}`)
    return this
  }
}

function describe(event: unknown): string {
  return typeof event === 'object' && event !== null && 'kind' in event ? String(event.kind) : String(event)
}
