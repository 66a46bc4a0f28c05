// The answer to a request for a page: status, fields and body (RFC 9110, RFC 9111).
// Knows: validators, conditions, content codings. Does not know: sockets, waits, which page was asked for.

import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { IncomingHttpHeaders } from 'node:http'
import { madeAt, tagOf, versionOf, type Page, type PageKind } from './page.ts'

export const contentTypes = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
  png: 'image/png',
  xml: 'application/xml; charset=utf-8',
  text: 'text/plain; charset=utf-8',
} as const satisfies Record<PageKind, string>

export type Fields = Readonly<Record<string, string>>

export type Answer =
  | { readonly kind: 'not-modified'; readonly fields: Fields }
  | { readonly kind: 'content'; readonly fields: Fields; readonly body: Buffer }

type Coding = 'identity' | 'gzip' | 'br'

/** Plans the answer to a GET or HEAD with these fields, when `content` is what `page` is at `step`. */
export function planAnswer(page: Page, content: Buffer, step: number, asked: IncomingHttpHeaders): Answer {
  const coding = page.sending === 'coded' ? chooseCoding(asked['accept-encoding']) : 'identity'
  const fields = fieldsOf(page, content, step, coding)
  if (isNotModified(asked, fields)) return { kind: 'not-modified', fields }
  const body = encode(content, coding)
  const length = page.sending === 'chunked' || page.sending === 'pieces' ? {} : { 'content-length': `${body.length}` }
  return { kind: 'content', fields: { 'content-type': contentTypes[page.kind], ...length, ...fields }, body }
}

/** The fields that a 304 carries too (RFC 9110 §15.4.5). */
function fieldsOf(page: Page, content: Buffer, step: number, coding: Coding): Fields {
  const fields: Record<string, string> = {}
  if (page.cache !== undefined) fields['cache-control'] = page.cache
  const vary = [page.sending === 'coded' ? 'accept-encoding' : '', page.ageing === 'personal' ? 'cookie' : '']
  if (vary.some(name => name !== '')) fields['vary'] = vary.filter(name => name !== '').join(', ')
  if (coding !== 'identity') fields['content-encoding'] = coding
  if (page.validators !== 'none' && page.validators !== 'date') {
    // RFC 9110 §8.8.3.3: what is coded differently needs another strong tag.
    const tag = coding === 'identity' ? tagOf(content) : `${tagOf(content)}-${coding}`
    fields['etag'] = page.validators === 'weak' ? `W/"${tag}"` : `"${tag}"`
  }
  if (page.validators === 'date' || page.validators === 'both') {
    fields['last-modified'] = new Date(madeAt(versionOf(page, step))).toUTCString()
  }
  return fields
}

/** RFC 9110 §13.2.2: If-Modified-Since counts only where there is no If-None-Match. */
function isNotModified(asked: IncomingHttpHeaders, fields: Fields): boolean {
  const tags = asked['if-none-match']
  if (tags !== undefined) {
    const own = fields['etag']?.replace(/^W\//, '')
    return tags.trim() === '*' || (tags.match(/"[^"]*"/g) ?? []).some(tag => tag === own)
  }
  const since = Date.parse(asked['if-modified-since'] ?? '')
  const modified = Date.parse(fields['last-modified'] ?? '')
  return modified <= since
}

/** RFC 9110 §12.5.3, in the server's own order: br, then gzip, where the client gives them some weight. */
function chooseCoding(accepted: string | undefined): Coding {
  const weights = new Map<string, number>()
  for (const entry of (accepted ?? '').toLowerCase().split(',')) {
    const [name, ...parameters] = entry.split(';').map(part => part.trim())
    const weight = parameters.find(parameter => parameter.startsWith('q='))
    if (name !== undefined && name !== '') weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)))
  }
  const accepts = (coding: string) => (weights.get(coding) ?? weights.get('*') ?? 0) > 0
  return accepts('br') ? 'br' : accepts('gzip') ? 'gzip' : 'identity'
}

// What servers use that compress while they answer: most of the gain for little of the time.
const BROTLI_QUALITY = 5
const GZIP_LEVEL = 6

function encode(content: Buffer, coding: Coding): Buffer {
  if (coding === 'identity') return content
  if (coding === 'gzip') return gzipSync(content, { level: GZIP_LEVEL })
  return brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } })
}
