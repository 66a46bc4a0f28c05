// Whether what a client got is what the site said to that user, not too long ago.
// Knows: the model of the site, RFC 9111's leave to be stale. Does not know: proxies.
import { type FieldList, valueOf } from '../../shared/http/fields.ts'
import { errorPage, type Made, type ModelOrigin, postedPage } from './model-origin.ts'

export interface Received {
  readonly near: string
  readonly user: string | undefined
  readonly language: string
  readonly url: string
  readonly method: string
  readonly fields: FieldList
  readonly startedAt: number
  readonly endedAt: number
  readonly uploaded: Uint8Array
  readonly status: number | undefined
  readonly responseFields: FieldList
  readonly content: Uint8Array
  readonly complete: boolean
  /** Whether bytes of the answer were changed on the link: what is not verified in advance may then begin wrong. */
  readonly tampered: boolean
  /** Clocks were moved so far in this run. */
  readonly jumpedMs: number
}

/** What is wrong with it; undefined when nothing is. */
export function judge(received: Received, origin: ModelOrigin): string | undefined {
  const { status, complete, content, method } = received
  if (status === undefined) return complete ? 'completed without a head' : undefined
  if (valueOf(received.responseFields, 'proxy-status')?.startsWith('hunch-near')) return undefined
  if (!complete) return judgeBroken(received, origin)
  if (status === 200 && method === 'GET') return judgeContent(content, received, origin)
  if (status === 206 && method === 'GET') return judgeRange(received, origin)
  if (method === 'HEAD' || status === 304) {
    if (content.length > 0) return `${status} to ${method} with a content`
    const tag = valueOf(received.responseFields, 'etag')
    const asked = valueOf(received.fields, 'if-none-match')
    if (status === 304 && asked !== undefined && tag !== undefined && !asked.includes(tag.replace(/^W\//, ''))) {
      return `304 with the tag ${tag} where ${asked} was asked`
    }
    return undefined
  }
  if (method === 'POST' && status === 200) {
    return postedPage(received.url, received.uploaded).equals(content) ? undefined : 'the upload was another'
  }
  if (status === 500) return errorPage(received.url).equals(content) ? undefined : 'a wrong error page'
  if (status === 504 || status === 416) return content.length === 0 ? undefined : `a content with ${status}`
  return `a status that nobody sent: ${status}`
}

/** Before it breaks, a response may only have begun as a right one does. */
function judgeBroken(received: Received, origin: ModelOrigin): string | undefined {
  const { content, status, method, responseFields, tampered } = received
  if (content.length === 0 || status !== 200 || method !== 'GET') return undefined
  const detail = valueOf(responseFields, 'cache-status') ?? ''
  // A whole content is passed on as it comes; its digest keeps it from being completed.
  if (tampered && /detail=(?:whole|abandoned|fallback|pass)/.test(detail)) return undefined
  const candidates = origin.beginningWith(received.url, content)
  if (candidates.length === 0) return `broken off after ${content.length} wrong bytes (${detail})`
  const wrong = candidates.map(made => judgeMade(made, received, origin))
  return wrong.includes(undefined) ? undefined : `broken off, and ${wrong[0]}`
}

function judgeContent(content: Uint8Array, received: Received, origin: ModelOrigin): string | undefined {
  const made = origin.identify(content)
  if (!made) return `completed with ${content.length} wrong bytes`
  return judgeMade(made, received, origin)
}

function judgeRange(received: Received, origin: ModelOrigin): string | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(valueOf(received.responseFields, 'content-range') ?? '')
  if (!match) return 'a 206 without its range'
  const [start, end, length] = match.slice(1).map(Number) as [number, number, number]
  const [first, last] = (valueOf(received.fields, 'range') ?? '').match(/\d+/g)?.map(Number) ?? []
  if (start !== first || end !== Math.min(last ?? 0, length - 1)) return `bytes ${start} to ${end} of ${length}`
  const candidates = origin
    .beginningWith(received.url, new Uint8Array(0))
    .filter(
      ({ content }) =>
        content.length === length && Buffer.compare(content.subarray(start, end + 1), received.content) === 0,
    )
  if (candidates.length === 0) return 'a range with wrong bytes'
  const wrong = candidates.map(made => judgeMade(made, received, origin))
  return wrong.includes(undefined) ? undefined : wrong[0]
}

function judgeMade(made: Made, received: Received, origin: ModelOrigin): string | undefined {
  if (made.url !== received.url) return `the content of another URL: ${made.url}`
  if (made.owner !== undefined && made.owner !== received.near) return `what is ${made.owner}'s alone`
  const { kind } = made
  if (kind.for === 'user' && made.user !== (received.user ?? 'nobody')) return `the content for ${made.user}`
  if (kind.for === 'language' && made.language !== received.language) return `the content in ${made.language}`
  const wish = valueOf(received.fields, 'cache-control') ?? ''
  const isMarked = /detail=stale/.test(
    received.responseFields
      .filter(([name]) => name.toLowerCase() === 'cache-status')
      .map(([, value]) => value)
      .join(),
  )
  // RFC 9111 §5.2.1.4: not even stale, not even without a link.
  const insists = /no-cache/.test(wish)
  if (isMarked && kind.mayBeStale && !insists) return undefined
  if (isMarked && kind.staleMs === 0) return 'stale, and nobody allowed it'
  const keptMs = kind.staleMs === 'tenth' ? origin.periodOf(made.url) * 0.2 : kind.staleMs
  const staleMs = insists || /max-age=0/.test(wish) ? 0 : keptMs
  // Ages are told in whole seconds, and those of two caches add up; a clock that is set back takes the old for new.
  const slackMs = (staleMs > 0 ? 2500 : 0) + (keptMs > 0 && !insists ? received.jumpedMs : 0)
  const tooOldMs = received.startedAt - staleMs - slackMs - made.until
  return tooOldMs > 0 ? `${Math.ceil(tooOldMs)} ms too old (${kind.name})` : undefined
}
