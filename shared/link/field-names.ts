// How the names of a request's fields were written. HTTP/2 has them in lower case; origins that speak HTTP/1.1 see them as
// the client wrote them, because a few look. Most clients write most names one way, so only the others cross the link.
// Knows: that way, one field of the link. Does not know: HTTP/2, what a field means.
import { parseList, serializeList } from 'structured-headers'
import type { FieldList } from '../http/fields.ts'

/** On an ask: the names of its fields that were not written the common way (RFC 9651 List of Strings). */
export const NAMES_FIELD = 'hunch-names'

// As browsers and most libraries write them over HTTP/1.1.
const uncommon: ReadonlyMap<string, string> = new Map(
  ['Content-MD5', 'DNT', 'Dictionary-ID', 'SOAPAction', 'Sec-GPC'].map(name => [name.toLowerCase(), name]),
)

/** A name as it is commonly written: `User-Agent`, `DNT`, `sec-ch-ua`. */
export function commonName(name: string): string {
  const lower = name.toLowerCase()
  // Chromium writes client hints as their specification does.
  if (lower.startsWith('sec-ch-')) return lower
  if (lower.startsWith('sec-websocket-')) return `Sec-WebSocket-${capitalise(lower.slice('sec-websocket-'.length))}`
  return uncommon.get(lower) ?? capitalise(lower)
}

/**
 * The value of NAMES_FIELD for `fields`; undefined when all names are written the common way. Of lines of one name the
 * first says how it is written.
 */
export function namesOf(fields: FieldList): string | undefined {
  const firsts = new Map(fields.toReversed().map(([name]) => [name.toLowerCase(), name]))
  const names = fields.map(([name]) => name).filter(name => firsts.get(name.toLowerCase()) === name)
  const uncommonly = new Set(names.filter(name => name !== commonName(name)))
  return uncommonly.size === 0 ? undefined : serializeList([...uncommonly].map(name => [name, new Map()]))
}

/** `fields` with their names as the client wrote them. `names`: NAMES_FIELD; malformed, it is no reason to fail. */
export function withNames(fields: FieldList, names: string | undefined): FieldList {
  const written = new Map(readNames(names).map(name => [name.toLowerCase(), name]))
  return fields.map(([name, value]) => [written.get(name.toLowerCase()) ?? commonName(name), value])
}

function capitalise(lower: string): string {
  return lower.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())
}

function readNames(text: string | undefined): string[] {
  if (text === undefined) return []
  try {
    return parseList(text)
      .map(([name]) => name)
      .filter(name => typeof name === 'string')
  } catch {
    return []
  }
}
