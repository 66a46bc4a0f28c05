// A site whose pages age, as the simulation has it: what each page is at each time for each user, and which of all the
// contents that it ever sent a content is.
// Knows: HTTP's caching fields, users by their cookies. Does not know: proxies, the link.
import { createHash } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { OriginRequest, OriginResponse } from '../../proxy-far/origin.ts'
import { Fault, type FaultCode } from '../../shared/fault.ts'
import { type FieldList, valueOf } from '../../shared/http/fields.ts'
import { makeRandom } from '../../loadtest/delta/random.ts'
import type { FakeTime } from './fake-time.ts'

/** What becomes of one fetch. */
export interface OriginFate {
  readonly kind: 'answer' | 'refuse' | 'silence' | 'break' | 'error'
  readonly waitMs: number
  readonly pieceBytes: number
  readonly pieceMs: number
}

/** How the pages of one URL are made, kept and told apart. */
interface PageKind {
  readonly name: string
  readonly fields: FieldList
  /** For whom it is: one content for all, for each language, for each cookie, or for each response. */
  readonly for: 'all' | 'language' | 'user' | 'response'
  readonly tag: 'strong' | 'weak' | 'none'
  readonly dated: boolean
  /** How old an answer may be without a mark, in milliseconds; `period` where heuristics decide (RFC 9111 §4.2.2). */
  readonly staleMs: number | 'tenth'
  /** Whether an answer that is marked as stale may be of any age. */
  readonly mayBeStale: boolean
  readonly coding?: 'gzip' | 'br'
  readonly type?: string
  readonly length?: 'unknown'
}

const cached = (value: string): FieldList => [['Cache-Control', value]]
const plain = { fields: [], for: 'all', tag: 'strong', dated: false, staleMs: 0, mayBeStale: false } as const

const kinds: readonly PageKind[] = [
  { ...plain, name: 'news' },
  { ...plain, name: 'coded', coding: 'gzip', fields: cached('no-cache, max-age=60') },
  { ...plain, name: 'streamed', length: 'unknown', coding: 'br' },
  { ...plain, name: 'untagged', tag: 'none' },
  { ...plain, name: 'unmarked', tag: 'none', length: 'unknown' },
  { ...plain, name: 'dated', tag: 'none', dated: true, staleMs: 'tenth', mayBeStale: true },
  { ...plain, name: 'fresh', fields: cached('public, max-age=20'), staleMs: 20_000, mayBeStale: true },
  {
    ...plain,
    name: 'behind',
    fields: cached('max-age=5, stale-while-revalidate=30'),
    staleMs: 35_000,
    mayBeStale: true,
  },
  { ...plain, name: 'rescued', fields: cached('max-age=3, stale-if-error=600'), staleMs: 3000, mayBeStale: true },
  { ...plain, name: 'strict', fields: cached('max-age=4, must-revalidate'), staleMs: 4000 },
  { ...plain, name: 'forgotten', fields: cached('no-store'), tag: 'none' },
  {
    ...plain,
    name: 'spoken',
    for: 'language',
    fields: [['Vary', 'Accept-Language'], ...cached('public, max-age=10')],
    staleMs: 10_000,
    mayBeStale: true,
  },
  { ...plain, name: 'personal', for: 'user' },
  { ...plain, name: 'own', for: 'user', fields: cached('private, max-age=8'), staleMs: 8000, mayBeStale: true },
  { ...plain, name: 'account', for: 'user', fields: [['Vary', 'Cookie'], ...cached('private, no-cache')], tag: 'weak' },
  { ...plain, name: 'session', for: 'response', fields: [], tag: 'none' },
  // Nothing but their contents tells two responses apart.
  { ...plain, name: 'ticker', for: 'response', fields: cached('no-store'), tag: 'none', length: 'unknown' },
  {
    ...plain,
    name: 'picture',
    type: 'image/png',
    fields: cached('max-age=60'),
    staleMs: 60_000,
    mayBeStale: true,
  },
]

/** What a content is that the site once made. */
export interface Made {
  readonly url: string
  readonly kind: PageKind
  readonly user: string | undefined
  /** The only near that may ever see it; undefined: it is for all. */
  readonly owner: string | undefined
  readonly language: string | undefined
  readonly tag: string | undefined
  /** Until when it was current. */
  readonly until: number
  readonly content: Buffer
}

const EPOCH = Date.UTC(2026, 0, 5)
const blocks = makeBlocks()

/** Pieces of pages, some like each other. */
function makeBlocks(): readonly string[] {
  const random = makeRandom(11)
  const words = ['river', 'stone', 'the', 'of', 'and', 'harbour', 'letter', 'lamp', 'seven', 'wind', 'salt', 'over']
  return Array.from({ length: 256 }, (_, index) => {
    const length = 6 + Math.floor(random() * 50)
    const text = Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(' ')
    return `<p class="b${index % 7}" id="${index}">${text}</p>\n`
  })
}

export class ModelOrigin {
  readonly #time: FakeTime
  readonly #seed: number
  readonly #paceMs: number
  readonly #largeness: number
  readonly #byDigest = new Map<string, Made>()
  readonly #byShort = new Map<string, Made>()
  readonly #contents = new Map<string, Made>()
  readonly #fates = new Map<string, OriginFate>()
  /** Fetches whose content has neither ended nor been given up. */
  open = 0
  fetches = 0
  #responses = 0

  /** `paceMs`: how long pages stay as they are, about. */
  constructor(time: FakeTime, seed: number, paceMs: number, largeness: number) {
    this.#time = time
    this.#seed = seed
    this.#paceMs = paceMs
    this.#largeness = largeness
  }

  static urlOf(page: number): string {
    const kind = kinds[page % kinds.length] as PageKind
    return `http://site.example/${kind.name}?page=${Math.floor(page / kinds.length)}`
  }

  static get kinds(): number {
    return kinds.length
  }

  get wallNow(): number {
    return EPOCH + this.#time.now
  }

  /** What becomes of the next fetches of a URL. */
  decide(url: string, fate: OriginFate): void {
    this.#fates.set(url, fate)
  }

  kindOf(url: string): PageKind {
    const name = new URL(url).pathname.slice(1)
    return kinds.find(kind => kind.name === name) as PageKind
  }

  /** What a content is that was once sent. */
  identify(content: Uint8Array): Made | undefined {
    return this.#byDigest.get(digest(content))
  }

  /** The same by the beginning of its digest (hexadecimal). */
  identifyShort(short: string): Made | undefined {
    return this.#byShort.get(short.slice(0, 16))
  }

  /** Every content of a URL that begins so. */
  beginningWith(url: string, bytes: Uint8Array): Made[] {
    return [...this.#byDigest.values()].filter(
      made => made.url === url && Buffer.compare(made.content.subarray(0, bytes.length), bytes) === 0,
    )
  }

  /** How long pages of a URL stay as they are. */
  periodOf(url: string): number {
    return this.#paceMs * (0.2 + (3 * hash(`${url} period`)) / 0xffffffff)
  }

  async fetch(request: OriginRequest): Promise<OriginResponse> {
    this.fetches += 1
    const { method, url, fields, signal } = request
    const fate = this.#fates.get(url) ?? { kind: 'answer', waitMs: 10, pieceBytes: 4096, pieceMs: 0 }
    const body = await readAll(request.body).catch(() => {
      throw signal.aborted ? signal.reason : fault('ORIGIN_RESET')
    })
    await this.#wait(fate.kind === 'silence' ? 30_000 : fate.waitMs, signal)
    if (fate.kind === 'refuse') throw fault('ORIGIN_REFUSED')
    if (fate.kind === 'silence') throw fault('ORIGIN_TIMEOUT')
    if (fate.kind === 'error') {
      const text = errorPage(url)
      return this.#respond(500, [['Content-Type', 'text/html']], text, request, fate)
    }
    if (method === 'POST') {
      return this.#respond(200, [['Content-Type', 'text/plain']], postedPage(url, body), request, fate)
    }
    const made = this.#make(url, fields)
    const { kind } = made
    const head: (readonly [string, string])[] = [
      ['Date', new Date(this.wallNow).toUTCString()],
      ['Content-Type', kind.type ?? 'text/html; charset=utf-8'],
      ...kind.fields,
    ]
    if (made.tag) head.push(['ETag', made.tag])
    const modified = EPOCH + made.until - this.periodOf(url)
    if (kind.dated) head.push(['Last-Modified', new Date(modified).toUTCString()])
    if (kind.for === 'response') head.push(['Set-Cookie', `sid=${this.#responses}`])
    if (this.#isNotModified(fields, made, modified)) return this.#respond(304, head, Buffer.alloc(0), request, fate)
    const range = /^bytes=(\d+)-(\d+)$/.exec(valueOf(fields, 'range') ?? '')
    if (range && method === 'GET') {
      const start = Number(range[1])
      const end = Math.min(Number(range[2]) + 1, made.content.length)
      if (start >= made.content.length) {
        head.push(['Content-Range', `bytes */${made.content.length}`])
        return this.#respond(416, head, Buffer.alloc(0), request, fate)
      }
      head.push(['Content-Range', `bytes ${start}-${end - 1}/${made.content.length}`])
      return this.#respond(206, head, made.content.subarray(start, end), request, fate)
    }
    const accepts = valueOf(fields, 'accept-encoding') ?? ''
    if (kind.coding && accepts.includes(kind.coding)) {
      head.push(['Content-Encoding', kind.coding])
      const coded = kind.coding === 'gzip' ? gzipSync(made.content, { level: 1 }) : fastBrotli(made.content)
      return this.#respond(200, head, coded, request, fate, kind.length === 'unknown')
    }
    return this.#respond(200, head, made.content, request, fate, kind.length === 'unknown')
  }

  #isNotModified(fields: FieldList, made: Made, modified: number): boolean {
    const tags = valueOf(fields, 'if-none-match')
    if (tags !== undefined) {
      return made.tag !== undefined && tags.split(/, */).some(tag => bare(tag) === bare(made.tag as string))
    }
    const since = valueOf(fields, 'if-modified-since')
    return made.kind.dated && since !== undefined && Math.floor(modified / 1000) * 1000 <= Date.parse(since)
  }

  #respond(
    status: number,
    fields: readonly (readonly [string, string])[],
    content: Buffer,
    request: OriginRequest,
    fate: OriginFate,
    isUnknown = false,
  ): OriginResponse {
    const hasContent = status !== 304 && request.method !== 'HEAD'
    const length: FieldList = isUnknown || status === 304 ? [] : [['Content-Length', String(content.length)]]
    this.open += 1
    let isOpen = true
    const close = () => {
      if (isOpen) this.open -= 1
      isOpen = false
    }
    request.signal.addEventListener('abort', close)
    const pieces = this.#pieces(hasContent ? content : Buffer.alloc(0), request, fate)
    async function* body() {
      try {
        yield* pieces
      } finally {
        close()
      }
    }
    return { status, fields: [...fields, ...length], body: body(), trailers: () => [], discard: close }
  }

  async *#pieces(content: Buffer, { signal }: OriginRequest, fate: OriginFate): AsyncGenerator<Uint8Array> {
    const end = fate.kind === 'break' ? Math.floor(content.length / 2) : content.length
    for (let at = 0; at < end; at += fate.pieceBytes) {
      if (at > 0 && fate.pieceMs > 0) await this.#wait(fate.pieceMs, signal)
      yield content.subarray(at, Math.min(at + fate.pieceBytes, end))
    }
    if (fate.kind === 'break') throw fault('ORIGIN_RESET')
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#time.cancel(timer)
        reject(signal.reason)
      }
      const timer = this.#time.wake(ms, () => {
        signal.removeEventListener('abort', leave)
        resolve()
      })
      if (signal.aborted) leave()
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  /** What the site says now to whoever sent these fields. */
  #make(url: string, fields: FieldList): Made {
    const kind = this.kindOf(url)
    const period = this.periodOf(url)
    const user = kind.for === 'user' ? (valueOf(fields, 'cookie') ?? 'nobody') : undefined
    const owner =
      user === 'nobody' || kind.for === 'all' || kind.for === 'language' ? undefined : valueOf(fields, 'x-near')
    const session = kind.for === 'response' ? `session ${++this.#responses} of ${owner}` : undefined
    const language = kind.for === 'language' ? (valueOf(fields, 'accept-language') ?? 'en') : undefined
    const age = Math.floor(this.#time.now / period)
    const key = `${url} ${age} ${user ?? session ?? language ?? ''}`
    const known = this.#contents.get(key)
    if (known) return known
    const content = this.#draw(url, kind, age, user ?? session ?? language ?? 'all')
    const name = digest(content)
    const tag = { strong: `"${name.slice(0, 12)}"`, weak: `W/"${name.slice(0, 12)}"`, none: undefined }[kind.tag]
    const until = session === undefined ? (age + 1) * period : this.#time.now
    const made: Made = { url, kind, user, owner, language, tag, until, content }
    this.#contents.set(key, made)
    this.#byDigest.set(name, made)
    this.#byShort.set(name.slice(0, 16), made)
    return made
  }

  #draw(url: string, kind: PageKind, age: number, whose: string): Buffer {
    const size = hash(`${this.#seed} ${url} size`)
    if (kind.type) {
      const bytes = Buffer.alloc(200 + (size % 5000))
      const random = makeRandom(hash(`${url} ${age}`))
      for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(Math.floor(random() * 0xffffffff), at)
      return bytes
    }
    const path = url.replace(/\?.*/, '')
    const usual = size % 10 === 1 ? 60 : 2 + (size % 12)
    const count = size % 40 === 0 ? Math.floor(200 * this.#largeness) : usual
    const parts = [`<html><title>${url}</title><h1>${whose}, ${age}</h1>\n`]
    for (let at = 0; at < count; at++) {
      // The first of a page are its template's, the next stay for long, the last are new each time.
      const seen = at < count / 3 ? path : at < (2 * count) / 3 ? `${url} ${Math.floor(age / 3)}` : `${url} ${age}`
      parts.push(blocks[hash(`${this.#seed} ${seen} ${at}`) & 255] as string)
    }
    return Buffer.from(parts.join(''))
  }
}

export function errorPage(url: string): Buffer {
  return Buffer.from(`<h1>The site has failed: ${url}</h1>`)
}

export function postedPage(url: string, body: Uint8Array): Buffer {
  return Buffer.from(`${body.length} bytes for ${url}: ${digest(body)}`)
}

async function readAll(body: AsyncIterable<unknown> | undefined): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  if (!body) return Buffer.alloc(0)
  for await (const piece of body) pieces.push(piece as Uint8Array)
  return Buffer.concat(pieces)
}

function fastBrotli(content: Buffer): Buffer {
  return brotliCompressSync(content, { params: { 1: 1 } })
}

function fault(code: FaultCode): Fault {
  return new Fault(code, 'so the simulation wants it')
}

function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

function bare(tag: string): string {
  return tag.replace(/^W\//, '')
}

/** FNV-1a, 32 bits. */
export function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0
  return value
}
