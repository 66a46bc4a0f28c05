// The one line that near logs for each exchange.
// Knows: names of log fields. Does not know: how an exchange goes.
import type { FastifyBaseLogger } from 'fastify'
import type { TunnelReason } from '../shared/exchange/plan-connect.ts'
import type { Fault } from '../shared/fault.ts'
import type { Way } from '../shared/http/cache-status.ts'
import { withoutQuery } from '../shared/http/url.ts'
import type { ToldPlan } from '../shared/link/told-plan.ts'

/** Filled in as an exchange goes on; bytes are those of content parts on the link. */
export interface Exchange {
  readonly method: string
  readonly url: string
  readonly startedAt: number
  status?: number
  way?: Way
  baseBytes?: number
  deltaBytes?: number
  wholeBytes?: number
  /** Against sending the whole compressed; below zero when it cost more. */
  savedBytes?: number
  originWaitMs?: number
  /** When far was asked, last if more than once, and when its verdict was here. */
  askedMs?: number
  verdictMs?: number
  firstByteMs?: number
  contentBytes?: number
  /** What the whole would have cost on the link, as far measured or estimated it. */
  wholeCostBytes?: number
  /** What far decided and weighed, where it was asked for that. */
  plan?: ToldPlan
  /** The fault for which far was asked again. */
  askedAgainFor?: string
  /** Why a tunnel was not opened, where near opens HTTPS. */
  tunnelledFor?: TunnelReason
}

/** Logs how an exchange ended: one structured line, without the URL's query unless that is wanted. */
export function logExchange(
  log: FastifyBaseLogger,
  exchange: Exchange,
  end: { readonly now: number; readonly logQueries: boolean; readonly fault: Fault | undefined },
): void {
  const { url, startedAt, plan, wholeCostBytes: _cost, ...rest } = exchange
  const line = {
    ...rest,
    ...(plan ? { plan: plan.word } : {}),
    url: end.logQueries ? url : withoutQuery(url),
    totalMs: end.now - startedAt,
  }
  if (!end.fault) log.info(line, 'served')
  else if (end.fault.code === 'CLIENT_GONE') log.info({ ...line, fault: end.fault.code }, 'client gone')
  else log.warn({ ...line, fault: end.fault.code, side: end.fault.side, message: end.fault.message }, 'failed')
}
