// The directives of Cache-Control, on either side (RFC 9111 §5.2), and of Pragma, its old equal (§5.4).
// Knows: the syntax, also where it is odd. Does not know: what a directive asks for.
//
// Invariant: reading takes time in proportion to the field's length, however it is quoted.
import { type FieldList, valueOf } from './fields.ts'

/** Names in lower case; arguments without their quotes, undefined where there is none. */
export type Directives = ReadonlyMap<string, string | undefined>

/**
 * The directives with their arguments. A comma inside quotes is no end; a quote without a second one is a character
 * like any other. Of one that is given twice the first counts (§4.2.1).
 */
export function directivesOf(fields: FieldList): Directives {
  const directives = new Map<string, string | undefined>()
  const value = valueOf(fields, 'cache-control')
  for (const member of splitMembers(value ?? '')) {
    const [name, argument] = readMember(member)
    if (name !== '' && !directives.has(name)) directives.set(name, argument)
  }
  const isOldReload = value === undefined && splitList(valueOf(fields, 'pragma')).includes('no-cache')
  if (isOldReload) directives.set('no-cache', undefined)
  return directives
}

/** Whether `Cache-Control` holds a directive, or `Pragma` its old equal. */
export function hasDirective(fields: FieldList, directive: string): boolean {
  return directivesOf(fields).has(directive)
}

/**
 * The seconds that a directive gives (§1.2.2): undefined when it is not there. One that gives no whole number gives 0:
 * caches are to take a freshness that they cannot read for none (§4.2.1).
 */
export function secondsOf(directives: Directives, name: string): number | undefined {
  if (!directives.has(name)) return undefined
  return readSeconds(directives.get(name) ?? '') ?? 0
}

/** A number of whole seconds, or undefined when `text` is none. */
export function readSeconds(text: string): number | undefined {
  return /^\d+$/.test(text) ? Math.min(Number(text), MAX_SECONDS) : undefined
}

// RFC 9111 §1.2.2: what is larger counts as this, about 68 years.
const MAX_SECONDS = 2 ** 31

/** The members of a list, in lower case; what is empty is left out. */
export function splitList(value: string | undefined): string[] {
  const members = (value ?? '').split(',').map(each => each.trim().toLowerCase())
  return members.filter(each => each !== '')
}

function splitMembers(value: string): string[] {
  const members: string[] = []
  let start = 0
  let lastQuote = value.lastIndexOf('"')
  for (let at = 0; at < value.length; at++) {
    if (value[at] === ',') {
      members.push(value.slice(start, at))
      start = at + 1
    } else if (value[at] === '"' && at < lastQuote) {
      const end = endOfQuotes(value, at)
      // No quotes end behind this one: none of those that follow begins any.
      if (end === undefined) lastQuote = -1
      else at = end
    }
  }
  return [...members, value.slice(start)]
}

/** Where the quotes that begin at `start` end (RFC 9110 §5.6.4). */
function endOfQuotes(value: string, start: number): number | undefined {
  for (let at = start + 1; at < value.length; at++) {
    if (value[at] === '\\') at += 1
    else if (value[at] === '"') return at
  }
  return undefined
}

/** A space beside the `=` is in no grammar: it stays in the argument, so that what wants a number finds none. */
function readMember(member: string): [name: string, argument: string | undefined] {
  const equals = member.indexOf('=')
  if (equals < 0) return [member.trim().toLowerCase(), undefined]
  const name = member.slice(0, equals)
  const argument = (name === name.trimEnd() ? '' : ' ') + member.slice(equals + 1).trimEnd()
  const isQuoted = argument.length > 1 && argument.startsWith('"') && argument.endsWith('"')
  return [name.trim().toLowerCase(), isQuoted ? argument.slice(1, -1).replaceAll(/\\(.)/g, '$1') : argument]
}
