// Far's decision on a request for less than a content: its head (HEAD), or a range of it; of what it holds, or from the
// origin.
// Knows: what is held, ranges, conditions. Does not know: streams, the link.
import type { RequestFacts } from '../http/caching.ts'
import { hasCondition } from '../http/conditional.ts'
import { valueOf } from '../http/fields.ts'
import { planRange, type ServedRange } from '../http/range.ts'
import type { Version } from '../version.ts'
import { type HeldHow, planReuse } from './plan-reuse.ts'

export type PartPlan =
  /** `version` answers: its head to HEAD; to a range that range, or all of it where there is none (If-Range). */
  | { readonly kind: 'held'; readonly version: Version; readonly how: HeldHow; readonly range?: ServedRange }
  /** The client wants what is held or nothing, and nothing answers (RFC 9111 §5.2.1.7). */
  | { readonly kind: 'refuse' }
  /** The origin answers. */
  | { readonly kind: 'pass' }

const PASS: PartPlan = { kind: 'pass' }

/** `held`: the versions of this URL, newest first. Other methods than GET and HEAD pass. */
export function planPart(request: RequestFacts, held: readonly Version[], now: number): PartPlan {
  const { method, fields } = request
  if (method !== 'GET' && method !== 'HEAD') return PASS
  const asksForRange = valueOf(fields, 'range') !== undefined
  const reuse = planReuse(request, held, now)
  if (reuse.kind === 'refuse') return reuse
  // RFC 9110 §14.2: to HEAD a range means nothing.
  if (reuse.kind === 'ask') return PASS
  const { version, how } = reuse
  if (!asksForRange || method === 'HEAD') return { kind: 'held', version, how }
  // A condition comes before a range (§13.2.2), and its 304 is not far's to make; nor are several ranges at once.
  const range = planRange(fields, version.fields, version.content.length)
  if (version.status !== 200 || hasCondition(fields) || range.kind === 'several') return PASS
  return range.kind === 'whole' ? { kind: 'held', version, how } : { kind: 'held', version, how, range }
}
