// The head of a response on the link: its status, its fields in their order and case, and what far tells near about
// the exchange, as text compressed against a dictionary: the common one, and the fields of a version that both hold.
// So a head that hardly changed costs a few dozen bytes, as its content does.
// Knows: the text, the dictionary. Does not know: parts, versions' stores.
import { createHash } from 'node:crypto'
import { type BrotliOptions, brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { Fault } from '../fault.ts'
import type { FieldList } from '../http/fields.ts'
import { headDictionary } from './head-dictionary.ts'

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
}

const factNames = {
  originWaitMs: ':wait',
  wholeBytes: ':whole',
  deltaBytes: ':delta',
  contentLength: ':length',
  keep: ':keep',
} as const satisfies Record<keyof HeadFacts, string>

// As large as MAX_HELD_BYTES of a part allows before compression; a compressed head cannot unfold to more.
const MAX_HEAD_CHARACTERS = 256 * 1024

/** The text of a field list; what `fieldsId` names and what serves as a dictionary. */
export function fieldsText(fields: FieldList): string {
  return fields.map(([name, value]) => `${name}: ${value}\n`).join('')
}

/** Names the exact fields of a version, so that both sides know that they hold the same (hexadecimal, 8 characters). */
export function fieldsId(fields: FieldList): string {
  return createHash('sha256').update(fieldsText(fields), 'latin1').digest('hex').slice(0, 8)
}

/** Compresses a head; `base`: the fields of a version whose fields near holds exactly, or none. */
export function encodeHead(head: Head, base: FieldList | undefined): Uint8Array {
  const facts = Object.entries(factNames).flatMap(([key, name]) => {
    const value = head.facts[key as keyof HeadFacts]
    return value === undefined ? [] : [`${name} ${Math.round(value)}\n`]
  })
  const text = Buffer.from(`${facts.join('')}:status ${head.status}\n${fieldsText(head.fields)}`, 'latin1')
  const compressed = brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 9,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
      [constants.BROTLI_PARAM_LGWIN]: 18,
    },
    ...dictionaryFor(base),
  })
  const prefix = base ? Buffer.from(`01${fieldsId(base)}`, 'hex') : Uint8Array.of(0)
  return Buffer.concat([prefix, compressed])
}

/** Reads a head; `baseOf` gives the fields that an id names. Raises LINK_BAD_PART. */
export function decodeHead(bytes: Uint8Array, baseOf: (id: string) => FieldList | undefined): Head {
  const hasBase = bytes[0] === 1
  const id = Buffer.from(bytes.subarray(1, 5)).toString('hex')
  const base = hasBase ? baseOf(id) : undefined
  if (bytes.length < 2 || (hasBase && !base)) throw new Fault('LINK_BAD_PART', 'A head names fields that near has not.')
  return parseHead(decompress(bytes.subarray(hasBase ? 5 : 1), base))
}

function decompress(bytes: Uint8Array, base: FieldList | undefined): string {
  try {
    const options = { maxOutputLength: MAX_HEAD_CHARACTERS, ...dictionaryFor(base) }
    return brotliDecompressSync(bytes, options).toString('latin1')
  } catch (cause) {
    throw new Fault('LINK_BAD_PART', 'A head could not be decompressed.', { cause })
  }
}

function parseHead(text: string): Head {
  const facts: { -readonly [Key in keyof HeadFacts]: HeadFacts[Key] } = {}
  const fields: [string, string][] = []
  let status = 0
  for (const line of text.split('\n')) {
    if (line === '') continue
    if (line.startsWith(':')) {
      const [name, value] = line.split(' ', 2) as [string, string]
      if (name === ':status') status = Number(value)
      for (const [key, each] of Object.entries(factNames))
        if (each === name) facts[key as keyof HeadFacts] = Number(value)
      continue
    }
    const colon = line.indexOf(': ')
    if (colon < 1) throw new Fault('LINK_BAD_PART', 'A head holds a line that is no field.')
    fields.push([line.slice(0, colon), line.slice(colon + 2)])
  }
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw new Fault('LINK_BAD_PART', 'A head has no status.')
  }
  return { status, fields, facts }
}

function dictionaryFor(base: FieldList | undefined): BrotliOptions {
  const dictionary = base ? Buffer.concat([headDictionary, Buffer.from(fieldsText(base), 'latin1')]) : headDictionary
  // Node has this since 24.15; @types/node does not know it yet.
  return { dictionary } as BrotliOptions
}
