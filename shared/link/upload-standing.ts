// How urgent a request's content is on its way up, beside other contents and tunnels, and how long it is.
// Knows: request fields. Does not know: what else is on the link (schedule.ts).
import { type FieldList, valueOf } from '../http/fields.ts'
import { DEFAULT_PRIORITY, priorityOf } from '../http/priority.ts'
import type { Standing } from './lanes.ts'
import { PIECE_BYTES } from './pipe.ts'
import { type Rank, VERDICT_RANK, rankOf } from './schedule.ts'

// A form or a call; what is longer is a file, and its user knows that it takes its time.
const LARGE_BYTES = 64 * 1024

export interface UploadStanding extends Standing {
  /** What the request says; Infinity where it does not. */
  readonly lengthBytes: number
}

/**
 * Its answer cannot begin before it has arrived, so it is as urgent as that: what fits a packet goes with its ask. But
 * what is large, or may be, is never more urgent than tunnels, of which nobody knows what they carry. All share.
 */
export function uploadStanding(fields: FieldList): UploadStanding {
  const told = valueOf(fields, 'content-length') ?? ''
  const lengthBytes = /^\d+$/.test(told) ? Number(told) : Number.POSITIVE_INFINITY
  return { rank: chooseRank(lengthBytes, priorityOf(fields).urgency), incremental: true, lengthBytes }
}

function chooseRank(lengthBytes: number, urgency: number): Rank {
  if (lengthBytes <= PIECE_BYTES) return VERDICT_RANK
  return rankOf(lengthBytes <= LARGE_BYTES ? urgency : Math.max(urgency, DEFAULT_PRIORITY.urgency))
}
