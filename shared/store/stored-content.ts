// A content in the form in which it is kept below memory, and how it becomes a version again.
// Knows: the two forms, what proves a content. Does not know: databases, other hosts.
//
// Invariant: nothing is given that the record's digest does not prove.
import { digestOf, type Version } from '../version.ts'
import { toVersion, type VersionRecord } from './record.ts'
import { decompress, rememberCompressed } from './compressed.ts'

export interface StoredContent {
  readonly form: 'br' | 'identity'
  readonly bytes: Uint8Array
}

export type OpenedContent =
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'damaged'; readonly why: string }

// What compresses less is kept as it is: it is read faster, and would not be sent compressed either.
const WORTHWHILE = 0.95

/** The smaller form. `compressed` undefined: it is not worth compressing. */
export function toStored(content: Uint8Array, compressed: Uint8Array | undefined): StoredContent {
  const isWorthIt = compressed !== undefined && compressed.length <= content.length * WORTHWHILE
  return isWorthIt ? { form: 'br', bytes: compressed } : { form: 'identity', bytes: content }
}

/** The version of `record`, whose seal was right. */
export async function openStored(record: VersionRecord, stored: StoredContent): Promise<OpenedContent> {
  const { form, bytes } = stored
  const content = form === 'identity' ? bytes : await decompress(bytes, record.length).catch(() => undefined)
  if (!content) return { kind: 'damaged', why: 'its content cannot be decompressed' }
  if (content.length !== record.length || digestOf(content) !== record.digest) {
    return { kind: 'damaged', why: 'its content is not the one that was kept' }
  }
  if (form === 'br') rememberCompressed(content, bytes)
  return { kind: 'version', version: toVersion(record, content) }
}
