// Whether one of the versions that are held answers a request, at near and at far alike (RFC 9111 §4).
// Knows: freshness, variants. Does not know: deltas, streams; who is asked when none answers.
import type { Fault } from '../fault.ts'
import type { RequestFacts } from '../http/caching.ts'
import { hasDirective } from '../http/directives.ts'
import type { CacheKind } from '../http/lifetime.ts'
import type { Version } from '../version.ts'

export type ReusePlan =
  /** `version` answers; with `revalidate` the origin is asked behind it. */
  | { readonly kind: 'answer'; readonly version: Version; readonly how: HeldHow }
  /** Somebody has to be asked; `selected` is what the answer may confirm. */
  | { readonly kind: 'ask'; readonly selected: Version | undefined; readonly rescue: Rescue }
  /** The client wants what is held or nothing (`only-if-cached`, §5.2.1.7). */
  | { readonly kind: 'refuse' }

/** Why a version answers: it is fresh, is wanted although it is stale, or is shown while the origin is asked. */
export type HeldHow = 'fresh' | 'stale' | 'revalidate'

/** When the selected version answers after all: never, when nobody can be asked, or also instead of a server's error. */
export type Rescue = 'none' | 'unreachable' | 'error'

/**
 * `held`: the versions of this URL, newest first. Of those that the request selects only the newest answers: an older
 * one may be fresh by its own fields, but the origin has said something else since (§4, the most recent response).
 */
export function planReuse(request: RequestFacts, held: readonly Version[], now: number): ReusePlan {
  const selected = held.find(version => version.freshness.selects(request))
  const reuse = selected?.freshness.reuse(request, now)
  if (selected && reuse && reuse.kind !== 'validate') return { kind: 'answer', version: selected, how: reuse.kind }
  if (hasDirective(request.fields, 'only-if-cached')) return { kind: 'refuse' }
  if (reuse?.kind !== 'validate' || !reuse.ifUnreachable) return { kind: 'ask', selected, rescue: 'none' }
  return { kind: 'ask', selected, rescue: reuse.ifError ? 'error' : 'unreachable' }
}

/**
 * Whether a failure is one for which a stale version may stand in (RFC 9111 §4.2.4): nobody could be asked. Not what
 * stays as it is until somebody mends it, such as an origin that is not the right one: that must be seen.
 */
export function isUnreachable(fault: Fault): boolean {
  return fault.retry !== 'never' && (fault.side === 'link' || fault.side === 'far' || fault.side === 'origin')
}

/** RFC 5861 §4: the statuses that `stale-if-error` is about. */
export function isServerError(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504
}

/**
 * Whether a request may share the response to another of the same URL that is under way: only one that a stored
 * response could answer, whose condition or range nobody else's response could meet, and only where what is held does
 * not show that responses of this URL are never fresh. In a shared cache requests with a cookie or credentials never
 * wait for each other: by the wait one user would learn what another asks for.
 */
export function mayShare({ method, fields }: RequestFacts, held: readonly Version[], cache: CacheKind): boolean {
  const names = fields.map(([name]) => name.toLowerCase())
  if (method !== 'GET' || names.some(name => conditions.has(name))) return false
  if (cache === 'shared' && names.some(name => name === 'authorization' || name === 'cookie')) return false
  const [newest] = held
  return (newest === undefined || newest.freshness.isForAWhile) && !insisting.some(name => hasDirective(fields, name))
}

const conditions: ReadonlySet<string> = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
])
const insisting = ['no-cache', 'no-store', 'max-age', 'min-fresh', 'only-if-cached']
