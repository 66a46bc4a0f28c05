// The request by which a proxy asks behind an answer whether that was current (RFC 5861 §3): the client's without what
// only its own answer is for.
// Knows: request fields. Does not know: who is asked, what is held.
import type { RequestFacts } from '../http/caching.ts'
import { hasDirective } from '../http/directives.ts'
import { without } from '../http/fields.ts'

/** A GET for the whole content, with every field that may select it, and no condition or range of the client's. */
export function planRevalidation({ url, fields }: RequestFacts): RequestFacts {
  const plain = without(fields, ...forOneAnswer)
  // A client that wants no network has its answer; the cache is free to use it (RFC 9111 §5.2.1.7).
  const isForbidding = hasDirective(plain, 'only-if-cached')
  return { method: 'GET', url, fields: isForbidding ? without(plain, 'cache-control') : plain }
}

// RFC 9110 §13.1, §14.2.
const forOneAnswer = ['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'range']
