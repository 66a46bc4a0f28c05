// One relayed connection: two sockets, and the bytes that are between them on the emulated link.
// Knows: the bytes, back-pressure, ends and resets of both sockets. Does not know: time, other connections.
// 1. `up` bytes come from the client and go to the target; `down` bytes the other way.
// 2. A socket that closes without having ended and been ended is reported `broken`, once.

import type { Socket } from 'node:net'
import type { Direction, LinkCommand, LinkEvent } from './model.ts'

type Side = 'client' | 'target'

export interface RelayParts {
  readonly tell: (event: LinkEvent) => void
  /** Opens the socket to the target. */
  readonly connect: () => Socket
  /** Both sockets are closed. */
  readonly forget: () => void
}

/** A socket, and what has come out of it and is not yet delivered. */
interface Half {
  readonly socket: Socket
  readonly chunks: Buffer[]
  ended: boolean
  gone: boolean
}

const outOf = { client: 'up', target: 'down' } as const satisfies Record<Side, Direction>
const sourceOf = { up: 'client', down: 'target' } as const satisfies Record<Direction, Side>
const destinationOf = { up: 'target', down: 'client' } as const satisfies Record<Direction, Side>

export class Relay {
  readonly #connection: number
  readonly #parts: RelayParts
  readonly #halves = new Map<Side, Half>()
  #broken = false

  constructor(connection: number, parts: RelayParts) {
    this.#connection = connection
    this.#parts = parts
  }

  /** Begins to read from `socket`, whose bytes go out of `side`. */
  attach(side: Side, socket: Socket): void {
    const { tell } = this.#parts
    const connection = this.#connection
    const direction = outOf[side]
    const half: Half = { socket, chunks: [], ended: false, gone: false }
    this.#halves.set(side, half)
    socket.on('data', chunk => {
      half.chunks.push(chunk)
      tell({ kind: 'offered', connection, direction, bytes: chunk.length })
    })
    socket.on('end', () => {
      half.ended = true
      tell({ kind: 'ended', connection, direction })
    })
    // 'close' follows and says the rest.
    socket.on('error', () => undefined)
    socket.on('close', hadError => {
      half.gone = true
      const isOver = !hadError && half.ended && socket.writableFinished
      if (!isOver && !this.#broken) {
        this.#broken = true
        tell({ kind: 'broken', connection, direction })
      }
      this.#forgetWhenGone()
    })
  }

  perform(command: LinkCommand): void {
    switch (command.kind) {
      case 'connect':
        return this.#connect()
      case 'pause-source':
        this.#halves.get(sourceOf[command.direction])?.socket.pause()
        return
      case 'resume-source':
        this.#halves.get(sourceOf[command.direction])?.socket.resume()
        return
      case 'deliver':
        return this.#deliver(command.direction, command.bytes)
      case 'end':
        this.#halves.get(destinationOf[command.direction])?.socket.end()
        return
      case 'reset':
        this.#broken = true
        this.#halves.get(destinationOf[command.direction])?.socket.resetAndDestroy()
        // A target that was never reached has no socket to close.
        this.#forgetWhenGone()
    }
  }

  /** Resets both sides at once, whatever is under way. */
  reset(): void {
    this.#broken = true
    for (const { socket } of this.#halves.values()) socket.resetAndDestroy()
  }

  #connect(): void {
    if (this.#halves.has('target') || this.#broken) return
    const target = this.#parts.connect()
    target.once('connect', () => this.#parts.tell({ kind: 'connected', connection: this.#connection }))
    this.attach('target', target)
  }

  #deliver(direction: Direction, bytes: number): void {
    const from = this.#halves.get(sourceOf[direction])
    const to = this.#halves.get(destinationOf[direction])?.socket
    if (from === undefined || to === undefined) return
    const taken = () => this.#parts.tell({ kind: 'taken', connection: this.#connection, direction, bytes })
    const content = takeBytes(from.chunks, bytes)
    if (to.destroyed || to.writableEnded) return
    to.write(content, error => {
      if (error === null || error === undefined) taken()
    })
  }

  #forgetWhenGone(): void {
    const halves = [...this.#halves.values()]
    if (halves.every(half => half.gone)) this.#parts.forget()
  }
}

/** Takes the first `bytes` bytes out of `chunks`, copying only what comes from several. */
function takeBytes(chunks: Buffer[], bytes: number): Buffer {
  const taken: Buffer[] = []
  let missing = bytes
  while (missing > 0) {
    const first = chunks.shift()
    if (first === undefined) throw new Error(`the model delivers ${missing} bytes that were never offered`)
    if (first.length > missing) chunks.unshift(first.subarray(missing))
    taken.push(first.subarray(0, missing))
    missing -= Math.min(missing, first.length)
  }
  const [only] = taken
  return taken.length === 1 && only !== undefined ? only : Buffer.concat(taken)
}
