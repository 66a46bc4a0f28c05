// The head of a response on the link: its status, its fields in their order and case, and what far tells near about
// the exchange, as text compressed against a dictionary: the common one, and the fields of a version that both hold.
// So a head that hardly changed costs a few dozen bytes, as its content does.
// Knows: the text, the dictionary. Does not know: parts, versions' stores.
//
// Invariants:
// 1. What is decoded can be written as HTTP: a status, names that are tokens, values without control characters.
// 2. A dictionary is used only when its bytes are those that the head names: Deflate would decode with another one, too.
import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { Fault } from '../fault.ts'
import { asTrailers, type FieldList, MAX_RESPONSE_FIELDS_BYTES } from '../http/fields.ts'
import { headDictionary } from './head-dictionary.ts'
import { formatPlan, parsePlan, type ToldPlan } from './told-plan.ts'

/** What far tells near of the exchange; numbers are bytes on the link and milliseconds. All are optional. */
export interface HeadFacts {
  /** How long the origin took until its response began; absent when far answered from its own cache. */
  readonly originWaitMs?: number
  /** What the whole content would have cost, compressed: measured, or estimated from the version before. */
  readonly wholeBytes?: number
  /** What the delta costs, where it was made before the head was sent. */
  readonly deltaBytes?: number
  /** Length of the content, where it is known; near announces it to the client. */
  readonly contentLength?: number
  /** 1 when this near may keep the content as a version. */
  readonly keep?: number
}

export interface Head {
  readonly status: number
  readonly fields: FieldList
  readonly facts: HeadFacts
  /** What far decided and weighed, where near asked for that. */
  readonly plan?: ToldPlan
}

const PLAN = ':plan'

const factNames = {
  originWaitMs: ':wait',
  wholeBytes: ':whole',
  deltaBytes: ':delta',
  contentLength: ':length',
  keep: ':keep',
} as const satisfies Record<keyof HeadFacts, string>

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table is complete and const
const factKeys = Object.keys(factNames) as readonly (keyof HeadFacts)[]

// The fields of an origin, and a kilobyte for status, facts, and what far adds. A compressed head does not unfold to more;
// and one of this length that cannot be compressed still fits into a part (MAX_HELD_BYTES), since Deflate adds less than a
// kilobyte to it.
const MAX_HEAD_CHARACTERS = MAX_RESPONSE_FIELDS_BYTES + 1024

// RFC 9110 §5.1 and §5.5: whatever else stood in a head would end one field line and begin another.
const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// oxlint-disable-next-line eslint/no-control-regex -- that is what is refused
const notInValue = /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/

/** The text of a field list; what `fieldsId` names and what serves as a dictionary. */
export function fieldsText(fields: FieldList): string {
  return fields.map(([name, value]) => `${name}: ${value}\n`).join('')
}

/** Names the exact fields of a version, so that both sides know that they hold the same (hexadecimal, 8 characters). */
export function fieldsId(fields: FieldList): string {
  return createHash('sha256').update(fieldsText(fields), 'latin1').digest('hex').slice(0, 8)
}

/**
 * Compresses a head; `base`: the fields of a version whose fields near holds exactly, or none. Raises
 * ORIGIN_BAD_RESPONSE for fields that no head can carry. Facts that are no numbers from 0 on (a clock that was set back
 * makes such) are left out.
 */
export function encodeHead(head: Head, base: FieldList | undefined): Uint8Array {
  const facts = factKeys.flatMap(key => {
    const value = head.facts[key]
    return value !== undefined && value >= 0 && value <= MAX_FACT ? [`${factNames[key]} ${Math.round(value)}\n`] : []
  })
  if (!head.fields.every(isField)) throw new Fault('ORIGIN_BAD_RESPONSE', 'The site sent a field that is none.')
  if (head.plan) facts.push(`${PLAN} ${formatPlan(head.plan)}\n`)
  const text = Buffer.from(`${facts.join('')}:status ${head.status}\n${fieldsText(head.fields)}`, 'latin1')
  if (text.length > MAX_HEAD_CHARACTERS) {
    throw new Fault('ORIGIN_BAD_RESPONSE', `The site sent fields larger than ${MAX_RESPONSE_FIELDS_BYTES / 1024} KiB.`)
  }
  // Deflate (RFC 1951) makes heads as small as Brotli does, which prepares tables for its dictionary that cost 0.3 ms a head.
  const compressed = deflateRawSync(text, { level: 9, dictionary: dictionaryFor(base) })
  const prefix = base ? Buffer.from(`01${fieldsId(base)}`, 'hex') : Uint8Array.of(0)
  return Buffer.concat([prefix, compressed])
}

/** Reads a head; `baseOf` gives the fields that an id names. Raises LINK_BAD_PART. */
export function decodeHead(bytes: Uint8Array, baseOf: (id: string) => FieldList | undefined): Head {
  const [sort] = bytes
  if (sort === 0) return parseHead(decompress(bytes.subarray(1), undefined))
  if (sort !== 1) throw badHead('A head is of an unknown sort.')
  const id = Buffer.from(bytes.subarray(1, 5)).toString('hex')
  const base = baseOf(id)
  if (!base || fieldsId(base) !== id) throw badHead('A head names fields that near has not.')
  return parseHead(decompress(bytes.subarray(5), base))
}

/** The text of the trailer fields of an end part: those that may come behind a content and that a field line can carry. */
export function encodeTrailers(fields: FieldList): Uint8Array {
  const text = fieldsText(asTrailers(fields).filter(isField))
  // Trailers may be dropped (RFC 9110 §6.5.1); a content that came whole is not worth failing for them.
  return text.length > MAX_HEAD_CHARACTERS ? new Uint8Array(0) : Buffer.from(text, 'latin1')
}

/** Reads the trailer fields of an end part. Raises LINK_BAD_PART. */
export function decodeTrailers(bytes: Uint8Array): FieldList {
  return asTrailers(
    Buffer.from(bytes)
      .toString('latin1')
      .split('\n')
      .filter(line => line !== '')
      .map(parseField),
  )
}

function decompress(bytes: Uint8Array, base: FieldList | undefined): string {
  try {
    const options = { maxOutputLength: MAX_HEAD_CHARACTERS, dictionary: dictionaryFor(base) }
    return inflateRawSync(bytes, options).toString('latin1')
  } catch (cause) {
    throw badHead('A head could not be decompressed.', cause)
  }
}

function parseHead(text: string): Head {
  const facts: { -readonly [Key in keyof HeadFacts]: HeadFacts[Key] } = {}
  const fields: [string, string][] = []
  let status = 0
  let plan: ToldPlan | undefined
  for (const line of text.split('\n')) {
    if (line === '') continue
    if (line.startsWith(`${PLAN} `)) {
      plan = parsePlan(line.slice(PLAN.length + 1))
      continue
    }
    if (line.startsWith(':')) {
      const { name, number } = readFact(line)
      if (name === ':status') status = number
      for (const key of factKeys) if (factNames[key] === name) facts[key] = number
      continue
    }
    fields.push(parseField(line))
  }
  if (status < 100 || status > 999) throw badHead('A head has no status.')
  return { status, fields, facts, ...(plan ? { plan } : {}) }
}

function parseField(line: string): [string, string] {
  const colon = line.indexOf(': ')
  const field: [string, string] = [line.slice(0, colon), line.slice(colon + 2)]
  if (colon < 1 || !isField(field)) throw badHead('A head holds a line that is no field.')
  return field
}

// Fifteen digits are exact in JavaScript; no wait and no length comes near.
const MAX_FACT = 999_999_999_999_999

/** Facts that a later version added are read as well, and then passed over. */
function readFact(line: string): { name: string; number: number } {
  const match = /^(:[a-z-]+) (\d{1,15})$/.exec(line)
  if (!match) throw badHead('A head holds a fact that is no number.')
  return { name: match[1] ?? '', number: Number(match[2]) }
}

function isField([name, value]: readonly [string, string]): boolean {
  return fieldName.test(name) && !notInValue.test(value)
}

function badHead(message: string, cause?: unknown): Fault {
  return new Fault('LINK_BAD_PART', message, { cause })
}

/** Deflate looks back 32 KiB at most: of longer fields the last ones count. */
function dictionaryFor(base: FieldList | undefined): Uint8Array {
  return base ? Buffer.concat([headDictionary, Buffer.from(fieldsText(base), 'latin1')]) : headDictionary
}
