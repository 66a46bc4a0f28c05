// One answer on its way to near: parts put into its lane of the link, each with the rank of its kind.
// Knows: the HTTP/2 stream, the order of parts, which are more urgent. Does not know: what else is on the link.
import { constants, type ServerHttp2Stream } from 'node:http2'
import { Fault } from '../shared/fault.ts'
import { type Priority } from '../shared/http/priority.ts'
import { type Lane, openLane } from '../shared/link/lanes.ts'
import { type AnswerState, advance } from '../shared/link/order.ts'
import { type Part, encodePart } from '../shared/link/parts.ts'
import { ANSWER_TYPE } from '../shared/link/protocol.ts'
import { SPECULATION_RANK, VERDICT_RANK, rankOf } from '../shared/link/schedule.ts'
import { systemClock } from './clock.ts'

export class AnswerStream {
  readonly #stream: ServerHttp2Stream
  readonly #lane: Lane
  readonly #priority: Priority
  #state: AnswerState = 'start'
  #sentBytes = 0

  constructor(stream: ServerHttp2Stream, priority: Priority) {
    this.#stream = stream
    this.#priority = priority
    // The head of the stream goes out with the first bytes, in one packet.
    this.#lane = openLane(stream, systemClock, () => this.#respond())
  }

  /** Bytes of parts put in so far. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** How many bytes go out at once. */
  get pieceBytes(): number {
    return this.#lane.pieceBytes
  }

  /** Sends parts together, so that small ones share a packet, and waits until the lane takes more. Raises CLIENT_GONE. */
  async send(...parts: readonly Part[]): Promise<void> {
    const { urgency, incremental } = this.#priority
    const loads = parts.map(part => {
      const rank = isVerdict(part) ? VERDICT_RANK : rankOf(urgency)
      return { bytes: this.#encode(part), rank, incremental }
    })
    await this.#lane.put(loads, this.ended).catch(raiseGone)
  }

  /**
   * Sends parts of a speculation, when there is nothing else to do, and waits until they have left for the link. False
   * when `signal` took them back before. Raises CLIENT_GONE.
   */
  async speculate(parts: readonly Part[], signal: AbortSignal): Promise<boolean> {
    const before = this.#state
    const bytes = Buffer.concat(parts.map(part => this.#encode(part)))
    const load = { bytes, rank: SPECULATION_RANK, incremental: true }
    const isSent = await this.#lane.deliver(load, signal).catch(raiseGone)
    if (isSent) return true
    this.#state = before
    this.#sentBytes -= bytes.length
    return false
  }

  /** Says what failed, as the last part; resets the stream when even that cannot be said. */
  async fail(fault: Fault): Promise<void> {
    if (this.ended || this.#stream.destroyed) return
    try {
      await this.send({ kind: 'failure', code: fault.code, message: fault.message })
    } catch {
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    }
  }

  #encode(part: Part): Uint8Array {
    this.#state = advance(this.#state, part.kind)
    const bytes = encodePart(part)
    this.#sentBytes += bytes.length
    return bytes
  }

  #respond(): void {
    // Its date would be 23 bytes in every second; the origin's is in the head.
    this.#stream.respond({ ':status': 200, 'content-type': ANSWER_TYPE }, { sendDate: false } as object)
  }
}

/** What near waits for before it can do anything: small, and never behind contents. */
function isVerdict({ kind }: Part): boolean {
  return kind !== 'base-bytes' && kind !== 'delta-bytes' && kind !== 'whole-bytes' && kind !== 'check' && kind !== 'end'
}

function raiseGone(cause: unknown): never {
  throw gone(cause)
}

function gone(cause?: unknown): Fault {
  return new Fault('CLIENT_GONE', 'Near closed the stream of this answer.', { cause })
}
