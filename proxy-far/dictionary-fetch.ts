// Asks an origin with a dictionary on offer (RFC 9842) where far holds one, and gives the response as if there had been
// none: its content without that coding. What cannot be read so is asked for once more, with no dictionary.
// Knows: origins, the versions that far keeps, node:zlib. Does not know: what dictionaries are for (shared/http/dictionary.ts).
//
// Invariant: no byte of a content is given before its header has named the very dictionary that was offered; with another
// one, Brotli and Zstandard give wrong bytes without a word.
import type { Transform } from 'node:stream'
import { constants, createBrotliDecompress, createZstdDecompress, type ZstdOptions } from 'node:zlib'
import { dictionaryOptions } from '../shared/delta/dcb.ts'
import { withoutCoding } from '../shared/http/content.ts'
import {
  chooseDictionary,
  type DictionaryCoding,
  dictionaryHeader,
  planDictionaryUse,
  withDictionary,
} from '../shared/http/dictionary.ts'
import { hasDirective } from '../shared/http/directives.ts'
import { privateScope, type Version } from '../shared/version.ts'
import { undo } from './decode-content.ts'
import type { KeepContext } from './keep-version.ts'
import type { OriginRequest, OriginResponse, Origins } from './origin.ts'

export interface DictionaryContext extends Pick<KeepContext, 'versions' | 'now'> {
  readonly origins: Origins
}

/** Asks as `Origins.fetch` does, for the near `nearId`. For contents that far reads, not for those that it passes on. */
export async function fetchWithDictionary(
  request: OriginRequest,
  nearId: string,
  { origins, versions, now }: DictionaryContext,
): Promise<OriginResponse> {
  const candidates = versions.dictionariesOf(request.url, ['public', privateScope(nearId)])
  // A content of the request's own could not be sent a second time.
  const dictionary = request.body ? undefined : chooseDictionary(request, candidates, now())
  if (!dictionary) return origins.fetch(request)
  const response = await origins.fetch({ ...request, fields: withDictionary(request.fields, dictionary) })
  const use = planDictionaryUse(response, !hasDirective(response.fields, 'no-transform'))
  if (use.kind === 'none') return response
  const body = use.kind === 'coded' ? await readCoded(response.body, use.coding, dictionary) : undefined
  if (body) return { ...response, fields: withoutCoding(response.fields), body }
  response.discard()
  return origins.fetch(request)
}

/** The content, or undefined when it was not made with `dictionary`. */
async function readCoded(
  body: AsyncIterable<Uint8Array>,
  coding: DictionaryCoding,
  dictionary: Version,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const header = dictionaryHeader(coding, dictionary.digest)
  const pieces = body[Symbol.asyncIterator]()
  let begun: Uint8Array = new Uint8Array(0)
  while (begun.length < header.length) {
    const { done, value } = await pieces.next()
    if (done) return undefined
    begun = Buffer.concat([begun, value])
  }
  if (!Buffer.from(header).equals(begun.subarray(0, header.length))) {
    await pieces.return?.()
    return undefined
  }
  return undo(chain(begun.subarray(header.length), pieces), [decoders[coding](dictionary.content)], coding)
}

const decoders = {
  dcb: (dictionary: Uint8Array) => createBrotliDecompress(dictionaryOptions(dictionary)),
  dcz: (dictionary: Uint8Array) => createZstdDecompress(zstandardOptions(dictionary)),
} as const satisfies Record<DictionaryCoding, (dictionary: Uint8Array) => Transform>

// RFC 9842 §5: a window of 8 MiB, or of a quarter more than the dictionary where that is larger, and of 128 MiB at most.
const MIN_WINDOW_LOG = 23
const MAX_WINDOW_LOG = 27

/** Options of node:zlib for a dictionary; its types do not have it yet. */
function zstandardOptions(dictionary: Uint8Array): ZstdOptions {
  const needed = Math.ceil(Math.log2(dictionary.length * 1.25))
  const windowLog = Math.min(MAX_WINDOW_LOG, Math.max(MIN_WINDOW_LOG, needed))
  const options: ZstdOptions & { dictionary: Uint8Array } = {
    dictionary,
    params: { [constants.ZSTD_d_windowLogMax]: windowLog },
  }
  return options
}

async function* chain(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
