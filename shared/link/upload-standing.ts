// How urgent a request's content is on its way up, beside other contents and tunnels.
// Knows: request fields. Does not know: what else is on the link (schedule.ts).
import { type FieldList, valueOf } from '../http/fields.ts'
import { DEFAULT_PRIORITY, priorityOf } from '../http/priority.ts'
import type { Standing } from './lanes.ts'
import { PIECE_BYTES } from './pipe.ts'
import { VERDICT_RANK, rankOf } from './schedule.ts'

// A form or a call; what is longer is a file, and its user knows that it takes its time.
const LARGE_BYTES = 64 * 1024

/**
 * Its answer cannot begin before it has arrived, so it is as urgent as that: what fits a packet goes with its ask. But
 * what is large, or may be, is never more urgent than tunnels, of which nobody knows what they carry. All share.
 */
export function uploadStanding(fields: FieldList): Standing {
  // Of an unknown length: not a number, and so not small.
  const lengthBytes = Number(valueOf(fields, 'content-length') ?? Number.NaN)
  if (lengthBytes <= PIECE_BYTES) return { rank: VERDICT_RANK, incremental: true }
  const { urgency } = priorityOf(fields)
  const isSmall = lengthBytes <= LARGE_BYTES
  return { rank: rankOf(isSmall ? urgency : Math.max(urgency, DEFAULT_PRIORITY.urgency)), incremental: true }
}
