// Lists of HTTP fields: in the order and case in which they came, repeated names kept apart (RFC 9110 §5).
// Knows: names, hop-by-hop rules. Does not know: what a field means to caching or to the link.

/** One field line each: name as written, value. */
export type FieldList = readonly (readonly [name: string, value: string])[]

// RFC 9110 §7.6.1, and Proxy-Connection, which some clients still send (RFC 9112 appendix C.2.2).
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/** What a response may have, names and values together; browsers accept 256 KiB, and a head on the link carries a little more. */
export const MAX_RESPONSE_FIELDS_BYTES = 254 * 1024

/** Pairs from Node's flat `rawHeaders`: name, value, name, value. */
export function fromRaw(raw: readonly string[]): FieldList {
  const fields: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) fields.push([raw[at] ?? '', raw[at + 1] ?? ''])
  return fields
}

/** Node's flat form of a list. */
export function toRaw(fields: FieldList): string[] {
  return fields.flat()
}

/** The combined value of a field (RFC 9110 §5.3), or undefined where there is none. */
export function valueOf(fields: FieldList, name: string): string | undefined {
  const values = fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(name === 'cookie' ? '; ' : ', ')
}

/** All but the fields with these lower-case names. */
export function without(fields: FieldList, ...names: readonly string[]): FieldList {
  return fields.filter(([name]) => !names.includes(name.toLowerCase()))
}

/** The list with one field in the place of all of that name: where the first of them was, else at the end. */
export function withField(fields: FieldList, name: string, value: string): FieldList {
  const lower = name.toLowerCase()
  const first = fields.findIndex(([each]) => each.toLowerCase() === lower)
  const before = first < 0 ? fields : fields.slice(0, first)
  return [...before, [name, value], ...without(first < 0 ? [] : fields.slice(first), lower)]
}

/**
 * What a proxy passes on (RFC 9110 §7.6.1): not the fields of the connection, not those that `Connection` names, and
 * none of this extension's own.
 */
export function endToEnd(fields: FieldList): FieldList {
  const named = (valueOf(fields, 'connection') ?? '').toLowerCase().split(',')
  const dropped = new Set(named.map(name => name.trim()))
  return fields.filter(([name]) => {
    const lower = name.toLowerCase()
    return !hopByHop.has(lower) && !dropped.has(lower) && !lower.startsWith('hunch-') && !lower.startsWith(':')
  })
}

// RFC 9110 §6.5.1: what is needed to read, route or check a message before its content has come, and what a cache or a
// client would have had to obey at its head.
const notInTrailers = new Set([
  'age',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'expect',
  'expires',
  'host',
  'location',
  'max-forwards',
  'pragma',
  'range',
  'retry-after',
  'set-cookie',
  'trailer',
  'vary',
  'www-authenticate',
])

/** The fields of a trailer section that a proxy passes on. */
export function asTrailers(fields: FieldList): FieldList {
  return endToEnd(fields).filter(([name]) => !notInTrailers.has(name.toLowerCase()))
}

/** The fields as one object of lower-case names and combined values, as libraries want them. */
export function toRecord(fields: FieldList): Record<string, string> {
  // Not gathered in an object: `constructor` and `__proto__` are names that a field may have.
  const record = new Map<string, string>()
  for (const [name, value] of fields) {
    const lower = name.toLowerCase()
    const before = record.get(lower)
    record.set(lower, before === undefined ? value : `${before}${lower === 'cookie' ? '; ' : ', '}${value}`)
  }
  return Object.fromEntries(record)
}

/** The fields as one object of lower-case names and lists of values, each line one, as HTTP/2 libraries want them. */
export function toLists(fields: FieldList): Record<string, string[]> {
  // Not gathered in an object, as in `toRecord`.
  const lists = new Map<string, string[]>()
  for (const [name, value] of fields) {
    const lower = name.toLowerCase()
    lists.set(lower, [...(lists.get(lower) ?? []), value])
  }
  return Object.fromEntries(lists)
}

/** The lines of an object of names and values, where a name that came several times has several. */
export function fromLists(lists: Readonly<Record<string, string | readonly string[] | undefined>>): FieldList {
  return Object.entries(lists).flatMap(([name, value]) => [value ?? []].flat().map(each => [name, each] as const))
}

/** The length that Content-Length tells; undefined where it tells none. */
export function lengthOf(fields: FieldList): number | undefined {
  const text = valueOf(fields, 'content-length')
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/**
 * The transfer coding of a message that is none of those that can be read: chunks, or none at all (RFC 9112 §6.1, §7). What
 * two readers would end in different places, or not decode, is passed on by nobody. `isOld`: it is of HTTP/1.0, which has none.
 */
export function oddTransferCoding(fields: FieldList, isOld = false): string | undefined {
  const coding = valueOf(fields, 'transfer-encoding')
  if (coding === undefined) return undefined
  return !isOld && coding.trim().toLowerCase() === 'chunked' ? undefined : coding
}

/** The list after this proxy has added itself to `Via` (RFC 9110 §7.6.3): the protocol it *received* the message by. */
export function withVia(fields: FieldList, receivedProtocol: string, pseudonym: string): FieldList {
  return [...fields, ['Via', `${receivedProtocol} ${pseudonym}`]]
}
