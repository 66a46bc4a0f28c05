// What the fields say of a content: how it is coded, whether it would compress, whether it may be changed on the way.
// Knows: media types and codings. Does not know: zlib, versions.
import { hasDirective } from './caching.ts'
import { type FieldList, valueOf } from './fields.ts'

/** The content codings that far can undo (RFC 9110 §8.4.1, RFC 7932, RFC 8878). */
export const readableCodings = ['br', 'zstd', 'gzip', 'x-gzip', 'deflate'] as const
export type ReadableCoding = (typeof readableCodings)[number]

/** What far asks origins for, best first. */
export const ACCEPTED_CODINGS = 'br, zstd, gzip'

/**
 * The codings of a content in the order in which they have to be undone, or undefined when one of them is unknown or
 * the origin forbids a change (`no-transform`, RFC 9110 §7.7): such content is passed on as it is.
 */
export function codingsToUndo(fields: FieldList): readonly ReadableCoding[] | undefined {
  const value = valueOf(fields, 'content-encoding')
  if (value === undefined) return []
  if (hasDirective(fields, 'no-transform')) return undefined
  const names = value.split(',').map(name => name.trim().toLowerCase())
  const coded = names.filter(name => name !== 'identity' && name !== '')
  const readable = coded.map(name => readableCodings.find(each => each === name))
  return readable.every(name => name !== undefined) ? readable.toReversed() : undefined
}

// Types whose content is text, or as compressible as text. What is not here is compressed already, as images,
// video, archives and WOFF2 are.
const compressible =
  /^(text\/|application\/(?:[^;]*\+)?(?:json|xml|javascript|ecmascript|x-javascript|wasm|xhtml|rss|atom|graphql|sql|rtf|vnd\.ms-fontobject|x-ndjson|x-www-form-urlencoded)|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)|font\/(?:ttf|otf|sfnt)|multipart\/)/i

/** Whether compressing this content on the link is worth the time. */
export function isCompressible(fields: FieldList): boolean {
  return compressible.test((valueOf(fields, 'content-type') ?? '').trim())
}
