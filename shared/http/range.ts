// Which part of a content a request asks for (RFC 9110 §14): one range of bytes, with or without If-Range.
// Knows: Range, If-Range, lengths. Does not know: versions, whether the content is fresh.
import { parseHttpDate } from './date.ts'
import { type FieldList, valueOf } from './fields.ts'

export type RangePlan =
  /** No range, one that is malformed or of another unit, or a condition that does not hold: all of it (§14.2). */
  | { readonly kind: 'whole' }
  /** From `start` up to, but not including, `end`. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  /** 416: the content has no such bytes (§15.5.17). */
  | { readonly kind: 'unsatisfiable' }
  /** More than one range; whoever wants to serve them makes a multipart content. */
  | { readonly kind: 'several' }

/** A range that can be answered from a held content: with 206, or with 416. */
export type ServedRange = Extract<RangePlan, { kind: 'part' | 'unsatisfiable' }>

export interface RangeAnswer {
  readonly status: 206 | 416
  readonly fields: FieldList
  /** Which bytes of the content it has. */
  readonly start: number
  readonly end: number
}

/** What a GET with `asked` gets of a content of `length` bytes, whose response had the fields `held`. */
export function planRange(asked: FieldList, held: FieldList, length: number): RangePlan {
  const [, specifier] = /^bytes=(.*)$/i.exec((valueOf(asked, 'range') ?? '').trim()) ?? []
  if (specifier === undefined || !holdsIfRange(valueOf(asked, 'if-range'), held)) return WHOLE
  const specs = specifier
    .split(',')
    .map(spec => spec.trim())
    .filter(spec => spec !== '')
  const ranges = specs.map(spec => /^(\d{0,15})-(\d{0,15})$/.exec(spec))
  if (specs.length === 0 || ranges.includes(null)) return WHOLE
  if (specs.length > 1) return { kind: 'several' }
  const [, first = '', last = ''] = ranges[0] ?? []
  if (first === '') return last === '' ? WHOLE : part(length - Math.min(Number(last), length), length, length)
  if (last !== '' && Number(last) < Number(first)) return WHOLE
  return part(Number(first), last === '' ? length : Math.min(Number(last) + 1, length), length)
}

const WHOLE = { kind: 'whole' } as const

function part(start: number, end: number, length: number): RangePlan {
  return start < length ? { kind: 'part', start, end } : { kind: 'unsatisfiable' }
}

/** What answers `range` of a content of `length` bytes: 206 (RFC 9110 §15.3.7), or 416 without content (§15.5.17). */
export function answerRange(range: ServedRange, fields: FieldList, length: number): RangeAnswer {
  const isPart = range.kind === 'part'
  const { start, end } = isPart ? range : { start: 0, end: 0 }
  const said = isPart ? `bytes ${start}-${end - 1}/${length}` : `bytes */${length}`
  return { status: isPart ? 206 : 416, fields: [...fields, ['Content-Range', said]], start, end }
}

/**
 * RFC 9110 §13.1.5: the client has a part of this very content, told by a strong tag, or by a date that is strong because
 * the response was made at least a second after it (§8.8.2.2).
 */
function holdsIfRange(ifRange: string | undefined, held: FieldList): boolean {
  if (ifRange === undefined) return true
  if (ifRange.endsWith('"')) return !ifRange.startsWith('W/') && ifRange === valueOf(held, 'etag')
  const modified = parseHttpDate(valueOf(held, 'last-modified'))
  const made = parseHttpDate(valueOf(held, 'date'))
  const isStrong = modified !== undefined && made !== undefined && modified + 1000 <= made
  return isStrong && parseHttpDate(ifRange) === modified
}
