// What a link may do to one answer beside carrying it: damage, drop, double or swap its parts, or stop somewhere.
// Knows: the framing of parts (docs/link.md §4). Does not know: what parts mean to near.
import { decodeVarint } from '../../shared/link/varint.ts'

export type Tampering =
  | { readonly kind: 'none' }
  /** The connection breaks when so many bytes of the answer have gone. */
  | { readonly kind: 'cut'; readonly at: number; readonly downMs: number }
  /** The stream is reset there. */
  | { readonly kind: 'reset'; readonly at: number }
  /** The stream ends there as if that were all. */
  | { readonly kind: 'truncate'; readonly at: number }
  /** Nothing more arrives for a while. */
  | { readonly kind: 'delay'; readonly at: number; readonly ms: number }
  /** One bit of one part is turned; `at` counts bytes of its payload. */
  | { readonly kind: 'corrupt'; readonly part: number; readonly at: number; readonly bit: number }
  | { readonly kind: 'drop' | 'duplicate' | 'swap'; readonly part: number }
  /** It and all behind it do not come, and the stream ends as if that were all. */
  | { readonly kind: 'drop-rest'; readonly part: number }

export interface RawPart {
  readonly type: number
  readonly header: Uint8Array
  payload: Uint8Array
}

export const HEAD_TYPE = 3
const INTERIM_TYPE = 12

/** Takes the bytes of one answer and gives those that arrive. */
export class Tamper {
  readonly #how: Tampering
  #buffer: Buffer = Buffer.alloc(0)
  #parts = 0
  #held: Uint8Array | undefined
  #isDone = false
  #isHeadTouched = false
  readonly seen: RawPart[] = []

  constructor(how: Tampering) {
    this.#how = how
  }

  /** Whether anything was changed. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Whether what no digest covers was changed: status, fields. */
  get isHeadTouched(): boolean {
    return this.#isHeadTouched
  }

  take(bytes: Uint8Array): Uint8Array {
    this.#buffer = this.#buffer.length > 0 ? Buffer.concat([this.#buffer, bytes]) : Buffer.from(bytes)
    const given: Uint8Array[] = []
    for (;;) {
      const type = decodeVarint(this.#buffer, 0)
      const length = type && decodeVarint(this.#buffer, type.end)
      if (!type || !length || this.#buffer.length < length.end + length.value) break
      const end = length.end + length.value
      const part = {
        type: type.value,
        header: this.#buffer.subarray(0, length.end),
        payload: Buffer.from(this.#buffer.subarray(length.end, end)),
      }
      this.seen.push(part)
      given.push(...this.#tamper(part))
      this.#buffer = this.#buffer.subarray(end)
    }
    // Undamaged, bytes go on in the pieces in which they come.
    return 'part' in this.#how ? Buffer.concat(given) : bytes
  }

  /** What is left when the answer ends. */
  end(): Uint8Array {
    if (!('part' in this.#how)) return new Uint8Array(0)
    return Buffer.concat([this.#buffer, this.#held ?? new Uint8Array(0)])
  }

  // oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
  #tamper(part: RawPart): Uint8Array[] {
    const index = this.#parts++
    const whole = () => Buffer.concat([part.header, part.payload])
    const held = this.#held
    if (held) {
      this.#held = undefined
      return [whole(), held]
    }
    const how = this.#how
    const isHit = 'part' in how && (how.kind === 'drop-rest' ? index >= how.part : index === how.part)
    if (!isHit) return [whole()]
    if (how.kind === 'corrupt' && part.payload.length === 0) return [whole()]
    this.#isDone = true
    switch (how.kind) {
      case 'corrupt': {
        const at = how.at % part.payload.length
        part.payload[at] = (part.payload[at] as number) ^ (1 << how.bit)
        this.#isHeadTouched ||= part.type === HEAD_TYPE || part.type === INTERIM_TYPE
        return [whole()]
      }
      case 'drop':
      case 'drop-rest':
        return []
      case 'duplicate':
        return [whole(), whole()]
      case 'swap':
        this.#held = whole()
        return []
    }
  }
}
