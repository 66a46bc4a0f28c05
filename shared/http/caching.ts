// What RFC 9111 says of a response when it comes: may it be kept, who may ever see it, what does a 304 change, what does
// it make stale.
// Knows: fields, directives. Does not know: stores, deltas, whether a stored response answers (freshness.ts).
import { directivesOf, hasDirective, readSeconds, splitList } from './directives.ts'
import { weaken } from './content.ts'
import { type FieldList, valueOf } from './fields.ts'
import { hasLifetime, type ResponseFacts } from './lifetime.ts'

export interface RequestFacts {
  readonly method: string
  readonly url: string
  readonly fields: FieldList
}

/**
 * Whether any cache may keep the response (§3): `no-store` on either side forbids it (§5.2.1.5, §5.2.2.5), unless the
 * origin wants a cache that knows the status to look at the rest (`must-understand`, §5.2.2.3). What is no 200 is kept
 * to answer again, so only when it is fresh for a while; as a base it would drive out a better one.
 */
export function mayKeep(request: RequestFacts, response: ResponseFacts): boolean {
  const { status } = response
  if (hasDirective(request.fields, 'no-store') || status < 200 || incomplete.has(status)) return false
  const directives = directivesOf(response.fields)
  const isForbidden = directives.has('must-understand') ? !understood.has(status) : directives.has('no-store')
  if (isForbidden) return false
  return status === 200 || hasLifetime(response)
}

// Parts of a content, and answers about one that somebody else holds.
const incomplete: ReadonlySet<number> = new Set([206, 304])
// RFC 9110 §15, without those that are never kept.
const understood: ReadonlySet<number> = new Set([
  200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409,
  410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 500, 501, 502, 503, 504, 505,
])

/**
 * The request that a kept response answers from then on: its own if it was a GET; a GET for the same URL if it was a POST
 * whose response says that it is what lies there, and for how long (RFC 9110 §9.3.3). Undefined where there is none.
 */
export function answeredRequest(request: RequestFacts, response: ResponseFacts): RequestFacts | undefined {
  if (request.method === 'GET') return request
  const location = valueOf(response.fields, 'content-location')
  const isPosted = request.method === 'POST' && response.status === 200 && hasLifetime(response)
  if (!isPosted || location === undefined || URL.parse(location, request.url)?.href !== request.url) return undefined
  return { ...request, method: 'GET' }
}

/**
 * Whether the response may be shown to other users (RFC 9111 §3): a shared cache may store it, and what depends on a
 * cookie or credentials is shared only when the origin says so in words. Stricter than the RFC for cookies, because
 * many origins personalise pages without a word to caches. And what `Vary` says is one user's stays that user's: a
 * shared cache may keep it, but could answer only that user with it, while a speculation goes to whoever asks next.
 */
export function isPublic(request: RequestFacts, response: ResponseFacts): boolean {
  if (!mayKeep(request, response) || hasDirective(response.fields, 'private')) return false
  const personal = ['authorization', 'cookie']
  const has = (name: string) => valueOf(request.fields, name) !== undefined
  const vary = splitList(valueOf(response.fields, 'vary'))
  if (vary.includes('*') || personal.some(name => vary.includes(name) && has(name))) return false
  const directives = directivesOf(response.fields)
  // `s-maxage=0` asks shared caches to stay out of it: no word for sharing.
  if (directives.has('public') || (readSeconds(directives.get('s-maxage') ?? '') ?? 0) > 0) return true
  if (personal.some(name => vary.includes(name) || has(name))) return false
  return valueOf(response.fields, 'set-cookie') === undefined
}

/**
 * The fields of a stored response after a 304, or a response to HEAD, confirmed it (RFC 9111 §3.2, §4.3.4): those of
 * that message replace its own, but what depends on the form of the stored content stays, and what dates a message is
 * the newer one's alone.
 */
export function updateFields(stored: FieldList, confirmation: FieldList): FieldList {
  const hasTag = valueOf(stored, 'etag') !== undefined
  const updates = confirmation
    .filter(([name]) => !contentFields.has(name.toLowerCase()) && !(hasTag && name.toLowerCase() === 'etag'))
    .map(([name, value]) => [name, name.toLowerCase() === 'etag' ? weaken(value) : value] as const)
  const replaced = new Set(updates.map(([name]) => name.toLowerCase()))
  const kept = stored.filter(([name]) => !replaced.has(name.toLowerCase()) && !messageFields.has(name.toLowerCase()))
  return [...kept, ...updates]
}

// A stored content may have lost its coding on the way, and with it its length and digests (RFC 9530). Its tag, too, is
// then no longer the strong one that the origin names: joined by that to a range of the coded content it would be wrong.
const contentFields: ReadonlySet<string> = new Set([
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'digest',
  'repr-digest',
  'transfer-encoding',
])

// Left behind, an old Age would make a response that was just confirmed stale at once, and an old Date would make it
// fresh for as long as it lay here.
const messageFields: ReadonlySet<string> = new Set(['age', 'date'])

/**
 * The URLs of which a request makes stale what is held (§4.4): its own, and those of the same origin that the response
 * names. None when the method is safe or the response an error.
 */
export function invalidatedUrls(request: RequestFacts, response: ResponseFacts): string[] {
  const isError = response.status < 200 || response.status >= 400
  if (safeMethods.has(request.method) || isError) return []
  const named = ['location', 'content-location'].map(name => valueOf(response.fields, name))
  const { origin } = new URL(request.url)
  const urls = named.flatMap(value => {
    const url = value === undefined ? null : URL.parse(value, request.url)
    return url?.origin === origin ? [url.href.replace(/#.*$/, '')] : []
  })
  return [...new Set([request.url, ...urls])]
}

// RFC 9110 §9.2.1.
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
