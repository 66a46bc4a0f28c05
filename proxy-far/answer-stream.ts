// One answer on its way to near: parts written to an HTTP/2 stream, with back-pressure, in few packets.
// Knows: the HTTP/2 stream, the order of parts. Does not know: what the parts are for.
import { constants, type ServerHttp2Stream } from 'node:http2'
import { Fault } from '../shared/fault.ts'
import { type AnswerState, advance } from '../shared/link/order.ts'
import { type Part, encodePart } from '../shared/link/parts.ts'
import { ANSWER_TYPE } from '../shared/link/protocol.ts'

export class AnswerStream {
  readonly #stream: ServerHttp2Stream
  #state: AnswerState = 'start'
  #sentBytes = 0

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream
  }

  /** Bytes of parts written so far. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  get ended(): boolean {
    return this.#state === 'ended'
  }

  /**
   * Writes parts together, so that small ones share a packet, and waits until the stream takes more. Raises
   * CLIENT_GONE when near has closed the stream.
   */
  async send(...parts: readonly Part[]): Promise<void> {
    await this.#write(parts, false)
  }

  /** Writes parts and waits until they have left for the link: flow control has let them pass. */
  async deliver(...parts: readonly Part[]): Promise<void> {
    await this.#write(parts, true)
  }

  /** Says what failed, as the last part; resets the stream when even that cannot be said. */
  async fail(fault: Fault): Promise<void> {
    if (this.ended || this.#stream.destroyed) return
    try {
      await this.send({ kind: 'failure', code: fault.code, message: fault.message })
      this.finish()
    } catch {
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    }
  }

  /** Ends the stream after its last part. */
  finish(): void {
    if (!this.#stream.destroyed) this.#stream.end()
  }

  async #write(parts: readonly Part[], untilGone: boolean): Promise<void> {
    if (this.#stream.destroyed || this.#stream.closed) throw gone()
    for (const part of parts) this.#state = advance(this.#state, part.kind)
    if (!this.#stream.headersSent) this.#stream.respond({ ':status': 200, 'content-type': ANSWER_TYPE })
    const bytes = Buffer.concat(parts.map(encodePart))
    this.#sentBytes += bytes.length
    if (bytes.length === 0) return
    await new Promise<void>((resolve, reject) => {
      const onClose = () => reject(gone())
      const settle = (error?: Error | null) => {
        this.#stream.off('close', onClose)
        if (error) reject(gone(error))
        else resolve()
      }
      this.#stream.once('close', onClose)
      if (untilGone) {
        this.#stream.write(bytes, settle)
        return
      }
      if (this.#stream.write(bytes)) settle()
      else this.#stream.once('drain', settle)
    })
  }
}

function gone(cause?: unknown): Fault {
  return new Fault('CLIENT_GONE', 'Near closed the stream of this answer.', { cause })
}
