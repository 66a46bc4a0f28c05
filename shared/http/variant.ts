// Which of several responses of one URL a request selects (RFC 9111 §4.1).
// Knows: Vary, and which differences of request fields are none. Does not know: stores.
import { splitList } from './directives.ts'
import { type FieldList, valueOf } from './fields.ts'

/**
 * The request fields that selected a response, as one text: two requests select the same response when its `Vary` gives
 * the same text for both. Undefined when nothing that a request says selects it (`*`).
 */
export function variantOf(vary: string | undefined, requestFields: FieldList): string | undefined {
  const names = [...new Set(splitList(vary))]
  if (names.includes('*')) return undefined
  return names
    .filter(name => !notSelecting.has(name))
    .sort()
    .map(name => `${name}: ${normalise(name, valueOf(requestFields, name))}\n`)
    .join('')
}

// Contents are kept without content coding, so that this tells none apart.
const notSelecting: ReadonlySet<string> = new Set(['accept-encoding'])

/** Absent is not the same as empty. Space around commas has no meaning, nor has the case of a language (RFC 4647 §2). */
function normalise(name: string, value: string | undefined): string {
  if (value === undefined) return '-'
  const text = value
    .split(',')
    .map(each => each.trim().replaceAll(/\s+/g, ' '))
    .join()
  return `=${name === 'accept-language' ? text.toLowerCase() : text}`
}
