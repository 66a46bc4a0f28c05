// What goes up to far behind an ask, a content or a tunnel's bytes: the stream's lane of the link, so that asks and small
// contents overtake large ones. (The ask itself is a HEADERS frame: HTTP/2 sends it before all that it still holds.)
// Knows: streams of the link. Does not know: what is sent, what is next (schedule.ts).
import type { ClientHttp2Stream } from 'node:http2'
import type { Writable } from 'node:stream'
import { DEFAULT_PRIORITY } from '../shared/http/priority.ts'
import { type Standing, openLane } from '../shared/link/lanes.ts'
import { rankOf } from '../shared/link/schedule.ts'
import { systemClock } from './clock.ts'

/** What nobody says the priority of. */
const ORDINARY: Standing = { rank: rankOf(DEFAULT_PRIORITY.urgency), incremental: DEFAULT_PRIORITY.incremental }

/**
 * The stream's way up, to be taken once; it fails with LINK_CLOSED when the stream closes before its end. `lengthBytes`: how
 * much it will be, where that is known.
 */
export function onLink(stream: ClientHttp2Stream, standing: Standing = ORDINARY, lengthBytes?: number): Writable {
  return openLane(stream, systemClock).asWritable(standing, lengthBytes)
}
