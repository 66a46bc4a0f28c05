// Whether near asks far again, unseen by the client, after an ask that failed: because the link broke under it, or
// because what came was wrong.
// Knows: methods, faults, how far the response to the client has come. Does not know: sessions, streams.
import type { Fault } from '../fault.ts'

export interface FailedAsk {
  readonly method: string
  /** A content is passed on as it comes, and cannot be had again. */
  readonly hasContent: boolean
  /** The whole link broke, not this ask alone. */
  readonly linkBroke: boolean
  /** How many asks were sent for this request, the failed one included. */
  readonly asks: number
  /** What the client has of the response: nothing, so much that its beginning can be had again and compared, or too much. */
  readonly given: 'nothing' | 'beginning' | 'much'
}

export type RepeatPlan =
  /** The same ask again, over the next link. */
  | { readonly kind: 'repeat' }
  /** Without bases and deltas: what near holds, or a delta, may be what is wrong. */
  | { readonly kind: 'repeat-plain' }
  | { readonly kind: 'fail'; readonly why: 'fault' | 'content' | 'method' | 'given' | 'often' }

// RFC 9110 §9.2.2: a proxy must not repeat any other by itself.
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
// A link that breaks under one request this often is one that the user should hear of.
const MAX_ASKS = 4

export function planRepeat({ method, hasContent, linkBroke, asks, given }: FailedAsk, fault: Fault): RepeatPlan {
  const fail = (why: Extract<RepeatPlan, { kind: 'fail' }>['why']): RepeatPlan => ({ kind: 'fail', why })
  if (fault.side !== 'link') return fail('fault')
  if (hasContent) return fail('content')
  if (given === 'much') return fail('given')
  if (linkBroke) {
    if (fault.retry === 'never') return fail('fault')
    // Only what changes nothing at the origin may come in two pieces from two asks.
    if (given === 'beginning' ? method !== 'GET' : !idempotent.has(method)) return fail('method')
    return asks < MAX_ASKS ? { kind: 'repeat' } : fail('often')
  }
  if (given === 'beginning') return fail('given')
  if (!fault.code.startsWith('DELTA_') && fault.retry !== 'now') return fail('fault')
  if (method !== 'GET') return fail('method')
  return asks === 1 ? { kind: 'repeat-plain' } : fail('often')
}
