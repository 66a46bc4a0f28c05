// Keeps what origins answered as versions: contents that came whole, and what a 304 says of one that is held.
// Knows: scopes, freshness, the versions that far keeps. Does not know: streams, how an answer is sent.
//
// Invariant: what depends on a user is kept in the scope of the near that asked (DESIGN, tenet 3).
import type { Thresholds } from '../shared/config/options.ts'
import { planHead } from '../shared/exchange/plan-head.ts'
import { isPublic, mayKeep, type RequestFacts, updateFields } from '../shared/http/caching.ts'
import { isCompressible } from '../shared/http/content.ts'
import { type DictionaryTerms, dictionaryTerms } from '../shared/http/dictionary.ts'
import { type FieldList, valueOf } from '../shared/http/fields.ts'
import { Freshness } from '../shared/http/freshness.ts'
import type { ResponseFacts } from '../shared/http/lifetime.ts'
import { type Digest, digestOf, privateScope, type Version } from '../shared/version.ts'
import type { KeptVersions } from '../store/kept-versions.ts'
import { CompressedPreparer } from './prepare-compressed.ts'

const preparer = new CompressedPreparer()

export interface KeepContext {
  readonly versions: KeptVersions
  readonly thresholds: Thresholds
  readonly now: () => number
}

/** A request, and the near that made it. */
export interface Asker {
  readonly facts: RequestFacts
  readonly nearId: string
}

/** `content` is undefined when it was too large to gather. */
export interface ReceivedContent {
  readonly content: Uint8Array | undefined
  readonly digest?: Digest
  /** What it took on the link as it is, or would have by what is known; 0: nothing is. */
  readonly wholeBytes?: number
  /** How hard it is compressed for a speculation; undefined: as that decides. */
  readonly quality?: number
}

/** Whether the content of a response is a version: a cache may keep it, and its codings are undone. */
export function isWorthKeeping(facts: RequestFacts, response: ResponseFacts): boolean {
  return valueOf(response.fields, 'content-encoding') === undefined && mayKeep(facts, response)
}

/** Keeps a content that came whole, when it is not too large. `askedAt`: when the origin was asked. */
export function keepContent(
  { content, digest, wholeBytes = 0, quality }: ReceivedContent,
  response: ResponseFacts,
  { facts, nearId }: Asker,
  askedAt: number,
  { versions, thresholds, now }: KeepContext,
): void {
  if (!content || content.length > thresholds.maxBaseBytes) return
  const { status, fields } = response
  const { speculation, minBaseBytes } = thresholds
  const mayBeSent = status === 200 && speculation !== 'off' && content.length >= minBaseBytes
  if (mayBeSent && isCompressible(fields)) preparer.prepare(content, quality)
  versions.add({
    url: facts.url,
    scope: isPublic(facts, response) ? 'public' : privateScope(nearId),
    status,
    digest: digest ?? digestOf(content),
    content,
    fields,
    // RFC 9111 §4.2.3: the time that the response took counts as age.
    freshness: Freshness.of(facts, response, 'shared', askedAt),
    ...dictionaryOf(facts, response, askedAt),
    storedAt: now(),
    ...(wholeBytes > 0 ? { wholeBytes } : {}),
  })
}

/** Keeps `version` with the fields of the 304 that confirmed it (RFC 9111 §4.3.4), and gives it so. */
export function keepConfirmed(
  version: Version,
  notModified: FieldList,
  { facts, nearId }: Asker,
  askedAt: number,
  { versions, now }: KeepContext,
): Version {
  const fields = updateFields(version.fields, notModified)
  const confirmed = { status: version.status, fields }
  const freshness = Freshness.of({ ...facts, method: 'GET' }, confirmed, 'shared', askedAt)
  // What a 304 says to this user (a new cookie, say) must not reach others by the version that they share.
  const scope = isPublic(facts, confirmed) ? version.scope : privateScope(nearId)
  const { dictionary: _, ...kept } = version
  const terms = dictionaryOf(facts, confirmed, askedAt)
  const current: Version = { ...kept, scope, fields, freshness, ...terms, storedAt: now() }
  for (const other of versions.of(facts.url, ['public', privateScope(nearId)]).toReversed()) {
    if (other.scope !== scope || !isAlike(other, version, notModified)) continue
    const renewed = { status: other.status, fields: updateFields(other.fields, notModified) }
    const terms = { ...other.freshness.facts, askedAt, mustBeValidated: false }
    versions.add({ ...other, fields: renewed.fields, freshness: Freshness.restore(terms, renewed), storedAt: now() })
  }
  versions.add(current)
  return current
}

/** RFC 9111 §4.3.4: whether a 304 to `confirmed` is about `other`, too: a variant with the very tag that it names. */
function isAlike(other: Version, confirmed: Version, notModified: FieldList): boolean {
  const tag = valueOf(notModified, 'etag')
  const isVariant = other.freshness.variant !== confirmed.freshness.variant
  return isVariant && tag?.startsWith('"') === true && tag === valueOf(other.fields, 'etag')
}

/** Does to `version` what a response to HEAD says of it (RFC 9111 §4.3.5); what says it to one user only, to that one's. */
export function keepHead(
  version: Version,
  response: ResponseFacts,
  asker: Asker,
  askedAt: number,
  context: KeepContext,
): void {
  const plan = planHead(asker.facts, response, version)
  const isHeard = version.scope !== 'public' || isPublic(asker.facts, response)
  if (plan === 'update') keepConfirmed(version, response.fields, asker, askedAt, context)
  else if (plan === 'invalidate' && isHeard) {
    context.versions.add({ ...version, freshness: version.freshness.invalidated() })
  }
}

/** The property of a version that is a dictionary; none of one that is not. */
function dictionaryOf(facts: RequestFacts, response: ResponseFacts, askedAt: number): { dictionary?: DictionaryTerms } {
  const dictionary = dictionaryTerms(facts, response, askedAt)
  return dictionary ? { dictionary } : {}
}
