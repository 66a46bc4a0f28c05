// Conditional requests: far asks the origin with the validators of what it holds, and the client's own condition is
// evaluated on what comes back (RFC 9110 §13).
// Knows: entity tags and dates. Does not know: versions, caches.
//
// Invariant: the conditions of one request are far's or the client's, never both mixed. An origin should name the tag
// in a 304 (RFC 9110 §15.4.5), but many do not; after a mixed condition such a 304 could mean either content, and
// whoever guesses wrong shows a stale one.
import { parseHttpDate } from './date.ts'
import { type FieldList, valueOf, withField, without } from './fields.ts'

export interface Validators {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

/**
 * The request's fields with the validators of a held version in the place of the client's own: a tag before a date
 * (RFC 9110 §13.1.3). The client's tags stay where all that could replace them is a date, which is weaker.
 */
export function withValidators(fields: FieldList, held: Validators): FieldList {
  if (!isAskedAbout(held, fields)) return fields
  if (held.etag !== undefined) {
    return withField(without(fields, 'if-modified-since'), 'If-None-Match', held.etag)
  }
  return withField(fields, 'If-Modified-Since', held.lastModified ?? '')
}

/**
 * Whether a 304 says that the held version is current (RFC 9111 §4.3.3): the origin was asked about it, and does not
 * name another tag. False means that the 304 is the client's, if the client had a condition of its own; if it had none,
 * the origin contradicts itself and has to be asked again without any.
 */
export function isConfirmedBy(notModified: FieldList, held: Validators, clientFields: FieldList): boolean {
  if (!isAskedAbout(held, clientFields)) return false
  const etag = valueOf(notModified, 'etag')
  return etag === undefined || held.etag === undefined || sameTag(etag, held.etag)
}

function isAskedAbout(held: Validators, clientFields: FieldList): boolean {
  if (held.etag !== undefined) return true
  return held.lastModified !== undefined && valueOf(clientFields, 'if-none-match') === undefined
}

/**
 * Whether the client's own condition makes a 200 with these fields a 304 for it (RFC 9110 §13.2.2, GET and HEAD). Tags
 * come first: a date beside them is not looked at, and one that is no HTTP-date is no condition (§13.1.3).
 */
export function becomesNotModified(clientFields: FieldList, responseFields: FieldList): boolean {
  const ifNoneMatch = valueOf(clientFields, 'if-none-match')
  if (ifNoneMatch !== undefined) {
    const etag = valueOf(responseFields, 'etag')
    if (ifNoneMatch.trim() === '*') return true
    return etag !== undefined && splitTags(ifNoneMatch).some(tag => sameTag(tag, etag))
  }
  const since = parseHttpDate(valueOf(clientFields, 'if-modified-since'))
  // RFC 9111 §4.3.2: what does not say when it was modified was so when it was made, at the latest.
  const modified = parseHttpDate(valueOf(responseFields, 'last-modified') ?? valueOf(responseFields, 'date'))
  return since !== undefined && modified !== undefined && modified <= since
}

/** Whether a request has a condition that a cache can meet with a 304. */
export function hasCondition(fields: FieldList): boolean {
  return valueOf(fields, 'if-none-match') !== undefined || valueOf(fields, 'if-modified-since') !== undefined
}

/** Whether all validators that `fields` names are those of `held` (RFC 9111 §4.3.5). */
export function hasSameValidators(fields: FieldList, held: FieldList): boolean {
  const [etag, heldTag] = [valueOf(fields, 'etag'), valueOf(held, 'etag')]
  const isSameTag = etag === undefined || (heldTag !== undefined && sameTag(etag, heldTag))
  const modified = valueOf(fields, 'last-modified')
  return isSameTag && (modified === undefined || modified === valueOf(held, 'last-modified'))
}

/** Weak comparison (RFC 9110 §8.8.3.2): right for If-None-Match. */
function sameTag(one: string, other: string): boolean {
  return one.replace(/^W\//, '') === other.replace(/^W\//, '')
}

function splitTags(list: string): string[] {
  // Some origins forget the quotes, and their clients send back what they got.
  return list.match(/(?:W\/)?"[^"]*"|[^\s,"]+/g) ?? []
}
