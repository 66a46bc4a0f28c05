// Records and contents as single values of a store on another host, which keeps bytes by name and can prove nothing.
// Knows: the layout of a value. Does not know: who keeps it, under which name.
//
//   record:  1 byte layout · 16 bytes seal · the record's text
//   content: 1 byte layout · 1 byte form · 4 bytes length of the segments' lengths · those · the bytes
//
// A value of another layout is none: fars of two releases can share a store, each seeing what it understands.
import { readRecord, toRecord, type VersionRecord, writeRecord } from './record.ts'
import type { StoredContent } from './stored-content.ts'
import type { Version } from '../version.ts'

const LAYOUT = 1
const SEAL_BYTES = 16
const CONTENT_HEAD_BYTES = 6
const forms = ['identity', 'segments'] as const

export function packRecord(version: Version): Buffer {
  const { text, seal } = writeRecord(toRecord(version))
  return Buffer.concat([Buffer.of(LAYOUT), seal, Buffer.from(text)])
}

/** Undefined for what is no record, or not as it was packed. */
export function unpackRecord(value: Buffer): VersionRecord | undefined {
  if (value[0] !== LAYOUT) return undefined
  return readRecord(value.toString('utf8', 1 + SEAL_BYTES), value.subarray(1, 1 + SEAL_BYTES))
}

export function packContent({ form, bytes, segmentLengths }: StoredContent): Buffer {
  const head = Buffer.of(LAYOUT, forms.indexOf(form), 0, 0, 0, 0)
  head.writeUInt32LE(segmentLengths.length, 2)
  return Buffer.concat([head, segmentLengths, bytes])
}

/** Undefined for what is no content; whether it is the right one is for `openStored` to prove. */
export function unpackContent(value: Buffer): StoredContent | undefined {
  const form = forms[value[1] ?? -1]
  if (value[0] !== LAYOUT || value.length < CONTENT_HEAD_BYTES || form === undefined) return undefined
  const start = CONTENT_HEAD_BYTES + value.readUInt32LE(2)
  if (start > value.length) return undefined
  return { form, segmentLengths: value.subarray(CONTENT_HEAD_BYTES, start), bytes: value.subarray(start) }
}
