// Finds, among versions of other URLs, the one that resembles a target most: a sibling to use as its base.
// Knows: content by a sketch of its shingles, URLs by the shape of their paths. Does not know: versions, scopes, storage:
// the caller offers only candidates that this user may be sent.
// Before the target is known, shape alone decides; with its first bytes, content does.
import { LRUCache } from 'lru-cache'

/** A sketch has this many numbers: the standard error of an estimated resemblance r is √(r (1 − r) / 64), at most 0.06. */
export const SKETCH_NUMBERS = 64

// A shingle is long enough to be rare in markup, short enough to survive an edit nearby.
const SHINGLE_BYTES = 16

// Pages are sketched from their first this many bytes: about a millisecond.
const SKETCHED_BYTES = 256 * 1024

const UNSET = 0xffffffff

/** One-permutation min-hash: the least hash of all shingles that fall into each of 64 bins. */
export type Sketch = Uint32Array

/** The sketch of a content. Two contents with the same shingles have the same sketch. */
export function makeSketch(content: Uint8Array): Sketch {
  const sketch = new Uint32Array(SKETCH_NUMBERS).fill(UNSET)
  const last = Math.min(content.length, SKETCHED_BYTES) - SHINGLE_BYTES
  // A polynomial rolling hash; the multiplier's power removes the byte that leaves.
  let hash = 0
  for (let at = 0; at < Math.min(content.length, SHINGLE_BYTES); at++)
    hash = (Math.imul(hash, MULTIPLIER) + content[at]!) | 0
  for (let at = 0; at <= last; at++) {
    const mixed = mix(hash)
    const bin = mixed & (SKETCH_NUMBERS - 1)
    if (mixed < sketch[bin]!) sketch[bin] = mixed
    hash = (Math.imul(hash, MULTIPLIER) + content[at + SHINGLE_BYTES]! - Math.imul(content[at]!, LEAVING)) | 0
  }
  return sketch
}

/** The estimated share of shingles that two contents have in common (Jaccard), 0 to 1. */
export function compareSketches(one: Sketch, other: Sketch): number {
  let same = 0
  let used = 0
  for (let bin = 0; bin < SKETCH_NUMBERS; bin++) {
    if (one[bin] === UNSET && other[bin] === UNSET) continue
    used++
    if (one[bin] === other[bin]) same++
  }
  return used === 0 ? 0 : same / used
}

/** How alike two URLs of one origin are by their paths, 0 to 1: same segments, same kinds of segments, same query names. */
export function compareUrls(one: string, other: string): number {
  const [a, b] = [shapeOf(one), shapeOf(other)]
  if (a.extension !== b.extension) return 0
  const length = Math.max(a.segments.length, b.segments.length)
  let score = 0
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.segments[i], b.segments[i]]
    if (x === undefined || y === undefined) continue
    if (x === y) score += 1
    // `/news/4711` and `/news/4712`: another number in the same place is most often the same template.
    else if (kindOf(x) === kindOf(y)) score += kindOf(x) === 'word' ? 0.5 : 0.9
  }
  const paths = length === 0 ? 1 : score / length
  const names = new Set([...a.query, ...b.query])
  const shared = [...names].filter(name => a.query.has(name) && b.query.has(name)).length
  const queries = names.size === 0 ? 1 : shared / names.size
  return paths * (0.75 + 0.25 * queries)
}

export interface SiblingCandidate<Key> {
  readonly key: Key
  readonly url: string
  readonly sketch: Sketch
  readonly sizeBytes: number
}

export interface SiblingWish {
  readonly url: string
  /** The sketch of the target, or of its first bytes, when they are known. */
  readonly sketch?: Sketch
}

export type SiblingChoice<Key> =
  | { readonly kind: 'sibling'; readonly key: Key; readonly resemblance: number }
  | { readonly kind: 'none'; readonly why: 'no-candidate' | 'too-different' }

/** A sibling must share this much: below, the whole content under Brotli is about as small. */
export const MIN_RESEMBLANCE = 0.1
/** By shape alone, only the same template will do: `/a/1` for `/a/2`, not for `/b/2`. */
export const MIN_SHAPE = 0.6

/** Picks the candidate that resembles the wish most. Ties go to the candidate that is named first. */
export function chooseSibling<Key>(wish: SiblingWish, candidates: Iterable<SiblingCandidate<Key>>): SiblingChoice<Key> {
  let best: SiblingChoice<Key> = { kind: 'none', why: 'no-candidate' }
  let bestScore = -1
  for (const { key, url, sketch } of candidates) {
    const shape = compareUrls(wish.url, url)
    const content = wish.sketch === undefined ? undefined : compareSketches(wish.sketch, sketch)
    const isEnough = content === undefined ? shape >= MIN_SHAPE : content >= MIN_RESEMBLANCE
    if (best.kind === 'none') best = { kind: 'none', why: 'too-different' }
    // Content is what counts; shape decides between equals.
    const score = content === undefined ? shape : content + shape / 100
    if (!isEnough || score <= bestScore) continue
    bestScore = score
    best = { kind: 'sibling', key, resemblance: content ?? shape }
  }
  return best
}

interface UrlShape {
  readonly segments: readonly string[]
  readonly query: ReadonlySet<string>
  readonly extension: string
}

// Each ask for a new URL compares it with some dozens of its origin, and so does the next one; half a kilobyte each.
const shapes = new LRUCache<string, UrlShape>({ max: 4000 })

function shapeOf(url: string): UrlShape {
  const known = shapes.get(url)
  if (known) return known
  const { pathname, searchParams } = new URL(url)
  const segments = pathname.split('/').slice(1)
  const extension = /\.(\w{1,8})$/.exec(pathname)?.[1] ?? ''
  const shape = { segments, query: new Set(searchParams.keys()), extension }
  shapes.set(url, shape)
  return shape
}

function kindOf(segment: string): 'number' | 'slug' | 'word' {
  if (/\d/.test(segment) && /^[\d.,_-]+(\.\w+)?$/.test(segment)) return 'number'
  // A title or an identifier: long, or with digits or dashes in it.
  if (segment.length > 20 || /[\d-]/.test(segment)) return 'slug'
  return 'word'
}

const MULTIPLIER = 0x2c1b3c6d
const LEAVING = power(MULTIPLIER, SHINGLE_BYTES)

function power(factor: number, exponent: number): number {
  let product = 1
  for (let i = 0; i < exponent; i++) product = Math.imul(product, factor)
  return product
}

function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
