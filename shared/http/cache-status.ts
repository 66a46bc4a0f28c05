// How the client is told which way a response came: Cache-Status (RFC 9211) and Server-Timing (W3C).
// Knows: the words and what they stand for. Does not know: how an exchange went about it.
import { serializeList, Token } from 'structured-headers'
import type { FieldList } from './fields.ts'

/** Which way a response came; DESIGN's table of words, used in Cache-Status, logs and the dashboard alike. */
export type Way =
  | 'fresh'
  | 'stale'
  | 'confirmed'
  | 'delta'
  | 'corrected'
  | 'abandoned'
  | 'whole'
  | 'pass'
  | 'tunnel'
  | 'fallback'

export interface CacheStatus {
  readonly way: Way
  /** The status of far's answer or the origin's response that near asked for; absent on a hit. */
  readonly forwardedStatus?: number
  /** Whether near held a version of this URL when it asked. */
  readonly held: boolean
  readonly stored: boolean
  /** Seconds for which the response stays fresh, below zero when it is stale; RFC 9211 §2.3. */
  readonly ttlSeconds?: number
}

/** The value of one member of Cache-Status: what `cache` did. */
export function cacheStatus(status: CacheStatus, cache: 'hunch-near' | 'hunch-far' = 'hunch-near'): string {
  const parameters = new Map<string, boolean | number | Token>()
  const isHit = status.way === 'fresh' || status.way === 'stale'
  if (isHit) parameters.set('hit', true)
  else parameters.set('fwd', new Token(forwardReason(status)))
  if (!isHit && status.forwardedStatus !== undefined) {
    parameters.set('fwd-status', status.forwardedStatus)
  }
  if (status.ttlSeconds !== undefined) parameters.set('ttl', status.ttlSeconds)
  if (status.stored) parameters.set('stored', true)
  parameters.set('detail', new Token(status.way))
  return serializeList([[new Token(cache), parameters]])
}

function forwardReason(status: CacheStatus): string {
  if (status.way === 'pass' || status.way === 'tunnel') return 'bypass'
  return status.held ? 'stale' : 'uri-miss'
}

/** What an exchange cost on the link and what it saved, as far as it is known when the head goes to the client. */
export interface Timing {
  readonly baseBytes: number
  readonly deltaBytes: number | undefined
  readonly wholeBytes: number | undefined
  readonly savedBytes: number | undefined
  readonly originWaitMs: number | undefined
}

/**
 * The value of Server-Timing: `base`, `delta` and `whole` are bytes on the link in `desc`, `origin` is the origin's
 * wait in milliseconds, `saved` is bytes against sending the whole compressed.
 */
export function serverTiming(timing: Timing): string {
  const bytes = (name: string, count: number | undefined) => (count === undefined ? [] : [`${name};desc="${count} B"`])
  return [
    ...bytes('base', timing.baseBytes),
    ...bytes('delta', timing.deltaBytes),
    ...bytes('whole', timing.wholeBytes),
    ...bytes('saved', timing.savedBytes),
    ...(timing.originWaitMs === undefined ? [] : [`origin;dur=${Math.round(timing.originWaitMs)}`]),
  ].join(', ')
}

/** The fields with the two that say how the response came, behind those of caches closer to the origin. */
export function withWay(fields: FieldList, status: CacheStatus, timing: Timing): FieldList {
  return [...fields, ['Cache-Status', cacheStatus(status)], ['Server-Timing', serverTiming(timing)]]
}
