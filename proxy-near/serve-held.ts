// Answers a client from a version that near holds: whole, as "not modified", or a range of it.
// Knows: what the client is told of it. Does not know: whether the version may answer (plan-request.ts).
import { type Way, withWay } from '../shared/http/cache-status.ts'
import { type FieldList, withField, withVia, without } from '../shared/http/fields.ts'
import { answerRange, type ServedRange } from '../shared/http/range.ts'
import type { Version } from '../shared/version.ts'
import type { AnswerSink, ServeContext } from './ask-far.ts'
import type { Exchange } from './exchange-log.ts'

/** Answers at once; `how` says whether the version is fresh, or stands in for what cannot be had. */
export function serveHeld(
  held: Version,
  how: 'fresh' | 'stale' | 'revalidate',
  notModified: boolean,
  response: AnswerSink,
  context: ServeContext,
  exchange: Exchange,
  range?: ServedRange,
): void {
  const now = context.now()
  const way: Way = how === 'fresh' ? 'fresh' : 'stale'
  const aged = withVia(held.freshness.fieldsToServe(held.fields, now), '2.0', 'hunch-near')
  const ttlSeconds = held.freshness.timeToLiveSeconds(now)
  const timing = { baseBytes: 0, deltaBytes: 0, wholeBytes: 0, savedBytes: held.wholeBytes, originWaitMs: undefined }
  const fields = withWay(aged, { way, held: true, stored: false, ttlSeconds }, timing)
  exchange.way = way
  exchange.status = notModified ? 304 : held.status
  if (range) {
    serveRange(held.content, range, fields, response, exchange)
    return
  }
  if (notModified) response.begin(304, without(fields, 'content-length'), null)
  else if (held.status === 204) response.begin(204, fields, null)
  else if (exchange.method === 'HEAD') {
    response.begin(held.status, withField(fields, 'Content-Length', String(held.content.length)), null)
  } else {
    response.begin(held.status, fields, held.content.length)
    void response.write(held.content)
  }
  response.end()
}

function serveRange(
  content: Uint8Array,
  range: ServedRange,
  fields: FieldList,
  response: AnswerSink,
  exchange: Exchange,
): void {
  const answer = answerRange(range, fields, content.length)
  const bytes = content.subarray(answer.start, answer.end)
  exchange.status = answer.status
  response.begin(answer.status, answer.fields, bytes.length)
  if (bytes.length > 0) void response.write(bytes)
  response.end()
}
