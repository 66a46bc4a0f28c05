// Records and contents as single values of a store on another host, which keeps bytes by name and can prove nothing.
// Knows: the layout of a value. Does not know: who keeps it, under which name.
//
//   record:  1 byte layout · 16 bytes seal · the record's text
//   content: 1 byte layout · 1 byte form · the bytes
//
// A value of another layout is none: fars of two releases can share a store, each seeing what it understands.
import { readRecord, toRecord, type VersionRecord, writeRecord } from './record.ts'
import type { StoredContent } from './stored-content.ts'
import type { Version } from '../version.ts'

const LAYOUT = 2
const SEAL_BYTES = 16
const CONTENT_HEAD_BYTES = 2
const forms = ['identity', 'br'] as const

export function packRecord(version: Version): Buffer {
  const { text, seal } = writeRecord(toRecord(version))
  return Buffer.concat([Buffer.of(LAYOUT), seal, Buffer.from(text)])
}

/** Undefined for what is no record, or not as it was packed. */
export function unpackRecord(value: Buffer): VersionRecord | undefined {
  if (value[0] !== LAYOUT) return undefined
  return readRecord(value.toString('utf8', 1 + SEAL_BYTES), value.subarray(1, 1 + SEAL_BYTES))
}

export function packContent({ form, bytes }: StoredContent): Buffer {
  return Buffer.concat([Buffer.of(LAYOUT, forms.indexOf(form)), bytes])
}

/** Undefined for what is no content; whether it is the right one is for `openStored` to prove. */
export function unpackContent(value: Buffer): StoredContent | undefined {
  const form = forms[value[1] ?? -1]
  if (value[0] !== LAYOUT || value.length < CONTENT_HEAD_BYTES || form === undefined) return undefined
  return { form, bytes: value.subarray(CONTENT_HEAD_BYTES) }
}
