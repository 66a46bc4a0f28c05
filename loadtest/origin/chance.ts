// Seeded chance: the same key gives the same sequence on every machine.
// Knows: 32-bit integers. Does not know: clocks, Math.random, what is chosen.

/** A sequence of pseudo-random choices that is named by its key. */
export class Chance {
  #state: number

  constructor(...key: readonly (string | number)[]) {
    this.#state = hashKey(key)
  }

  /** The next 32 bits, as an unsigned integer. */
  bits(): number {
    // Steps of 2³² / golden ratio visit every state once before the sequence repeats.
    this.#state = (this.#state + 0x9e3779b9) | 0
    return scramble(this.#state)
  }

  /** A number in [0, 1). */
  unit(): number {
    return this.bits() / 2 ** 32
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.unit() * limit)
  }

  /** A whole number from low to high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  happens(probability: number): boolean {
    return this.unit() < probability
  }

  pick<T>(list: readonly T[]): T {
    return member(list, this.below(list.length))
  }

  /** Favours the front of the list, as a language favours its common words. */
  pickCommon<T>(list: readonly T[]): T {
    const unit = this.unit()
    return member(list, Math.floor(unit * Math.sqrt(unit) * list.length))
  }

  /** `digits` hexadecimal digits, like an identifier that a server gives out. */
  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.bits().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }
}

/**
 * The step in 1…`step` at which the part named by `key` last changed, or 0 when it is as it was at first. Each part
 * changes at each step with the same probability, whatever the others do: so any version of a page can be made
 * without making those before it.
 */
export function lastChange(step: number, probability: number, ...key: readonly (string | number)[]): number {
  const base = hashKey(key)
  const limit = probability * 2 ** 32
  for (let at = step; at > 0; at--) {
    if (scramble(Math.imul(base ^ at, 0x85ebca6b) + at) < limit) return at
  }
  return 0
}

function member<T>(list: readonly T[], index: number): T {
  const value = list[index]
  if (value === undefined) throw new RangeError('nothing can be chosen from an empty list')
  return value
}

function hashKey(key: readonly (string | number)[]): number {
  const text = key.join('\u0001')
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return scramble(hash) | 0
}

/** Spreads every bit of `value` over all 32: neighbours in, strangers out. */
function scramble(value: number): number {
  let bits = value ^ (value >>> 16)
  bits = Math.imul(bits, 0x7feb352d)
  bits ^= bits >>> 15
  bits = Math.imul(bits, 0x846ca68b)
  return (bits ^ (bits >>> 16)) >>> 0
}
