// What a response to HEAD says of a version that is held: that it is current, or that it is not any more (RFC 9111
// §4.3.5).
// Knows: validators, lengths. Does not know: stores.
import type { RequestFacts } from '../http/caching.ts'
import { hasSameValidators } from '../http/conditional.ts'
import { hasDirective } from '../http/directives.ts'
import { lengthOf, valueOf } from '../http/fields.ts'
import type { ResponseFacts } from '../http/lifetime.ts'
import type { Version } from '../version.ts'

/** `update`: the response's fields are the version's now. `invalidate`: the origin has another content. */
export type HeadPlan = 'update' | 'invalidate' | 'leave'

/** What `response` to `request` says of `version`; to other methods than HEAD, nothing. */
export function planHead(request: RequestFacts, response: ResponseFacts, version: Version): HeadPlan {
  const { fields } = response
  const isAboutIt = version.status === 200 && version.freshness.selects(request)
  const mayBeKept = !hasDirective(request.fields, 'no-store') && !hasDirective(fields, 'no-store')
  if (request.method !== 'HEAD' || response.status !== 200 || !isAboutIt || !mayBeKept) return 'leave'
  // Of a coded content the length is another one than that of the version, which lost its coding.
  const length = valueOf(fields, 'content-encoding') === undefined ? lengthOf(fields) : undefined
  const isSameLength = length === undefined || length === version.content.length
  return isSameLength && hasSameValidators(fields, version.fields) ? 'update' : 'invalidate'
}
