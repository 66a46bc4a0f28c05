// Asks the origin behind an answer whether what was answered is current (`stale-while-revalidate`, RFC 5861 §3).
// Knows: origins, the versions that far keeps. Does not know: the answer; nobody waits for what happens here.
import { planRevalidation } from '../shared/exchange/plan-revalidation.ts'
import { isServerError } from '../shared/exchange/plan-reuse.ts'
import { isConfirmedBy, withValidators } from '../shared/http/conditional.ts'
import { codingsToUndo, withAcceptedCodings, withoutCoding } from '../shared/http/content.ts'
import type { Version } from '../shared/version.ts'
import { decodeContent } from './decode-content.ts'
import { fetchWithDictionary } from './dictionary-fetch.ts'
import { type Asker, isWorthKeeping, keepConfirmed, keepContent, type KeepContext } from './keep-version.ts'
import type { OriginResponse, Origins } from './origin.ts'

export interface RevalidationContext extends KeepContext {
  readonly origins: Origins
  /** What is being revalidated now. */
  readonly revalidations: Set<string>
}

/** Begins to ask whether `version` is current, unless somebody does so already. */
export function revalidate(version: Version, asker: Asker, context: RevalidationContext): void {
  const { revalidations } = context
  const key = `${version.scope} ${version.url} ${version.freshness.variant}`
  if (revalidations.has(key)) return
  revalidations.add(key)
  const plain = { facts: planRevalidation(asker.facts), nearId: asker.nearId }
  // What fails here is asked for again by the next request.
  void askOrigin(version, plain, context)
    .catch(() => {})
    .finally(() => revalidations.delete(key))
}

async function askOrigin(version: Version, asker: Asker, context: RevalidationContext): Promise<void> {
  const { facts } = asker
  const askedAt = context.now()
  const validators = version.freshness.validators(facts)
  const accepted = withAcceptedCodings(facts.fields)
  const fields = validators ? withValidators(accepted, validators) : accepted
  const { signal } = new AbortController()
  const request = { ...facts, fields, body: undefined, signal }
  const response = await fetchWithDictionary(request, asker.nearId, context)
  if (response.status === 304 && validators && isConfirmedBy(response.fields, validators, facts.fields)) {
    response.discard()
    keepConfirmed(version, response.fields, asker, askedAt, context)
  } else await keepAnswer(response, asker, askedAt, context)
}

async function keepAnswer(
  response: OriginResponse,
  asker: Asker,
  askedAt: number,
  context: RevalidationContext,
): Promise<void> {
  const { status } = response
  const codings = codingsToUndo(response.fields)
  const fields = codings && codings.length > 0 ? withoutCoding(response.fields) : response.fields
  if (!codings || isServerError(status) || !isWorthKeeping(asker.facts, { status, fields })) {
    response.discard()
    return
  }
  const content = await readWhole(decodeContent(response.body, codings), context.thresholds.maxBaseBytes)
  keepContent({ content }, { status, fields }, asker, askedAt, context)
}

/** The content, or undefined when it is longer than that. */
async function readWhole(pieces: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Uint8Array | undefined> {
  const read: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces) {
    length += piece.length
    if (length > limitBytes) return undefined
    read.push(piece)
  }
  return Buffer.concat(read)
}
