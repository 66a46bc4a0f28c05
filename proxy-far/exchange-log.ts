// What far remembers of one exchange until it ends, and the one line that it then logs.
// Knows: names of log fields. Does not know: how an exchange goes.
import type { FastifyBaseLogger } from 'fastify'
import type { VerdictPlan } from '../shared/exchange/plan-answer.ts'
import type { SpeculationCandidate } from '../shared/exchange/plan-speculation.ts'
import type { Fault } from '../shared/fault.ts'
import { withoutQuery } from '../shared/http/url.ts'
import type { Ask } from '../shared/link/ask.ts'
import type { ToldPlan } from '../shared/link/told-plan.ts'

/** Filled in as an exchange goes on; bytes are those of content parts on the link. */
export interface Exchange {
  readonly method: string
  readonly url: string
  readonly nearId: string
  readonly startedAt: number
  /** What near says of itself and the link. */
  ask?: Ask
  /** What was decided and weighed, when the head goes. */
  plan?: ToldPlan
  candidate?: SpeculationCandidate | undefined
  triedBytes?: number
  status?: number
  verdict?: VerdictPlan
  /** Why there was no speculation, or why the origin was not asked. */
  why?: string
  originWaitMs?: number
  /** What was stale of the base: the delta as a part of the whole, both compressed. */
  deltaShare?: number | undefined
  contentBytes?: number
  /** What the whole costs on the link, as far as that is known. */
  wholeCostBytes?: number
  baseBytes: number
  deltaBytes: number
  wholeBytes: number
}

export function beginExchange(method: string, url: string, nearId: string, now: number): Exchange {
  return { method, url, nearId, startedAt: now, baseBytes: 0, deltaBytes: 0, wholeBytes: 0 }
}

/** Logs how an exchange ended: one structured line, without the URL's query unless that is wanted. */
export function logExchange(
  log: FastifyBaseLogger,
  exchange: Exchange,
  end: { readonly now: number; readonly logQueries: boolean; readonly fault: Fault | undefined },
): void {
  const { method, nearId, status, why, originWaitMs, deltaShare, triedBytes, baseBytes, deltaBytes, wholeBytes } =
    exchange
  const { url, startedAt, verdict } = exchange
  const line = {
    method,
    nearId,
    status,
    why,
    originWaitMs,
    deltaShare,
    triedBytes,
    baseBytes,
    deltaBytes,
    wholeBytes,
    url: end.logQueries ? url : withoutQuery(url),
    verdict: verdict?.kind,
    ...(verdict?.kind === 'whole' ? { whole: verdict.why } : {}),
    totalMs: end.now - startedAt,
  }
  if (!end.fault) log.info(line, 'answered')
  else if (end.fault.code === 'CLIENT_GONE') log.info({ ...line, fault: end.fault.code }, 'client gone')
  else log.warn({ ...line, fault: end.fault.code, side: end.fault.side, message: end.fault.message }, 'failed')
}
