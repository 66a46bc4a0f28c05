// Near's decision on one request: answer it from what is held, ask far with bases, or pass it on as it is.
// Knows: methods, fields, freshness. Does not know: the link, streams.
import { becomesNotModified } from '../http/conditional.ts'
import { hasDirective, type RequestFacts } from '../http/caching.ts'
import { valueOf } from '../http/fields.ts'
import { MAX_BASES } from '../link/ask.ts'
import type { Version } from '../version.ts'

export type Mode = 'optimistic' | 'simple' | 'plain' | 'direct'

export type PassReason = 'method' | 'range' | 'mode'

export type RequestPlan =
  /** Answer from `held`; `notModified` when the client holds it itself. */
  | { readonly kind: 'serve'; readonly held: Version; readonly notModified: boolean }
  | { readonly kind: 'ask'; readonly bases: readonly Version[] }
  | { readonly kind: 'pass'; readonly why: PassReason }

/**
 * `held`: the versions of this URL, newest first. Only the newest answers: an older one may be fresh by its own fields,
 * but the origin has said something else since (RFC 9111 §4, the most recent response).
 */
export function planRequest(
  request: RequestFacts,
  held: readonly Version[],
  mode: Mode,
  now: number,
  siblings: readonly Version[] = [],
): RequestPlan {
  if (request.method !== 'GET') return { kind: 'pass', why: 'method' }
  if (valueOf(request.fields, 'range') !== undefined) return { kind: 'pass', why: 'range' }
  const newest = held[0]
  if (newest && !wantsOrigin(request) && newest.freshness.answers(request, now)) {
    return { kind: 'serve', held: newest, notModified: becomesNotModified(request.fields, newest.fields) }
  }
  if (mode === 'plain' || mode === 'direct') return { kind: 'pass', why: 'mode' }
  return { kind: 'ask', bases: held.length > 0 ? held.slice(0, MAX_BASES) : siblings }
}

/** A reload asks for the origin's word (RFC 9111 §5.2.1.4); the held version is still a base. */
function wantsOrigin(request: RequestFacts): boolean {
  return hasDirective(request.fields, 'no-cache')
}
