// Chance that can be repeated: the same seed gives the same numbers on every machine.
// Knows: 32-bit arithmetic. Does not know: what is decided with it.

/** Gives the next number, from 0 to below 1. */
export type Chance = () => number

/** A Weyl sequence whose steps are mixed by two multiplications: short, and even enough to decide on losses. */
export function seedChance(seed: number): Chance {
  const state = new Uint32Array([seed])
  return () => {
    const step = ((state[0] ?? 0) + 0x9e3779b9) >>> 0
    state[0] = step
    const once = Math.imul(step ^ (step >>> 16), 0x21f0aaad)
    const twice = Math.imul(once ^ (once >>> 15), 0x735a2d97)
    return ((twice ^ (twice >>> 15)) >>> 0) / 4_294_967_296
  }
}
