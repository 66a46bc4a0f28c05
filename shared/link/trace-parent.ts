// Which span of near an ask belongs to, so that far's span comes below it: the traceparent of W3C Trace Context, in a field
// of our own. A client's own traceparent is an origin's matter, and goes there as it came.
// Knows: how it is written, how one sees that spans are wanted. Does not know: spans.
import { parseItem, serializeItem } from 'structured-headers'

export interface TraceParent {
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
}

// W3C Trace Context, level 1, §3.2.2: version 00; neither identifier is all zeros.
const FORM = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

/** As a String of RFC 9651. */
export function formatTraceParent({ traceId, spanId, traceFlags }: TraceParent): string {
  return serializeItem([`00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`, new Map()])
}

/** Undefined when it is none of this version. Raises what the parser raises. */
export function readTraceParent(text: string): TraceParent | undefined {
  const [value] = parseItem(text)
  const [, traceId, spanId, flags] = FORM.exec(String(value)) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
}

/**
 * Whether a provider may be registered. All copies of the API of major version 1 find each other by this symbol, so the API
 * itself need not be loaded to see that none has been used.
 */
export function isTelemetryWanted(global: object): boolean {
  return Symbol.for('opentelemetry.js.api.1') in global
}
