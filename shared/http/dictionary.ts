// Compression dictionaries towards origins (RFC 9842): which response may be one, which one a request is sent with, what
// such a request says, how a content begins that was made with it.
// Knows: fields, patterns of URLs, digests. Does not know: stores, streams, Brotli, Zstandard.
//
// Far takes the browser's part, because browsers turn their own dictionaries off behind a local authority. Invariants:
// 1. A dictionary serves the origin that it came from, over https, while it is fresh (§2.2, §9.3.1).
// 2. It tells the origin nothing that the request does not tell: one that is no shared cache's to keep goes only with the
//    very cookies and credentials with which it came, and none goes where a site is embedded in another (§10).
import { createHash } from 'node:crypto'
import { parseDictionary, serializeItem, Token } from 'structured-headers'
import type { RequestFacts } from './caching.ts'
import { type FieldList, valueOf, withField, without } from './fields.ts'
import { Freshness } from './freshness.ts'
import type { ResponseFacts } from './lifetime.ts'

/** What a response says of its use as a dictionary; plain data, to be written down. */
export interface DictionaryTerms {
  /** An URL pattern, relative to the dictionary's own URL. */
  readonly match: string
  /** Request destinations; empty: all. */
  readonly destinations: readonly string[]
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly freshUntil: number
  /** Names the cookies and credentials with which it came. */
  readonly credentials: string
}

/** A response that has terms, as stores keep it. */
export interface Dictionary {
  readonly url: string
  readonly scope: string
  readonly content: Uint8Array
  /** SHA-256 in hexadecimal. */
  readonly digest: string
  readonly dictionary?: DictionaryTerms
}

/** §2.1.3. */
const MAX_ID_CHARACTERS = 1024

/** The terms on which a response is a dictionary, when it is one. `askedAt`: when the origin was asked. */
export function dictionaryTerms(
  request: RequestFacts,
  response: ResponseFacts,
  askedAt: number,
): DictionaryTerms | undefined {
  const value = valueOf(response.fields, 'use-as-dictionary')
  if (value === undefined || response.status !== 200 || !mayUseDictionaries(request)) return undefined
  const said = readTerms(value)
  if (!said || !patternOf(said.match, request.url)) return undefined
  // Far keeps it on behalf of whoever asked, as that one's own cache would.
  const freshSeconds = Freshness.of(request, response, 'private', askedAt).freshForSeconds(askedAt)
  if (freshSeconds === 0) return undefined
  return { ...said, freshUntil: askedAt + freshSeconds * 1000, credentials: credentialsOf(request.fields) }
}

/** The dictionary with which a request is best sent (§2.2); `candidates`: those of its origin, newest first. */
export function chooseDictionary<Candidate extends Dictionary>(
  request: RequestFacts,
  candidates: readonly Candidate[],
  now: number,
): Candidate | undefined {
  if (candidates.length === 0 || !mayUseDictionaries(request)) return undefined
  const credentials = credentialsOf(request.fields)
  const destination = destinationOf(request.fields)
  const matching = candidates.flatMap(candidate => {
    const { dictionary: terms, scope, url, content } = candidate
    if (!terms || content.length === 0 || now >= terms.freshUntil) return []
    if (scope !== 'public' && terms.credentials !== credentials) return []
    const isForAll = terms.destinations.length === 0
    if (!isForAll && !(destination !== undefined && terms.destinations.includes(destination))) return []
    return patternOf(terms.match, url)?.test(request.url) ? [{ candidate, isForAll, length: terms.match.length }] : []
  })
  // §2.2.3: who names a destination first, then the longer pattern, then the newer; sorting keeps the order of equals.
  matching.sort((one, other) => Number(one.isForAll) - Number(other.isForAll) || other.length - one.length)
  return matching[0]?.candidate
}

export const dictionaryCodings = ['dcb', 'dcz'] as const
export type DictionaryCoding = (typeof dictionaryCodings)[number]

/** The request's fields with a dictionary on offer (§2.2, §2.3, §6.1). */
export function withDictionary(fields: FieldList, { digest, content, dictionary }: Dictionary): FieldList {
  const codings = dictionaryCodings.filter(coding => coding !== 'dcz' || !looksLikeZstandard(content))
  const accepted = valueOf(fields, 'accept-encoding')
  const all = [...(accepted === undefined ? [] : [accepted]), ...codings].join(', ')
  const offered: FieldList = [
    ...withField(withoutDictionary(fields), 'Accept-Encoding', all),
    ['Available-Dictionary', serializeItem(Buffer.from(digest, 'hex'))],
  ]
  const id = dictionary?.id ?? ''
  return id === '' ? offered : [...offered, ['Dictionary-ID', serializeItem(id)]]
}

/** The request's fields without a dictionary on offer, the client's own among them. */
export function withoutDictionary(fields: FieldList): FieldList {
  return without(fields, 'available-dictionary', 'dictionary-id')
}

/** How a content is to be read whose request had a dictionary on offer. */
export type DictionaryUse =
  /** It has nothing to do with dictionaries. */
  | { readonly kind: 'none' }
  | { readonly kind: 'coded'; readonly coding: DictionaryCoding }
  /** The client could not read it, and it must not be changed, or has codings beside this one: ask without dictionaries. */
  | { readonly kind: 'useless' }

export function planDictionaryUse({ status, fields }: ResponseFacts, mayTransform: boolean): DictionaryUse {
  const codings = (valueOf(fields, 'content-encoding') ?? '').split(',').map(name => name.trim().toLowerCase())
  const isCoded = codings.some(name => dictionaryCodings.some(each => each === name))
  if (!isCoded || status === 204 || status === 304) return { kind: 'none' }
  const coding = dictionaryCodings.find(name => codings.length === 1 && name === codings[0])
  return coding && mayTransform ? { kind: 'coded', coding } : { kind: 'useless' }
}

// §4 and §5: both begin with bytes of their own, then the dictionary's SHA-256. For dcz these are a frame that decoders
// of Zstandard skip.
const magic = { dcb: 'ff444342', dcz: '5e2a4d1820000000' } as const satisfies Record<DictionaryCoding, string>

/** The bytes with which a content begins that was coded with the dictionary of this digest. */
export function dictionaryHeader(coding: DictionaryCoding, digest: string): Uint8Array {
  return Buffer.from(magic[coding] + digest, 'hex')
}

// RFC 8878 §5: decoders take what begins so for a dictionary of another kind than raw bytes.
const ZSTANDARD_DICTIONARY = Buffer.from('37a430ec', 'hex')

function looksLikeZstandard(content: Uint8Array): boolean {
  return ZSTANDARD_DICTIONARY.equals(content.subarray(0, ZSTANDARD_DICTIONARY.length))
}

function readTerms(value: string): Pick<DictionaryTerms, 'match' | 'destinations' | 'id'> | undefined {
  try {
    const members = parseDictionary(value)
    const match = members.get('match')?.[0]
    const destinations = members.get('match-dest')?.[0] ?? []
    const id = members.get('id')?.[0] ?? ''
    const type = members.get('type')?.[0] ?? new Token('raw')
    // Only what a dictionary means in full may be used (§2.1).
    if (typeof match !== 'string' || typeof id !== 'string' || id.length > MAX_ID_CHARACTERS) return undefined
    if (!(type instanceof Token) || type.toString() !== 'raw' || !Array.isArray(destinations)) return undefined
    const names = destinations.map(([name]) => name).filter(name => typeof name === 'string')
    return names.length === destinations.length ? { match, destinations: names, id } : undefined
  } catch {
    return undefined
  }
}

/** The pattern that `match` is, or undefined when it is none, or needs regular expressions (§2.1.1). */
function patternOf(match: string, base: string): URLPattern | undefined {
  try {
    const pattern = new URLPattern(match, base)
    return pattern.hasRegExpGroups ? undefined : pattern
  } catch {
    return undefined
  }
}

/** What browsers call the destination of a request; undefined where the client does not say. */
function destinationOf(fields: FieldList): string | undefined {
  const said = valueOf(fields, 'sec-fetch-dest')
  // Fetch metadata §2.1 writes the destination of `fetch()`, which has no name, as `empty`.
  return said === 'empty' ? '' : said
}

/**
 * Whether a request may be made with dictionaries, and its response be one. As browsers have it: in the open only where
 * nobody reads along (§9.3), and where the page may read the response (§9.3.2). Stricter for what a site embeds of another:
 * browsers part that by the site around it, which a proxy is not told.
 */
function mayUseDictionaries({ url, fields }: RequestFacts): boolean {
  if (!url.startsWith('https://')) return false
  const site = valueOf(fields, 'sec-fetch-site') ?? 'none'
  const mode = valueOf(fields, 'sec-fetch-mode')
  if (site === 'none' || site === 'same-origin') return true
  const isPage = mode === 'navigate' && valueOf(fields, 'sec-fetch-dest') === 'document'
  return isPage || (site === 'same-site' && mode === 'cors')
}

function credentialsOf(fields: FieldList): string {
  const said = ['cookie', 'authorization'].map(name => valueOf(fields, name) ?? '')
  // Not the credentials themselves: a version outlives the session.
  return createHash('sha256').update(said.join('\n')).digest('hex').slice(0, 32)
}
