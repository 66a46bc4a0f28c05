// What Brotli's symbols cost, estimated from how often a first parse used them.
// Knows: counts of symbols. Costs are in bits. Does not know: codes as they are written.

import {
  COMMAND_SYMBOLS,
  commandSymbol,
  copyCode,
  DISTANCE_SYMBOLS,
  FIRST_RING,
  hasDistance,
  insertCode,
  longDistance,
  shortDistance,
} from './brotli-commands.ts'

/** A command: so many literals, then a copy from so far back. The last one may have no copy. */
export interface BrotliCommand {
  readonly insert: number
  readonly copy: number
  readonly distance: number
}

export interface SymbolCounts {
  readonly literals: Uint32Array
  readonly commands: Uint32Array
  readonly distances: Uint32Array
}

/** A command with the symbols that stand for it. */
export interface CodedCommand extends BrotliCommand {
  readonly symbol: number
  /** −1 when the command symbol says it already. */
  readonly distanceSymbol: number
}

/** Finds the symbols of each command, following the ring of distances. */
export function codeCommands(commands: readonly BrotliCommand[]): CodedCommand[] {
  const ring = [...FIRST_RING]
  return commands.map(command => {
    const { insert, copy, distance } = command
    const [insertLength, copyLength] = [insertCode(insert).code, copyCode(Math.max(2, copy)).code]
    if (copy === 0) return { ...command, symbol: commandSymbol(insertLength, copyLength, false), distanceSymbol: -1 }
    const short = shortDistance(distance, ring)
    const symbol = commandSymbol(insertLength, copyLength, short === 0)
    if (short !== 0) {
      ring.unshift(distance)
      ring.pop()
    }
    const distanceSymbol = hasDistance(symbol) ? (short >= 0 ? short : longDistance(distance).code) : -1
    return { ...command, symbol, distanceSymbol }
  })
}

export function countSymbols(coded: readonly CodedCommand[], target: Uint8Array): SymbolCounts {
  const literals = new Uint32Array(256)
  const commands = new Uint32Array(COMMAND_SYMBOLS)
  const distances = new Uint32Array(DISTANCE_SYMBOLS)
  let at = 0
  for (const { insert, copy, symbol, distanceSymbol } of coded) {
    for (const end = at + insert; at < end; at++) literals[target[at]!]! += 1
    at += copy
    commands[symbol]! += 1
    if (distanceSymbol >= 0) distances[distanceSymbol]! += 1
  }
  return { literals, commands, distances }
}

// A symbol must also be described, once; one that was not used yet would have to be.
const UNUSED_BITS = 3
const DESCRIBED_BITS = 1

export class BrotliCosts {
  readonly literal: Float64Array
  readonly #command: Float64Array
  readonly #distance: Float64Array
  readonly #insert = new Float64Array(24)
  readonly #copy = new Float64Array(24)

  constructor(counts: SymbolCounts | undefined) {
    this.literal = counts === undefined ? new Float64Array(256).fill(6) : costsOf(counts.literals)
    this.#distance = counts === undefined ? guessDistances() : costsOf(counts.distances)
    this.#command = new Float64Array(COMMAND_SYMBOLS).fill(-1)
    if (counts === undefined) {
      for (let code = 0; code < 24; code++) {
        this.#insert[code] = 2 + code / 4
        this.#copy[code] = 3 + Math.abs(code - 8) / 8
      }
      return
    }
    const costs = costsOf(counts.commands)
    const inserts = new Uint32Array(24)
    const copies = new Uint32Array(24)
    for (let insert = 0; insert < 24; insert++) {
      for (let copy = 0; copy < 24; copy++) {
        const symbols = new Set([commandSymbol(insert, copy, false), commandSymbol(insert, copy, true)])
        for (const symbol of symbols) {
          const count = counts.commands[symbol]!
          if (count > 0) this.#command[symbol] = costs[symbol]!
          inserts[insert]! += count
          copies[copy]! += count
        }
      }
    }
    this.#insert.set(costsOf(inserts))
    this.#copy.set(costsOf(copies))
  }

  /** The part of a command that its literals cause. */
  insert(length: number): number {
    const { code, extraBits } = insertCode(length)
    return this.#insert[code]! + extraBits
  }

  /** A command with `insert` literals and a copy; `short` is its distance's short code, or −1 with its length in bits. */
  command(insert: number, copy: number, short: number, distance: number): number {
    const inserted = insertCode(insert)
    const copied = copyCode(copy)
    const symbol = commandSymbol(inserted.code, copied.code, short === 0)
    const known = this.#command[symbol]!
    const bits = known >= 0 ? known : this.#insert[inserted.code]! + this.#copy[copied.code]! + UNUSED_BITS
    const lengths = bits + inserted.extraBits + copied.extraBits
    if (!hasDistance(symbol)) return lengths
    if (short >= 0) return lengths + this.#distance[short]!
    const long = longDistance(distance)
    return lengths + this.#distance[long.code]! + long.extraBits
  }
}

function costsOf(counts: Uint32Array): Float64Array {
  let total = 0
  for (const count of counts) total += count
  const bits = Math.log2(total + 1)
  return Float64Array.from(counts, count =>
    count > 0 ? Math.max(0.5, bits - Math.log2(count)) + DESCRIBED_BITS / count : bits + UNUSED_BITS,
  )
}

function guessDistances(): Float64Array {
  return new Float64Array(DISTANCE_SYMBOLS).fill(4).fill(2, 0, 1).fill(3.5, 1, 4).fill(5.5, 4, 16)
}
