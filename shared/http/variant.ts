// Which of several responses of one URL a request selects (RFC 9111 §4.1).
// Knows: Vary, and which differences of request fields are none. Does not know: stores.
import { createHash } from 'node:crypto'
import { splitList } from './directives.ts'
import { type FieldList, valueOf } from './fields.ts'

/**
 * A name for the request fields that selected a response: two requests select the same response when its `Vary` gives
 * the same name for both. Empty when it names no field; undefined when nothing that a request says selects it (`*`).
 * The name does not tell what the fields say: it is written down with the version, and they may be secrets.
 */
export function variantOf(vary: string | undefined, requestFields: FieldList): string | undefined {
  const names = [...new Set(splitList(vary))]
  if (names.includes('*')) return undefined
  const selecting = names.filter(name => !notSelecting.has(name)).sort()
  if (selecting.length === 0) return ''
  const text = selecting.map(name => `${name}: ${normalise(name, valueOf(requestFields, name))}\n`).join('')
  return createHash('sha256').update(text).digest('base64url')
}

// Contents are kept without content coding, so that these tell none apart (RFC 9842 §6.2).
const notSelecting: ReadonlySet<string> = new Set(['accept-encoding', 'available-dictionary', 'dictionary-id'])

/** Absent is not the same as empty. Space around commas has no meaning, nor has the case of a language (RFC 4647 §2). */
function normalise(name: string, value: string | undefined): string {
  if (value === undefined) return '-'
  const text = value
    .split(',')
    .map(each => each.trim().replaceAll(/\s+/g, ' '))
    .join()
  return `=${name === 'accept-language' ? text.toLowerCase() : text}`
}
