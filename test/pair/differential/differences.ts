// All that may differ between an exchange that went straight and the same through near, each with its reason; what is left
// must be the same. docs/conformance.md says this table to people.
// Knows: what both ends saw. Does not know: how it came about.
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { type FieldList, valueOf, without } from '../../../shared/http/fields.ts'
import type { Answered } from './clients.ts'
import type { ExchangeScript, Lane, ResponseScript } from './make-exchange.ts'
import type { Received } from './scripted-origin.ts'

/** One visit, as both ends saw it. */
export interface Seen {
  readonly received: readonly Received[]
  readonly answered: Answered
}

export interface Facts {
  readonly lane: Lane
  /** Through near and far, or through a near in `--mode direct`. */
  readonly mode: 'pair' | 'direct'
  readonly request: ExchangeScript['request']
  readonly response: ResponseScript
  /** Whether the same was asked before. */
  readonly isAgain: boolean
}

interface Difference {
  /** As docs/conformance.md has it. */
  readonly what: string
  /** Takes it out of one side; `other` is the other side as it was. */
  readonly level: (seen: Seen, other: Seen, facts: Facts) => Seen
}

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]

// RFC 9110 §9.2.2.
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

// Lines of one name may be joined.
const OUR_VIA = /(?:^|, ?)[\d.]+ hunch-(?:near|far)/g

export const differences: readonly Difference[] = [
  {
    what: 'A page with `Proxy-Status`',
    level: (seen, other) => {
      const isPage = (answered: Answered) =>
        last(answered.fields, 'proxy-status').startsWith('hunch-near;error=') && (answered.status ?? 0) >= 500
      if (isPage(seen.answered) && !other.answered.complete) return { ...seen, answered: BROKEN }
      return !seen.answered.complete && isPage(other.answered) ? { ...seen, answered: BROKEN } : seen
    },
  },
  {
    what: 'Asking again',
    level: (seen, _other, { mode, request, response }) => {
      const isSafe = IDEMPOTENT.has(request.method) && request.content === undefined
      const isBroken = response.breaks === 'before-head' || response.breaks === 'in-head'
      const mayAskAgain = mode === 'pair' && isSafe && isBroken && seen.received.length <= 2
      return mayAskAgain ? { ...seen, received: seen.received.slice(0, 1) } : seen
    },
  },
  {
    what: 'How much of a broken response arrives',
    level: (seen, other, { response }) => {
      const { answered } = seen
      if (answered.complete || other.answered.complete) return seen
      const { plain, coded } = response
      const isPrefix = [plain, coded].some(whole => whole.subarray(0, answered.content.length).equals(answered.content))
      return isPrefix ? { ...seen, answered: BROKEN } : seen
    },
  },
  {
    what: 'What a client that left has got',
    level: (seen, _other, { request }) => {
      if (request.leaves === 'never') return seen
      // What was on its way when it left may have arrived or not.
      const received = seen.received.map(each => ({ ...each, content: Buffer.alloc(0) }))
      return { received, answered: BROKEN }
    },
  },
  {
    what: '`Via`',
    level: seen =>
      both(seen, fields =>
        fields.flatMap(([name, value]) => {
          const rest = name.toLowerCase() === 'via' ? value.replace(OUR_VIA, '') : value
          return rest === '' && value !== '' ? [] : [[name, rest] as const]
        }),
      ),
  },
  {
    what: '`Cache-Status`, `Server-Timing`',
    level: seen =>
      ofResponse(seen, fields =>
        fields.filter(
          field => !isLine(field, 'cache-status', /^hunch-near;/) && !isLine(field, 'server-timing', /^base;desc="/),
        ),
      ),
  },
  {
    what: 'Fields of the connection',
    level: seen =>
      both(seen, fields => {
        const named = (valueOf(fields, 'connection') ?? '').toLowerCase().split(/ *, */)
        return without(fields, ...HOP_BY_HOP, ...named)
      }),
  },
  { what: 'Fields that begin with `Hunch-`', level: seen => both(seen, fields => fields.filter(isNotOurs)) },
  {
    what: 'How a content is framed',
    level: seen => both(seen, fields => without(fields, 'content-length')),
  },
  {
    what: 'Content codings',
    level: (seen, other, { mode }) => {
      if (mode === 'direct') return seen
      const isPlain = valueOf(other.answered.fields, 'content-encoding') === undefined
      const { answered } = seen
      const coding = valueOf(answered.fields, 'content-encoding')?.toLowerCase()
      const isCoded = coding !== undefined
      const undone = !isPlain && !isCoded
      if (!(isPlain && isCoded) && !undone) return seen
      const fields = without(answered.fields, 'content-encoding', 'content-md5').map(([name, value]) => {
        return [name, name === 'ETag' || name === 'etag' ? value.replace(/^"/, 'W/"') : value] as const
      })
      const content = isCoded ? decode(coding, answered.content) : answered.content
      return { ...seen, answered: { ...answered, fields, content } }
    },
  },
  {
    what: '`Accept-Encoding`',
    level: (seen, _other, { mode, request }) =>
      mode === 'direct' || request.method !== 'GET'
        ? seen
        : ofRequest(seen, fields => without(fields, 'accept-encoding')),
  },
  {
    what: '`If-None-Match`, `If-Modified-Since`',
    level: (seen, _other, { mode, request }) =>
      mode === 'direct' || request.method !== 'GET'
        ? seen
        : ofRequest(seen, fields => without(fields, 'if-none-match', 'if-modified-since')),
  },
  {
    what: '`Host`',
    level: seen => ofRequest(seen, fields => [...without(fields, 'host'), ['host', valueOf(fields, 'host') ?? '']]),
  },
  { what: '`Expect`', level: seen => ofRequest(seen, fields => without(fields, 'expect')) },
  {
    what: '`Max-Forwards`',
    level: (seen, _other, { request }) =>
      ['TRACE', 'OPTIONS'].includes(request.method) ? ofRequest(seen, fields => without(fields, 'max-forwards')) : seen,
  },
  {
    what: 'Trailers of a request',
    level: seen => ({ ...seen, received: seen.received.map(each => ({ ...each, trailers: [] })) }),
  },
  {
    what: 'Trailers of a response',
    level: (seen, other, { request }) => {
      const { answered } = seen
      const isAsked = request.fields.some(([name]) => name === 'TE') && request.version === '1.1'
      const isAnnounced = [answered, other.answered].some(({ fields }) => valueOf(fields, 'trailer') !== undefined)
      const mayLack = !isAsked && !isAnnounced
      const lacks = mayLack && (answered.trailers.length === 0 || other.answered.trailers.length === 0)
      const trailers = lacks ? [] : answered.trailers.map(([name, value]) => [name.toLowerCase(), value] as const)
      return { ...seen, answered: { ...answered, trailers, fields: without(answered.fields, 'trailer') } }
    },
  },
  {
    what: 'The order of fields after a 304',
    level: (seen, _other, { mode, isAgain, response }) => {
      const isValidated = response.etag !== undefined || response.lastModified !== undefined
      const { answered } = seen
      const isOther = mode === 'pair' && isAgain && isValidated
      return isOther ? { ...seen, answered: { ...answered, fields: sorted(answered.fields) } } : seen
    },
  },
  {
    what: 'A status above 599',
    level: (seen, _other, { lane }) => {
      const { answered } = seen
      const isBeyond = lane === 'inside-http2' && (answered.status ?? 0) > 599
      return isBeyond ? { ...seen, answered: { ...answered, status: 500 } } : seen
    },
  },
  {
    what: 'The content of a 205',
    level: (seen, _other, { lane, request }) => {
      const { answered } = seen
      const isEmpty = lane === 'inside-http2' && answered.status === 205 && request.leaves === 'never'
      return isEmpty ? { ...seen, answered: { ...answered, content: Buffer.alloc(0), trailers: [] } } : seen
    },
  },
  {
    what: 'Interim responses and trailers for HTTP/1.0',
    level: (seen, _other, { request }) =>
      request.version === '1.0' ? { ...seen, answered: { ...seen.answered, interim: [], trailers: [] } } : seen,
  },
  {
    what: "A request's fields of one name",
    level: (seen, _other, { mode, lane }) =>
      mode === 'pair' || lane === 'inside-http2' ? ofRequest(seen, grouped) : seen,
  },
  {
    what: 'The case of names in HTTP/2',
    level: (seen, _other, { lane }) =>
      lane === 'inside-http2'
        ? both({ ...seen, answered: { ...seen.answered, interim: lowerInterim(seen.answered) } }, lowered)
        : seen,
  },
]

const BROKEN: Answered = {
  interim: [],
  status: undefined,
  fields: [],
  content: Buffer.alloc(0),
  trailers: [],
  complete: false,
}

/** What is different beyond the table, in words. */
export function compare(straight: Seen, through: Seen, facts: Facts): string[] {
  let one = straight
  let other = through
  for (const { level } of differences) {
    const levelled = level(one, other, facts)
    other = level(other, one, facts)
    one = levelled
  }
  return [...tellAnswers(one.answered, other.answered), ...tellRequests(one.received, other.received)]
}

function tellAnswers(straight: Answered, through: Answered): string[] {
  const found = [
    tell('status', straight.status, through.status),
    tell('complete', straight.complete, through.complete),
    tell('interim responses', straight.interim, through.interim),
    tellFields('response fields', straight.fields, through.fields),
    tell('trailers', straight.trailers, through.trailers),
  ].flat()
  if (straight.content.equals(through.content)) return found
  return [...found, `content: ${straight.content.length} bytes straight, ${through.content.length} others through near`]
}

function tellRequests(straight: readonly Received[], through: readonly Received[]): string[] {
  if (straight.length !== through.length)
    return [`${straight.length} requests straight, ${through.length} through near`]
  return straight.flatMap((one, at) => {
    const other = through[at] as Received
    const found = [
      tell('request', one.line.replace(/ HTTP.*/, ''), other.line.replace(/ HTTP.*/, '')),
      tellFields('request fields', one.fields, other.fields),
      tell('request complete', one.complete, other.complete),
    ].flat()
    return one.content.equals(other.content)
      ? found
      : [...found, `upload: ${one.content.length}, ${other.content.length}`]
  })
}

function tell(what: string, straight: unknown, through: unknown): string[] {
  const [one, other] = [JSON.stringify(straight), JSON.stringify(through)]
  return one === other ? [] : [`${what}:\n    straight ${one}\n    through  ${other}`]
}

/** Only the lines that one side has; the order where both have the same. */
function tellFields(what: string, straight: FieldList, through: FieldList): string[] {
  const only = (fields: FieldList, others: FieldList) => {
    const rest = others.map(field => field.join(': '))
    return fields
      .map(field => field.join(': '))
      .filter(line => !rest.includes(line) || !rest.splice(rest.indexOf(line), 1))
  }
  const [one, other] = [only(straight, through), only(through, straight)]
  const isReordered = one.length === 0 && other.length === 0
  return isReordered ? tell(`order of ${what}`, names(straight), names(through)) : tell(what, one, other)
}

function names(fields: FieldList): string[] {
  return fields.map(([name]) => name)
}

function both(seen: Seen, change: (fields: FieldList) => FieldList): Seen {
  return ofRequest(ofResponse(seen, change), change)
}

function ofResponse(seen: Seen, change: (fields: FieldList) => FieldList): Seen {
  const interim = seen.answered.interim.map(each => ({ ...each, fields: change(each.fields) }))
  return { ...seen, answered: { ...seen.answered, fields: change(seen.answered.fields), interim } }
}

function ofRequest(seen: Seen, change: (fields: FieldList) => FieldList): Seen {
  return { ...seen, received: seen.received.map(each => ({ ...each, fields: change(each.fields) })) }
}

function isLine([name, value]: FieldList[number], lower: string, pattern: RegExp): boolean {
  return name.toLowerCase() === lower && pattern.test(value)
}

function isNotOurs([name]: FieldList[number]): boolean {
  return !name.toLowerCase().startsWith('hunch-')
}

/** In the place of the first of them, and in its case. */
function grouped(fields: FieldList): FieldList {
  const joined = new Map<string, FieldList[number]>()
  for (const [name, value] of fields) {
    const key = name.toLowerCase()
    const [first, before] = joined.get(key) ?? [name, undefined]
    const crumbs = key === 'cookie' ? value.replace(/; */g, '; ') : value.trim()
    const separator = key === 'cookie' ? '; ' : ', '
    joined.set(key, [first, before === undefined ? crumbs : `${before}${separator}${crumbs}`.trim()])
  }
  return [...joined.values()]
}

/** By name; lines of one name stay in their order. */
function sorted(fields: FieldList): FieldList {
  const keyed = fields.map(field => ({ field, key: field[0].toLowerCase() }))
  return keyed
    .toSorted(({ key: one }, { key: other }) => (one < other ? -1 : Number(one > other)))
    .map(each => each.field)
}

function lowered(fields: FieldList): FieldList {
  return fields.map(([name, value]) => [name.toLowerCase(), value])
}

function lowerInterim({ interim }: Answered): Answered['interim'] {
  return interim.map(each => ({ ...each, fields: lowered(each.fields) }))
}

function last(fields: FieldList, name: string): string {
  return fields.findLast(([each]) => each.toLowerCase() === name)?.[1] ?? ''
}

function decode(coding: string, content: Buffer): Buffer {
  // A response to HEAD has none.
  if (content.length === 0) return content
  const decoders: Readonly<Record<string, (coded: Buffer) => Buffer>> = {
    gzip: coded => gunzipSync(coded),
    br: coded => brotliDecompressSync(coded),
    zstd: coded => zstdDecompressSync(coded),
    deflate: coded => inflateSync(coded),
  }
  try {
    return decoders[coding]?.(content) ?? content
  } catch {
    // A part, or broken: seen as a difference.
    return content
  }
}
