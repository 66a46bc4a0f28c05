// Exchanges made by chance: a request, what the origin does with it, how often it is asked. The same seed makes the same.
// Knows: what HTTP allows. Does not know: sockets, proxies.
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { FieldList } from '../../../shared/http/fields.ts'
import type { Framing } from './http1.ts'

/** By plain HTTP, or inside TLS by either protocol. */
export type Lane = 'plain' | 'inside-http1' | 'inside-http2'

export interface ExchangeScript {
  readonly seed: number
  readonly lane: Lane
  readonly request: RequestScript
  /** One for each time that it is asked; all but the content are alike. */
  readonly visits: readonly ResponseScript[]
}

export interface RequestScript {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly version: '1.1' | '1.0'
  readonly fields: FieldList
  readonly content: Buffer | undefined
  readonly framing: Framing
  readonly pieceBytes: number
  readonly trailers: FieldList
  /** Waits for 100 (Continue) before the content. */
  readonly expects: boolean
  /** When the client goes away, if it does. */
  readonly leaves: 'never' | 'thinking' | 'upload' | 'content'
}

export interface ResponseScript {
  readonly interim: readonly { readonly status: number; readonly fields: FieldList }[]
  readonly version: '1.1' | '1.0'
  readonly status: number
  readonly reason: string
  readonly fields: FieldList
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  readonly hasRanges: boolean
  readonly plain: Buffer
  readonly coded: Buffer
  readonly framing: Framing
  readonly pieceBytes: number
  readonly trailers: FieldList
  /** How it ends: completely, or with the connection broken there. */
  readonly breaks: 'never' | 'before-head' | 'in-head' | 'in-content'
}

/** Numbers by chance, the same for the same seed (mulberry32). */
class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** From 0, below 1. */
  number(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.number() * limit)
  }

  happens(probability: number): boolean {
    return this.number() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }

  /** Some of `items`, in an order by chance; one may come several times. */
  some<Item>(items: readonly Item[], most: number): Item[] {
    return Array.from({ length: this.below(most + 1) }, () => this.pick(items))
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'REPORT', 'TRACE', 'PURGE']
const SIZES = [0, 1, 2, 100, 1_000, 5_000, 20_000, 65_535, 65_536, 150_000, 300_000]
const LARGE = 2_000_000
const PIECES = [1_000_000, 65_536, 16_384, 1_461, 100]
const STATUSES = [
  200, 201, 202, 203, 204, 205, 207, 226, 299, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406,
  409, 410, 411, 412, 413, 415, 416, 418, 421, 422, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 507,
  511, 599, 600, 777, 999,
]
const REASONS = ['OK', '', 'Not What You Think', 'caf\u00e9', '200 OK', 'a'.repeat(300)]
const PATHS = ['', '?', '?q=1', '?a=b&c=%20d', '/a/../b', '//', '/%zz', '/caf%C3%A9', ';p=1', '/[x]|{y}"<>^`\\']

const REQUEST_FIELDS: FieldList = [
  ['Accept', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8'],
  ['accept', 'image/webp'],
  ['Accept-Language', 'de-CH, en;q=0.5'],
  ['User-Agent', 'Differential/1.0 (by chance)'],
  ['Referer', 'http://other.example/page?x=y'],
  ['Origin', 'http://other.example'],
  ['Cookie', 'a=1; b=2'],
  ['Cookie', 'session=0123456789abcdef'],
  ['cookie', 'no-space=1;next=2'],
  ['Authorization', 'Basic YTpi'],
  ['X-One', 'one'],
  ['x-oDD-cAse', 'Odd'],
  ['X-Twice', 'first'],
  ['X-Twice', 'second, third'],
  ['X-Empty', ''],
  ['X-Latin', 'caf\u00e9 \u00ff'],
  ['X-Inner', 'a \t b'],
  ['X-Quoted', '"a, b", "\\""'],
  ['X-Long', 'long '.repeat(1_500).trim()],
  ["X!#$%&'*+-.^_`|~", 'token'],
  ['constructor', 'a name that objects have'],
  ['__proto__', 'another'],
  ['Upgrade-Insecure-Requests', '1'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['Priority', 'u=1, i'],
  ['DNT', '1'],
  ['Forwarded', 'for=192.0.2.1'],
  ['X-Forwarded-For', '192.0.2.1'],
  ['Via', '1.0 before'],
  ['Cache-Control', 'no-cache'],
  ['Pragma', 'no-cache'],
  ['Content-Language', 'en'],
  ['Max-Forwards', '7'],
  ['From', 'person@example.org'],
  ['Prefer', 'return=minimal'],
]

const HOP_FIELDS: FieldList = [
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Connection', 'keep-alive'],
  ['Proxy-Authorization', 'Basic c2VjcmV0'],
  ['TE', 'trailers'],
  ['Hunch-Speculation', 'off'],
]

const RESPONSE_FIELDS: FieldList = [
  ['Server', 'by chance'],
  ['Set-Cookie', 'a=1; Path=/; HttpOnly'],
  ['Set-Cookie', 'b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT'],
  ['set-cookie', 'c=3'],
  ['Link', '</a.css>; rel=preload; as=style'],
  ['Link', '</b.js>; rel=preload, </c.js>; rel=prefetch'],
  ['Content-Language', 'de'],
  ['Content-Disposition', 'attachment; filename="a.txt"'],
  ['Content-Location', '/elsewhere'],
  ['Location', '/next?a=b#c'],
  ['WWW-Authenticate', 'Basic realm="one"'],
  ['WWW-Authenticate', 'Digest realm="two", nonce="x"'],
  ['Allow', 'GET, HEAD'],
  ['Retry-After', '7'],
  ['Warning', '199 - "odd"'],
  ['Content-Security-Policy', "default-src 'self'"],
  ['Strict-Transport-Security', 'max-age=1'],
  ['X-Empty', ''],
  ['X-oDD-cAse', 'Odd'],
  ['x-latin', 'caf\u00e9 \u00a9'],
  ['X-Twice', '1'],
  ['X-Twice', '2'],
  ['X-Long', 'long '.repeat(3_000).trim()],
  ['constructor', 'a name that objects have'],
  ['__proto__', 'another'],
  ['Via', '1.0 before'],
  ['Cache-Status', 'cdn; hit; ttl=5'],
  ['Server-Timing', 'db;dur=53'],
  ['Proxy-Status', 'cdn; next-hop=a'],
  ['Access-Control-Allow-Origin', '*'],
  ['Alt-Svc', 'clear'],
  ['Refresh', '5'],
  ['P3P', 'CP="x"'],
  ['Content-MD5', 'Q2hlY2sgSW50ZWdyaXR5IQ=='],
]

const TYPES = [
  'text/html; charset=utf-8',
  'text/plain',
  'application/json',
  'image/png',
  'application/octet-stream',
  'text/event-stream',
  '',
  undefined,
]
// Nothing that a cache may answer with unasked: whoever asks twice then meets the origin twice.
const CACHE_CONTROLS = ['no-cache', 'no-store', 'private, no-cache', 'max-age=0', 'no-cache, no-transform', undefined]
const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT'
const LATER = 'Mon, 07 Nov 1994 08:49:37 GMT'

/** The exchange of a seed. */
export function makeExchange(seed: number): ExchangeScript {
  const chance = new Chance(seed)
  const lane = chance.pick<Lane>(['plain', 'plain', 'inside-http1', 'inside-http2'])
  const method = chance.happens(0.5) ? 'GET' : chance.pick(METHODS)
  const response = makeResponse(chance, method)
  const request = makeRequest(chance, seed, method, response, lane)
  // What is left or broken off is asked once: what a second time would be answered depends on how far the first came.
  const isWhole = request.leaves === 'never' && response.breaks === 'never'
  const visits = isWhole ? makeVisits(chance, response) : [response]
  return { seed, lane, request, visits }
}

/** The same again, and with a content that has changed. */
function makeVisits(chance: Chance, first: ResponseScript): ResponseScript[] {
  const visits = [first]
  while (visits.length < 3 && chance.happens(0.5)) {
    const last = visits.at(-1) as ResponseScript
    if (chance.happens(0.5) || first.plain.length === 0) visits.push(last)
    else {
      const plain = changed(chance, last.plain)
      const coding = codings.find(each => isCodedAs(each, first))
      const etag = first.etag?.replace(/"([^"]*)"$/, `"$1${visits.length}"`)
      const fields = first.fields.map(([name, value]) => [name, name === 'ETag' ? (etag ?? value) : value] as const)
      visits.push({ ...last, plain, coded: coding ? coders[coding](plain) : plain, etag, fields })
    }
  }
  return visits
}

const coders = {
  gzip: (plain: Buffer) => gzipSync(plain),
  br: (plain: Buffer) => brotliCompressSync(plain),
  zstd: (plain: Buffer) => zstdCompressSync(plain),
  deflate: (plain: Buffer) => deflateSync(plain),
}
const codings = ['gzip', 'br', 'zstd', 'deflate'] as const

function isCodedAs(coding: string, { fields }: ResponseScript): boolean {
  return fields.some(([name, value]) => name.toLowerCase() === 'content-encoding' && value.toLowerCase() === coding)
}

function makeResponse(chance: Chance, method: string): ResponseScript {
  const status = chance.happens(0.6) ? 200 : chance.pick(STATUSES)
  const reason = chance.pick(REASONS)
  const version = chance.happens(0.05) ? '1.0' : '1.1'
  const hasNone = status === 204 || status === 304
  const plain = hasNone ? Buffer.alloc(0) : makeContent(chance)
  const coding = !hasNone && chance.happens(0.35) ? chance.pick(codings) : undefined
  const framing = chance.pick<Framing>(
    version === '1.0' ? ['length', 'close'] : ['length', 'length', 'chunked', 'close'],
  )
  const etag = chance.happens(0.4) ? chance.pick(['"tag"', 'W/"weak"', '"a,b"']) : undefined
  const lastModified = chance.happens(0.2) ? DATE : undefined
  // Without a word the time since Last-Modified would make it fresh.
  const caching = chance.pick(CACHE_CONTROLS) ?? (lastModified === undefined ? undefined : 'no-cache')
  const type = chance.pick(TYPES)
  const announces = framing === 'chunked' && chance.happens(0.3)
  const fields: FieldList = [
    ...chance.some(RESPONSE_FIELDS, 6),
    ...(type === undefined ? [] : [['Content-Type', type] as const]),
    ...(coding === undefined
      ? []
      : [['Content-Encoding', chance.happens(0.1) ? coding.toUpperCase() : coding] as const]),
    ...(etag === undefined ? [] : [['ETag', etag] as const]),
    ...(lastModified === undefined ? [] : [['Last-Modified', lastModified] as const]),
    ...(caching === undefined ? [] : [['Cache-Control', caching] as const]),
    ...(chance.happens(0.5) ? [['Date', new Date().toUTCString()] as const] : []),
    ...(chance.happens(0.2)
      ? [['Vary', chance.pick(['Accept-Encoding', 'Cookie', '*', 'X-One, Accept'])] as const]
      : []),
    ...(announces ? [['Trailer', 'X-Sum, X-Late'] as const] : []),
    ...(chance.happens(0.1)
      ? ([
          ['X-Hop', '1'],
          ['Connection', 'X-Hop'],
        ] as const)
      : []),
    ...chance.some(RESPONSE_FIELDS, 3),
  ]
  const coded = coding === undefined ? plain : coders[coding](plain)
  const canBreak = framing !== 'close' && method !== 'HEAD' && !hasNone && coded.length > 1
  const breaks = chance.happens(0.92) ? 'never' : chance.pick(['before-head', 'in-head', 'in-content'] as const)
  return {
    interim: version === '1.1' ? chance.some(INTERIM, chance.happens(0.15) ? 3 : 0) : [],
    version,
    status,
    reason,
    fields,
    etag,
    lastModified,
    hasRanges: chance.happens(0.7),
    plain,
    coded,
    framing,
    pieceBytes: chance.pick(coded.length > 200_000 ? PIECES.slice(0, 3) : PIECES),
    trailers: framing === 'chunked' && (announces || chance.happens(0.1)) ? chance.some(TRAILERS, 3) : [],
    breaks: breaks === 'in-content' && !canBreak ? 'before-head' : breaks,
  }
}

const INTERIM: readonly { readonly status: number; readonly fields: FieldList }[] = [
  { status: 102, fields: [] },
  { status: 103, fields: [['Link', '</a.css>; rel=preload']] },
  {
    status: 103,
    fields: [
      ['link', '</b.css>; rel=preload'],
      ['Link', '</c.js>; rel=preload, </d.js>; rel=preload'],
      ['X-Empty', ''],
    ],
  },
  { status: 150, fields: [['X-Progress', 'half']] },
]

const TRAILERS: FieldList = [
  ['X-Sum', 'abc'],
  ['x-late', 'came late'],
  ['Server-Timing', 'total;dur=1'],
  ['ETag', '"late"'],
]

function makeRequest(
  chance: Chance,
  seed: number,
  method: string,
  response: ResponseScript,
  lane: Lane,
): RequestScript {
  const wantsContent = ['POST', 'PUT', 'PATCH', 'REPORT', 'PROPFIND'].includes(method)
  const mayHave = method !== 'TRACE' && method !== 'HEAD' && chance.happens(wantsContent ? 0.9 : 0.08)
  const content = mayHave ? makeContent(chance) : undefined
  const version = lane === 'plain' && content === undefined && chance.happens(0.05) ? '1.0' : '1.1'
  const framing: Framing = content === undefined ? 'none' : chance.pick<Framing>(['length', 'chunked'])
  const acceptsCodings = chance.pick([
    'gzip, deflate, br, zstd',
    'gzip',
    'identity',
    '*',
    'br;q=0, gzip;q=0.5',
    undefined,
  ])
  const hop = chance.some(HOP_FIELDS, lane === 'inside-http2' ? 0 : 2)
  const isConditional = chance.happens(0.2)
  const canLeave = response.breaks === 'never' && chance.happens(0.1)
  const leaves = canLeave ? chance.pick(['thinking', 'upload', 'content'] as const) : 'never'
  const canUpload = content !== undefined && content.length > 1
  const canRead = method !== 'HEAD' && response.coded.length > 1 && response.status !== 204 && response.status !== 304
  const fields: FieldList = [
    ...oncePerName(chance.some(REQUEST_FIELDS, 8)),
    ...(acceptsCodings === undefined ? [] : [['Accept-Encoding', acceptsCodings] as const]),
    ...hop,
    ...(isConditional ? [chance.pick(conditionsFor(response))] : []),
    ...(method === 'GET' && chance.happens(0.15) ? [['Range', chance.pick(RANGES)] as const] : []),
    ...(content === undefined ? [] : [['Content-Type', 'application/x-by-chance'] as const]),
  ]
  return {
    method,
    path: `/${seed}/${chance.pick(PATHS)}`,
    version,
    fields,
    content,
    framing,
    pieceBytes: chance.pick((content?.length ?? 0) > 200_000 ? PIECES.slice(0, 3) : PIECES),
    trailers: framing === 'chunked' && chance.happens(0.1) ? chance.some(TRAILERS, 2) : [],
    expects: content !== undefined && version === '1.1' && chance.happens(0.15),
    leaves: (leaves === 'upload' && !canUpload) || (leaves === 'content' && !canRead) ? 'thinking' : leaves,
  }
}

/** Near refuses a second value of a field that has one. */
function oncePerName(fields: FieldList): FieldList {
  const isFirst = (name: string, at: number) => fields.findIndex(([each]) => each === name) === at
  return fields.filter(([name], at) => !SINGLE.has(name) || isFirst(name, at))
}

const SINGLE: ReadonlySet<string> = new Set([
  'Authorization',
  'DNT',
  'From',
  'Max-Forwards',
  'Referer',
  'Upgrade-Insecure-Requests',
  'User-Agent',
])

const RANGES = ['bytes=0-0', 'bytes=10-99', 'bytes=500-', 'bytes=-20', 'bytes=99999999-', 'bytes=0-1,5-6', 'items=0-1']

function conditionsFor({ etag, lastModified }: ResponseScript): FieldList {
  return [
    ['If-None-Match', etag ?? '"other"'],
    ['If-None-Match', '"other", W/"another"'],
    ['If-None-Match', '*'],
    ['If-Match', etag ?? '*'],
    ['If-Match', '"other"'],
    ['If-Modified-Since', lastModified ?? DATE],
    ['If-Modified-Since', LATER],
    ['If-Unmodified-Since', LATER],
    ['If-Range', etag ?? DATE],
  ]
}

function makeContent(chance: Chance): Buffer {
  const size = chance.happens(0.04) ? LARGE : chance.pick(SIZES)
  const length = size < 3 ? size : size - chance.below(Math.ceil(size / 20))
  return chance.happens(0.7) ? makeProse(chance, length) : makeNoise(chance, length)
}

const WORDS = [
  '<p>',
  '</p>\n',
  'the ',
  'origin ',
  'link ',
  '<a href="/">',
  '</a>',
  'near ',
  'far ',
  'of ',
  'caf\u00c3\u00a9 ',
]

function makeProse(chance: Chance, length: number): Buffer {
  const paragraph = Array.from({ length: 400 }, () => `${chance.pick(WORDS)}${chance.below(1_000)} `).join('')
  let text = ''
  while (text.length < length) text += `${chance.below(1_000_000)}${paragraph.slice(chance.below(2_000))}`
  return Buffer.from(text.slice(0, length), 'latin1')
}

function makeNoise(chance: Chance, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => chance.below(256)))
}

/** Another version of a content: something put in, something taken out. */
function changed(chance: Chance, before: Buffer): Buffer {
  const at = chance.below(before.length)
  const skip = chance.below(Math.min(before.length - at, 100) + 1)
  const words = Buffer.from(Array.from({ length: 1 + chance.below(20) }, () => chance.pick(WORDS)).join(''), 'latin1')
  return Buffer.concat([before.subarray(0, at), words, before.subarray(at + skip)])
}
