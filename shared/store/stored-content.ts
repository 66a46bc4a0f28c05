// A content in the form in which it is kept below memory, and how it becomes a version again.
// Knows: the two forms, what proves a content. Does not know: databases, other hosts.
//
// Invariant: nothing is given that the record's digest does not prove.
import { digestOf, type Version } from '../version.ts'
import { toVersion, type VersionRecord } from './record.ts'
import { decompressSegments, lengthsOf, partSegments, rememberSegments, type Segment } from './segments.ts'

export interface StoredContent {
  readonly form: 'segments' | 'identity'
  readonly bytes: Uint8Array
  /** What `lengthsOf` gave; empty for `identity`. */
  readonly segmentLengths: Uint8Array
}

export type OpenedContent =
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'damaged'; readonly why: string }

// What compresses less is kept as it is: it is read faster, and would not be sent compressed either.
const WORTHWHILE = 0.95

/** The smaller form. `segments` undefined: it is not worth compressing. */
export function toStored(content: Uint8Array, segments: readonly Segment[] | undefined): StoredContent {
  if (segments) {
    const bytes = Buffer.concat(segments.map(segment => segment.bytes))
    if (bytes.length <= content.length * WORTHWHILE) {
      return { form: 'segments', bytes, segmentLengths: lengthsOf(segments) }
    }
  }
  return { form: 'identity', bytes: content, segmentLengths: new Uint8Array(0) }
}

/** The version of `record`, whose seal was right. */
export async function openStored(record: VersionRecord, stored: StoredContent): Promise<OpenedContent> {
  const { form, bytes, segmentLengths } = stored
  const content = form === 'identity' ? bytes : await decompressSegments(bytes, record.length).catch(() => undefined)
  if (!content) return { kind: 'damaged', why: 'its content cannot be decompressed' }
  if (content.length !== record.length || digestOf(content) !== record.digest) {
    return { kind: 'damaged', why: 'its content is not the one that was kept' }
  }
  const segments = form === 'identity' ? undefined : partSegments(bytes, segmentLengths, record.length)
  if (segments) rememberSegments(content, segments)
  return { kind: 'version', version: toVersion(record, content) }
}
