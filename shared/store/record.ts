// What is written down of a version beside its content, and how it is read again.
// Knows: the fields of a version, its names in indexes. Does not know: databases, contents' form.
//
// Invariant: a record is believed only with its seal. An index leads to records but proves nothing: whoever looks one up
// compares URL and scope with those that it says.
import { hash } from 'node:crypto'
import { Freshness, type StoredFacts } from '../http/freshness.ts'
import { type Scope, type Version, originOf } from '../version.ts'

export interface VersionRecord extends Omit<Version, 'content' | 'freshness'> {
  /** Bytes of content. */
  readonly length: number
  readonly facts: StoredFacts
}

/** The names under which a version is found. Sixteen bytes of SHA-256: URLs are long, and none is guessed. */
export interface RecordNames {
  /** Of its content, scope, URL and variant: what is stored under the same name again replaces it. */
  readonly key: Buffer
  readonly byUrl: Buffer
  readonly byOrigin: Buffer
}

const NAME_BYTES = 16

export function toRecord({ content, freshness, ...rest }: Version): VersionRecord {
  return { ...rest, length: content.length, facts: freshness.facts }
}

/** `content` must be what the record's digest says: whoever calls has verified it. */
export function toVersion({ length, facts, ...rest }: VersionRecord, content: Uint8Array): Version {
  if (content.length !== length) throw new RangeError(`a content of ${content.length} bytes is not one of ${length}`)
  return { ...rest, content, freshness: Freshness.restore(facts, rest) }
}

/** The record as text, and the seal that proves that it is unchanged. */
export function writeRecord(record: VersionRecord): { readonly text: string; readonly seal: Buffer } {
  const text = JSON.stringify(record)
  return { text, seal: nameOf(text) }
}

/** Undefined when the text is not the one that was sealed. */
export function readRecord(text: string, seal: Uint8Array): VersionRecord | undefined {
  if (!nameOf(text).equals(seal)) return undefined
  return JSON.parse(text) as VersionRecord
}

/** A record that may not answer again without the origin's word (RFC 9111 §4.4). */
export function invalidateRecord(record: VersionRecord): VersionRecord {
  return { ...record, facts: { ...record.facts, mustBeValidated: true } }
}

export function namesOf({ url, scope, digest, facts }: VersionRecord): RecordNames {
  return {
    key: nameOf(`${digest} ${scope} ${url} ${facts.variant ?? '*'}`),
    byUrl: nameByUrl(url, scope),
    byOrigin: nameByOrigin(url, scope),
  }
}

export function nameByUrl(url: string, scope: Scope): Buffer {
  return nameOf(`${scope} ${url}`)
}

export function nameByOrigin(url: string, scope: Scope): Buffer {
  return nameOf(`${scope} ${originOf(url)}`)
}

function nameOf(text: string): Buffer {
  return hash('sha256', text, 'buffer').subarray(0, NAME_BYTES)
}
