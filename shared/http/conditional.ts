// Conditional requests: far asks the origin with the validators of what it holds, beside those of the client, and the
// client's own condition is evaluated on what comes back (RFC 9110 §13).
// Knows: entity tags and dates. Does not know: versions, caches.
import { type FieldList, valueOf, withField, without } from './fields.ts'

export interface Validators {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

/**
 * The request's fields with the validators of a held version added to the client's own: a 304 then means that one of
 * the two is current, and `isConfirmedBy` tells which.
 */
export function withValidators(fields: FieldList, held: Validators): FieldList {
  if (held.etag !== undefined) {
    const clients = valueOf(fields, 'if-none-match')
    const tags = clients === undefined || clients.includes(held.etag) ? held.etag : `${clients}, ${held.etag}`
    return withField(without(fields, 'if-modified-since'), 'If-None-Match', tags)
  }
  if (held.lastModified === undefined || valueOf(fields, 'if-none-match') !== undefined) return fields
  return withField(fields, 'If-Modified-Since', held.lastModified)
}

/**
 * Whether a 304 speaks of the held version (RFC 9111 §4.3.4): its entity tag says so, or it names none and the client
 * had no condition of its own.
 */
export function isConfirmedBy(notModified: FieldList, held: Validators, clientFields: FieldList): boolean {
  const etag = valueOf(notModified, 'etag')
  if (etag !== undefined) return held.etag !== undefined && sameTag(etag, held.etag)
  return !hasCondition(clientFields)
}

/** Whether the client's own condition makes a 200 of these validators a 304 for it (RFC 9110 §13.2.2, GET and HEAD). */
export function becomesNotModified(clientFields: FieldList, responseFields: FieldList): boolean {
  const ifNoneMatch = valueOf(clientFields, 'if-none-match')
  const etag = valueOf(responseFields, 'etag')
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return true
    return etag !== undefined && splitTags(ifNoneMatch).some(tag => sameTag(tag, etag))
  }
  const since = Date.parse(valueOf(clientFields, 'if-modified-since') ?? '')
  const modified = Date.parse(valueOf(responseFields, 'last-modified') ?? '')
  return modified <= since
}

/** Whether a request has a condition that a cache can meet with a 304. */
export function hasCondition(fields: FieldList): boolean {
  return valueOf(fields, 'if-none-match') !== undefined || valueOf(fields, 'if-modified-since') !== undefined
}

/** Weak comparison (RFC 9110 §8.8.3.2): right for If-None-Match. */
function sameTag(one: string, other: string): boolean {
  return one.replace(/^W\//, '') === other.replace(/^W\//, '')
}

function splitTags(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? []
}
