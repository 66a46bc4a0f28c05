// A line of things, first in, first out, in constant time.

export class Fifo<Thing> {
  #things: Thing[] = []
  #head = 0

  get length(): number {
    return this.#things.length - this.#head
  }

  get first(): Thing | undefined {
    return this.#things[this.#head]
  }

  get last(): Thing | undefined {
    return this.length === 0 ? undefined : this.#things.at(-1)
  }

  push(thing: Thing): void {
    this.#things.push(thing)
  }

  shift(): Thing | undefined {
    const thing = this.#things[this.#head]
    if (this.#head < this.#things.length) this.#head++
    // Moving what is left costs no more than what was taken since the last move.
    if (this.#head > 64 && this.#head * 2 > this.#things.length) {
      this.#things = this.#things.slice(this.#head)
      this.#head = 0
    }
    return thing
  }

  /** Takes all that is in it. */
  drain(): Thing[] {
    const things = this.#things.slice(this.#head)
    this.#things = []
    this.#head = 0
    return things
  }
}
