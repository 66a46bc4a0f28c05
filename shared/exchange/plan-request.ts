// Near's decision on one request: answer it from what is held, ask far with bases, or pass it on as it is.
// Knows: methods, fields, what may be reused. Does not know: the link, streams.
import type { RequestFacts } from '../http/caching.ts'
import { becomesNotModified } from '../http/conditional.ts'
import { valueOf } from '../http/fields.ts'
import { planRange, type ServedRange } from '../http/range.ts'
import { MAX_BASES } from '../link/ask.ts'
import type { Version } from '../version.ts'
import { planReuse } from './plan-reuse.ts'

export type Mode = 'optimistic' | 'simple' | 'plain' | 'direct'

export type PassReason = 'method' | 'range' | 'mode' | 'steered'

export type RequestPlan =
  /** Answer from `held`; `notModified` when the client holds it itself. With `revalidate` far is asked behind it. */
  | {
      readonly kind: 'serve'
      readonly held: Version
      readonly how: 'fresh' | 'stale' | 'revalidate'
      readonly notModified: boolean
      /** What of it the client asks for, where that is not all. */
      readonly range?: ServedRange
    }
  | { readonly kind: 'ask'; readonly bases: readonly Version[]; readonly rescue: Rescuer | undefined }
  | { readonly kind: 'pass'; readonly why: PassReason; readonly rescue: Rescuer | undefined }

/** A version that answers, stale as it is, when nobody can be asked; with `ifError` also instead of a server's error. */
export interface Rescuer {
  readonly version: Version
  readonly ifError: boolean
}

/** `held`: the versions of this URL, newest first. */
export function planRequest(
  request: RequestFacts,
  held: readonly Version[],
  mode: Mode,
  now: number,
  siblings: readonly Version[] = [],
): RequestPlan {
  const isGet = request.method === 'GET'
  if (!isGet && request.method !== 'HEAD') return { kind: 'pass', why: 'method', rescue: undefined }
  const asksForRange = valueOf(request.fields, 'range') !== undefined
  const passRange = { kind: 'pass', why: 'range', rescue: undefined } as const
  if (asksForRange && !isGet) return passRange
  const reuse = planReuse(request, held, now)
  if (reuse.kind === 'answer') {
    const { version, how } = reuse
    const notModified = version.status === 200 && becomesNotModified(request.fields, version.fields)
    if (!asksForRange) return { kind: 'serve', held: version, how, notModified }
    // RFC 9110 §14.2: of a response that is not 200 there are no ranges; several at once are the origin's to join.
    const range = planRange(request.fields, version.fields, version.content.length)
    if (version.status !== 200 || range.kind === 'several') return passRange
    const isWhole = notModified || range.kind === 'whole'
    return { kind: 'serve', held: version, how, notModified, ...(isWhole ? {} : { range }) }
  }
  if (asksForRange) return passRange
  // What `only-if-cached` may be answered with lies at far, too: the two are one cache to the client (§5.2.1.7).
  const selected = reuse.kind === 'ask' ? reuse.selected : undefined
  const canRescue = reuse.kind === 'ask' && reuse.rescue !== 'none'
  const rescue = canRescue && selected ? { version: selected, ifError: reuse.rescue === 'error' } : undefined
  if (!isGet) return { kind: 'pass', why: 'method', rescue }
  if (mode === 'plain' || mode === 'direct') return { kind: 'pass', why: 'mode', rescue }
  if (isSteered(request)) return { kind: 'pass', why: 'steered', rescue }
  return { kind: 'ask', bases: held.length > 0 ? nameBases(selected, held) : siblings, rescue }
}

/**
 * Whether another site may have chosen what is asked, with the user's secrets beside it, and as often as it likes. The size
 * of a delta tells whoever watches the link how much of the new content is in the old one: with text of the other site in
 * the one and a secret in both, it could be guessed piece by piece (docs/security.md). What the user clicked on is not so
 * (`Sec-Fetch-User`, Fetch Metadata); nor is what carries no cookie.
 */
function isSteered({ fields }: RequestFacts): boolean {
  const isForeign = valueOf(fields, 'sec-fetch-site') === 'cross-site' && valueOf(fields, 'sec-fetch-user') !== '?1'
  return isForeign && ['cookie', 'authorization'].some(name => valueOf(fields, name) !== undefined)
}

/** What the request selects first, then the newest; each content once. */
function nameBases(selected: Version | undefined, held: readonly Version[]): Version[] {
  const byDigest = new Map<string, Version>()
  for (const version of selected ? [selected, ...held] : held) {
    if (!byDigest.has(version.digest)) byDigest.set(version.digest, version)
  }
  return [...byDigest.values()].slice(0, MAX_BASES)
}
