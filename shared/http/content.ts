// What the fields say of a content: how it is coded, whether it would compress, whether it may be changed on the way.
// Knows: media types and codings. Does not know: zlib, versions.
import { withoutDictionary } from './dictionary.ts'
import { hasDirective } from './directives.ts'
import { type FieldList, valueOf, withField, without } from './fields.ts'

/** The content codings that far can undo (RFC 9110 §8.4.1, RFC 7932, RFC 8878). */
export const readableCodings = ['br', 'zstd', 'gzip', 'x-gzip', 'deflate'] as const
export type ReadableCoding = (typeof readableCodings)[number]

// What far asks origins for, best first; `deflate` is left out, since origins do not agree on what it is.
const asked = ['br', 'zstd', 'gzip'] as const satisfies readonly ReadableCoding[]

/**
 * The fields with the codings that far asks the origin for: those that both far and the client read, because some
 * content must be passed on as it came (`no-transform`). No field when there are none: most origins then send none.
 */
export function withAcceptedCodings(fields: FieldList): FieldList {
  const accepted = (valueOf(fields, 'accept-encoding') ?? '').toLowerCase().split(',')
  const weights = new Map(
    accepted.map(each => {
      const [name = '', ...parameters] = each.split(';').map(word => word.trim())
      const weight = parameters.find(parameter => parameter.startsWith('q='))
      return [name, weight === undefined ? 1 : Number(weight.slice(2))]
    }),
  )
  // RFC 9110 §12.5.3: a coding that is not named has the weight of `*`.
  const names = asked.filter(name => (weights.get(name) ?? weights.get('*') ?? 0) > 0)
  // What the client can read with a dictionary of its own, far cannot.
  const plain = withoutDictionary(fields)
  return names.length === 0 ? without(plain, 'accept-encoding') : withField(plain, 'Accept-Encoding', names.join(', '))
}

/**
 * The fields of a response whose codings were undone: what describes the coded content goes, and a strong entity tag
 * becomes a weak one (RFC 9110 §8.8.3.3), so that no range of the coded content is ever joined to this one.
 */
export function withoutCoding(fields: FieldList): FieldList {
  const plain = without(fields, 'content-encoding', 'content-length', 'content-md5', 'content-digest', 'repr-digest')
  return plain.map(([name, value]) => [name, name.toLowerCase() === 'etag' ? weaken(value) : value])
}

/** An entity tag as a weak one. */
export function weaken(tag: string): string {
  return tag.startsWith('"') ? `W/${tag}` : tag
}

/**
 * The fields of a request whose If-Match names weak tags: those never match (RFC 9110 §13.1.1), so the tag is one that
 * `withoutCoding` weakened, and the client means the content that has it.
 */
export function withStrongTags(fields: FieldList): FieldList {
  return fields.map(([name, value]) => [name, name.toLowerCase() === 'if-match' ? value.replaceAll('W/"', '"') : value])
}

// One is usual, two are seen; each costs memory and time.
const MAX_CODINGS = 4

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
  if (coded.length > MAX_CODINGS) return undefined
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
