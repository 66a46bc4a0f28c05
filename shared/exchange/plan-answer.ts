// Far's decisions on one ask: first, what to do while the origin has not answered; then, what to make of its answer.
// Knows: versions, thresholds, facts of the link and the origin. Does not know: streams, formats of deltas.
import type { Thresholds } from '../config/options.ts'
import type { RequestFacts } from '../http/caching.ts'
import type { Ask } from '../link/ask.ts'
import { type Version, shorten } from '../version.ts'
import { type Rescue, planReuse } from './plan-reuse.ts'
import {
  planSpeculation,
  type SpeculationChance,
  type SpeculationFacts,
  type SpeculationPlan,
  weighSpeculation,
} from './plan-speculation.ts'

export type AnswerPlan =
  /** Far's cache answers; the origin is not asked before. With `revalidate` it is asked behind the answer. */
  | { readonly kind: 'held'; readonly version: Version; readonly how: 'fresh' | 'stale' | 'revalidate' }
  /** The client wants what is held, and nothing is. */
  | { readonly kind: 'refuse' }
  /** Ask the origin, with the validators of `validate` if there is one, and meanwhile speculate or wait. */
  | {
      readonly kind: 'fetch'
      readonly validate: Version | undefined
      /** When `validate` answers although the origin did not confirm it. */
      readonly rescue: Rescue
      readonly speculation: SpeculationPlan
      /** What the plan of the speculation was made from; for near, when it wants to know. */
      readonly chance: SpeculationChance
    }

export interface AnswerFacts {
  readonly request: RequestFacts
  readonly ask: Ask
  /** What far holds of this URL in the scopes of this near, newest first. */
  readonly held: readonly Version[]
  /** Versions of other URLs that far could send where it holds none of this one. */
  readonly siblings: readonly Version[]
  /** The version of this URL that both hold. */
  readonly common: Version | undefined
  /** All that both hold of what near named: `common`, or siblings. */
  readonly commons: readonly Version[]
  /** How long the origin took the last times, in milliseconds, and how large deltas were as a part of the whole. */
  readonly waitsMs: readonly number[]
  readonly deltaShares: readonly number[]
}

/** What far does at once. `now` in milliseconds since the epoch. */
export function planAnswer(facts: AnswerFacts, thresholds: Thresholds, now: number): AnswerPlan {
  const { request, held } = facts
  const reuse = planReuse(request, held, now)
  // A near that holds it already has shown it: what it asks for is the origin's word.
  const isShown = reuse.kind === 'answer' && reuse.how === 'revalidate' && reuse.version.digest === facts.common?.digest
  if (reuse.kind === 'answer' && !isShown) return { kind: 'held', version: reuse.version, how: reuse.how }
  if (reuse.kind === 'refuse') return { kind: 'refuse' }
  const { selected, rescue } = reuse.kind === 'ask' ? reuse : { selected: reuse.version, rescue: 'none' as const }
  const best = selected ?? held[0]
  const speculation: SpeculationFacts = {
    wish: facts.ask.speculation,
    readsDeltas: facts.ask.formats.length > 0,
    // A sibling is worth sending only to a near that has none itself.
    candidate: best ?? (facts.commons.length > 0 ? undefined : facts.siblings[0]),
    common: facts.common !== undefined,
    isSibling: best === undefined,
    waitsMs: facts.waitsMs,
    deltaShares: facts.deltaShares,
    link: facts.ask.link,
  }
  const [plan, chance] = [planSpeculation(speculation, thresholds), weighSpeculation(speculation)]
  return { kind: 'fetch', validate: selected, rescue, speculation: plan, chance }
}

export type WholeReason =
  | 'pass' // not a plain GET, or a content that must not be touched
  | 'status'
  | 'no-formats' // near reads no deltas
  | 'media-type' // a delta of compressed content does not pay
  | 'large'
  | 'no-base'
  | 'small'
  | 'no-gain' // the delta was made and is not smaller enough

export type VerdictPlan =
  /** The content is this version, which near holds or is being sent. */
  | { readonly kind: 'confirm'; readonly version: Version }
  /** Worth a delta, from the first `baseLength` bytes of `base`. */
  | { readonly kind: 'delta'; readonly base: Version; readonly baseLength: number }
  | { readonly kind: 'whole'; readonly why: WholeReason }

export interface VerdictFacts {
  readonly status: number
  readonly readsDeltas: boolean
  /** Whether the content is text or the like, without a coding that could not be undone. */
  readonly compressible: boolean
  /** Length of the new content, where the origin tells it. */
  readonly contentLength: number | undefined
  /** The version of this URL that both hold. */
  readonly common: Version | undefined
  /** The version of another URL that both hold and that resembles the content. */
  readonly sibling: Version | undefined
  /** What was sent of a speculation: the version and how many bytes of it near can have. */
  readonly sent: { readonly version: Version; readonly length: number } | undefined
  /** The version that the content is known to be: confirmed by a 304, or compared. */
  readonly same: Version | undefined
}

/** What far makes of the origin's answer. */
export function planVerdict(facts: VerdictFacts, thresholds: Thresholds): VerdictPlan {
  const { common, sibling, sent, same } = facts
  const confirmable = [common, sibling, sent?.version]
  if (same && confirmable.some(version => version?.digest === same.digest)) return { kind: 'confirm', version: same }
  if (facts.status !== 200) return { kind: 'whole', why: 'status' }
  if (!facts.readsDeltas) return { kind: 'whole', why: 'no-formats' }
  if (!facts.compressible) return { kind: 'whole', why: 'media-type' }
  if (facts.contentLength !== undefined && facts.contentLength > thresholds.maxBaseBytes) {
    return { kind: 'whole', why: 'large' }
  }
  const whole = (version: Version | undefined) => version && { version, length: version.content.length }
  const bases = [whole(common), sent, whole(sibling)].filter(base => base !== undefined)
  if (bases.length === 0) return { kind: 'whole', why: 'no-base' }
  // Nothing is no base, also where the threshold is 0: of a speculation near may have been told no more than its name.
  const base = bases.find(({ length }) => length >= Math.max(1, thresholds.minBaseBytes))
  return base ? { kind: 'delta', base: base.version, baseLength: base.length } : { kind: 'whole', why: 'small' }
}

/**
 * The versions that near named and far holds too, in near's order: those of this URL first, else siblings. `held`: what far
 * holds of this URL; of a content that several URLs have, that is the one that is meant.
 */
export function findCommons(
  ask: Ask,
  held: readonly Version[],
  find: (shortDigest: string) => Version | undefined,
): Version[] {
  return ask.bases
    .map(({ digest }) => held.find(version => shorten(version.digest) === digest) ?? find(digest))
    .filter(version => version !== undefined)
}

/** The fields of `version` when near has exactly the same ones, so that they can be a head's dictionary. */
export function hasSameFields(ask: Ask, version: Version, fieldsId: string): boolean {
  return ask.bases.some(named => named.digest === shorten(version.digest) && named.fieldsId === fieldsId)
}
