// What happens in one run of the simulation: requests, and what goes wrong meanwhile, drawn from a seed.
// Knows: the kinds of events and how often they come. Does not know: who carries them out (world.ts).
import { makeRandom } from '../../loadtest/delta/random.ts'
import { ModelOrigin, type OriginFate } from './model-origin.ts'
import type { Tampering } from './tamper.ts'

export type Event =
  | {
      readonly kind: 'request'
      readonly at: number
      readonly near: number
      /** Which of its users: two with a cookie, one without. */
      readonly user: number
      readonly page: number
      readonly method: 'GET' | 'HEAD' | 'POST'
      readonly wish: 'plain' | 'no-cache' | 'reload' | 'only-if-cached' | 'condition' | 'range'
      readonly language: number
      readonly fate: OriginFate
      readonly tampering: Tampering
      /** Whether asks after the first are tampered with, too. */
      readonly again: boolean
      /** The client leaves when it has had so many bytes; undefined: it stays. */
      readonly leavesAt: number | undefined
      readonly bodyBytes: number
    }
  | { readonly kind: 'cut'; readonly at: number; readonly near: number; readonly downMs: number }
  | { readonly kind: 'restart-near'; readonly at: number; readonly near: number; readonly store: 'empty' | 'old' }
  | { readonly kind: 'restart-far'; readonly at: number; readonly store: 'empty' | 'old' }
  | { readonly kind: 'evict'; readonly at: number; readonly near: number | 'far'; readonly share: number }
  | { readonly kind: 'flip'; readonly at: number; readonly near: number; readonly page: number; readonly bit: number }
  | { readonly kind: 'jump'; readonly at: number; readonly near: number | 'far'; readonly ms: number }

export interface Script {
  readonly seed: number
  readonly nears: number
  readonly paceMs: number
  readonly largeness: number
  readonly bytesPerMs: number
  readonly latencyMs: number
  /** Whether speculation is always worth it. */
  readonly eager: boolean
  /** Whether nothing goes wrong, so that every request must succeed. */
  readonly calm: boolean
  readonly events: readonly Event[]
}

export interface ScriptOptions {
  readonly exchanges: number
}

// The ways in which an answer can be damaged (tamper.ts).
const TAMPERINGS = 9

/** The script of a seed. */
export function writeScript(seed: number, { exchanges }: ScriptOptions): Script {
  const random = makeRandom(Math.imul(seed, 0x9e3779b1))
  const pick = (count: number) => Math.floor(random() * count)
  const chance = (share: number) => random() < share
  const calm = chance(0.1)
  const nears = 1 + pick(3)
  const pages = ModelOrigin.kinds * (1 + pick(2))
  const [firstPage, favourites] = [pick(pages), 2 + pick(pages)]
  // Some links fail in one way only, over and over; most of them are cut.
  const habit = chance(0.5) ? (chance(0.4) ? 0 : pick(TAMPERINGS)) : undefined
  const meanGapMs = [3, 40, 300, 3000][pick(4)] as number
  const trouble = calm ? 0 : ([0.02, 0.15, 0.5][pick(3)] as number)
  const events: Event[] = []
  let at = 0
  const anyPage = () => (chance(0.8) ? (firstPage + pick(favourites)) % pages : pick(pages))
  while (events.length < exchanges) {
    at += -Math.log(1 - random()) * meanGapMs
    const near = pick(nears)
    if (chance(trouble * 0.15)) {
      events.push(drawTrouble(at))
      continue
    }
    events.push({
      kind: 'request',
      at,
      near,
      user: chance(0.7) ? 0 : 1 + pick(2),
      page: anyPage(),
      method: chance(0.93) ? 'GET' : chance(0.5) ? 'HEAD' : 'POST',
      wish: drawWish(),
      language: pick(2),
      fate: drawFate(),
      tampering: chance(trouble) ? drawTampering() : { kind: 'none' },
      again: chance(0.2),
      leavesAt: chance(trouble * 0.1) ? pick(4000) : undefined,
      bodyBytes: pick(20_000),
    })
  }
  return {
    seed,
    nears,
    paceMs: [1500, 10_000, 120_000][pick(3)] as number,
    largeness: chance(0.2) ? 4 : 0.5,
    bytesPerMs: [3, 25, 1000][pick(3)] as number,
    latencyMs: [1, 30, 350][pick(3)] as number,
    eager: chance(0.7),
    calm,
    events,
  }

  function drawWish() {
    if (chance(0.7)) return 'plain'
    return (['no-cache', 'reload', 'only-if-cached', 'condition', 'range'] as const)[pick(5)] as 'plain'
  }

  function drawFate(): OriginFate {
    const kind = chance(trouble * 0.3) ? (['refuse', 'silence', 'break', 'error'] as const)[pick(4)] : undefined
    const waitMs = [0, 20, 300, 1500][pick(4)] as number
    const pieceMs = chance(0.2) ? ([5, 80][pick(2)] as number) : 0
    return { kind: kind ?? 'answer', waitMs, pieceBytes: [700, 5000, 100_000][pick(3)] as number, pieceMs }
  }

  function drawTampering(): Tampering {
    const offset = () => pick([60, 600, 1500, 4000][pick(4)] as number)
    const part = pick(6)
    switch (habit ?? pick(TAMPERINGS)) {
      case 0:
        return { kind: 'cut', at: offset(), downMs: [0, 200, 5000][pick(3)] as number }
      case 1:
        return { kind: 'reset', at: offset() }
      case 2:
        return { kind: 'truncate', at: offset() }
      case 3:
        return { kind: 'delay', at: offset(), ms: [50, 2000][pick(2)] as number }
      case 4:
        return { kind: 'drop', part }
      case 5:
        return { kind: 'duplicate', part }
      case 6:
        return { kind: 'swap', part }
      case 7:
        return { kind: 'drop-rest', part }
      default:
        return { kind: 'corrupt', part, at: offset(), bit: pick(8) }
    }
  }

  function drawTrouble(at: number): Event {
    const near = pick(nears)
    switch (pick(7)) {
      case 0:
        return { kind: 'cut', at, near, downMs: [0, 300, 8000][pick(3)] as number }
      case 1:
        return { kind: 'restart-near', at, near, store: chance(0.5) ? 'old' : 'empty' }
      case 2:
        return { kind: 'restart-far', at, store: chance(0.5) ? 'old' : 'empty' }
      case 3:
        return { kind: 'evict', at, near, share: random() }
      case 4:
        return { kind: 'evict', at, near: 'far', share: random() }
      case 5:
        return { kind: 'flip', at, near, page: anyPage(), bit: pick(1 << 20) }
      default:
        return { kind: 'jump', at, near: chance(0.5) ? near : 'far', ms: (random() - 0.5) * 20_000 }
    }
  }
}
