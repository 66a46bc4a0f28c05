// The one table of bounds: what foreign bytes may make near and far hold or do, why so much, what happens beyond it, and
// which test shows that. docs/bounds.md is made from it; its test checks that each row is as the code and the tests say.
// Knows: where each bound is. Does not know: how it is kept. What a user may set is a row of the options (config/options.ts).
import type { FaultCode } from './fault.ts'

export interface Bound {
  readonly what: string
  readonly limit: number
  readonly unit: 'bytes' | 'ms' | 'seconds' | 'MiB' | 'at once' | 'in all' | 'as a power of two'
  /** The file, and the name that the limit has there; an option is named as in the table of options. */
  readonly at: readonly [path: string, name: string]
  readonly why: string
  /** What whoever goes beyond it gets. */
  readonly beyond: FaultCode | 'connection closed' | 'connection refused' | 'stream reset' | 'left out' | 'waits'
  /** The file, and words of the claim. */
  readonly test: readonly [path: string, claim: string]
}

const KiB = 1024
const MiB = 1024 ** 2

const PROTOCOL = 'shared/link/protocol.ts'
const GATE = 'proxy-far/gate.ts'
const LIMITS = 'test/pair/limits.test.ts'
const ATTACKS = 'test/pair/attacks.test.ts'
const RECEPTION = 'test/proxy-near/reception.test.ts'
const GATE_TEST = 'test/proxy-far/gate.test.ts'
const OPTIONS = 'shared/config/options.ts'

// biome-ignore format: one row, one line.
export const bounds: readonly Bound[] = [
  // Who connects to far.
  row('connections to far', 4096, 'at once', [OPTIONS, 'maxConnections'], 'what 1 GiB of memory bears', 'connection refused', [LIMITS, 'far has only so many connections']),
  row('connections of one line (IPv4 address, IPv6 /64) without a credential', 64, 'at once', [GATE, 'STRANGERS_PER_LINE'], 'an office that comes back after a break', 'connection refused', [LIMITS, 'only so many connections that nobody knows']),
  row('connections of all lines without a credential', 1024, 'at once', [GATE, 'strangers'], 'a near is known before so many more have come', 'connection closed', [GATE_TEST, 'the one that has waited longest goes']),
  row('time from a connection to a right credential, TLS and all', 30_000, 'ms', [GATE, 'introductionMs'], 'TLS takes five seconds on a modem with a queue in front, and a near shows it with its first packet', 'connection closed', [GATE_TEST, 'who drips a ClientHello byte by byte']),
  row('silence of a near', 120_000, 'ms', [GATE, 'silenceMs'], 'near sends a PING every 25 s', 'connection closed', [GATE_TEST, 'a near that sends nothing any more']),
  row('wrong codes and credentials that mean nothing', 5, 'in all', ['shared/limits/lock-out.ts', 'freeFailures'], 'a line pasted twice, an old credential', 'FAR_LOCKED_OUT', [LIMITS, 'guessing join codes is locked out']),
  row('addresses whose failures are remembered', 10_000, 'in all', ['shared/limits/lock-out.ts', 'maxAddresses'], 'some 2 MB; the longest unseen goes', 'left out', ['test/shared/limits/lock-out.test.ts', 'only so many are remembered']),
  row('a join or hello', 4 * KiB, 'bytes', [PROTOCOL, 'MAX_BODY_BYTES'], 'JSON of some hundred bytes', 'CLIENT_BAD_REQUEST', ['test/shared/link/protocol.test.ts', 'what is not such a body is undefined']),
  // HTTP/2 on far's port.
  row('fields of one request or answer on the link', 256 * KiB, 'bytes', [PROTOCOL, 'HEADER_LIST_BYTES'], 'cookies of 16 KiB are seen; sixteen times that', 'stream reset', [ATTACKS, 'a header bomb']),
  row('fields by number', 1024, 'in all', [PROTOCOL, 'maxHeaderListPairs'], 'each crumb of a cookie is one', 'stream reset', [ATTACKS, 'two thousand small fields']),
  row('HPACK table, each way', 64 * KiB, 'bytes', [PROTOCOL, 'HEADER_TABLE_BYTES'], 'cookies of a dozen sites', 'left out', [ATTACKS, 'a header bomb']),
  row('streams of one session', 1000, 'at once', [PROTOCOL, 'maxConcurrentStreams'], 'many tabs of long polls; asksAtOncePerUser is below', 'stream reset', [LIMITS, 'so many requests are under way at once']),
  row('memory of one HTTP/2 session', 256, 'MiB', [PROTOCOL, 'maxSessionMemory'], 'a fast link whose client is slow to read', 'stream reset', ['test/pair/streams.test.ts', 'a download waits for a client that does not read']),
  row("a request's content that its site does not take", 256 * KiB, 'bytes', [PROTOCOL, 'UPLOAD_BYTES'], 'twice what a satellite far away has under way', 'waits', ['test/pair/streams.test.ts', 'an upload waits for an origin that does not read']),
  row('an upload that far holds for a site that does not read', 256 * KiB, 'bytes', [PROTOCOL, 'UPLOAD_BYTES'], 'the window of its stream, and four of them that of its session', 'waits', ['test/pair/streams.test.ts', 'an upload waits for an origin that does not read']),
  // What one near takes of far.
  row('asks of one near, tunnels among them', 512, 'at once', [OPTIONS, 'asksAtOncePerUser'], 'the busiest browsers have some two hundred', 'FAR_SHARE', [LIMITS, 'so many requests are under way at once']),
  row('asks of one near in a second, ten seconds of them at once', 300, 'in all', [OPTIONS, 'asksPerSecondPerUser'], 'a page is a hundred', 'FAR_SHARE', [LIMITS, 'asks more often than its share']),
  row('speculations for one near in a second', 30, 'in all', [OPTIONS, 'speculationsPerSecondPerUser'], 'one for each page opened', 'left out', [LIMITS, 'without speculations']),
  row('deltas that wait for a thread', 64, 'at once', ['proxy-far/encode-pool.ts', 'DEFAULT_MAX_QUEUED'], 'what waits longer is better sent whole', 'left out', ['test/proxy-far/encode-pool.test.ts', 'what does not fit into the queue']),
  row('bytes of them', 64 * MiB, 'bytes', ['proxy-far/encode-pool.ts', 'DEFAULT_MAX_QUEUED_BYTES'], 'eight of the largest pairs', 'left out', ['test/proxy-far/encode-pool.test.ts', 'what does not fit into the queue']),
  // What origins send far.
  row("fields of an origin's response", 254 * KiB, 'bytes', ['shared/http/fields.ts', 'MAX_RESPONSE_FIELDS_BYTES'], 'servers send some kilobytes', 'ORIGIN_BAD_RESPONSE', ['test/shared/link/head.test.ts', 'beyond Latin-1, too large']),
  row('content codings over each other', 4, 'in all', ['shared/http/content.ts', 'MAX_CODINGS'], 'one is usual, two are seen', 'left out', ['test/shared/http/content.test.ts', 'one coding over another, and no more than four']),
  row('window of Zstandard', 23, 'as a power of two', ['proxy-far/decode-content.ts', 'ZSTD_WINDOW_LOG'], 'RFC 9659: 8 MiB', 'ORIGIN_CODING', ['test/proxy-far/decode-content.test.ts', 'a window beyond 8 MiB']),
  row('content gathered before it is sent', MiB, 'bytes', ['proxy-far/answer.ts', 'GATHER_LIMITS'], 'arrives within a quarter of a second', 'waits', ['test/proxy-far/paused.test.ts', 'what pauses, is too long, or takes too long goes on']),
  row('how far the readers of one shared response may lie apart', MiB, 'bytes', ['proxy-far/shared-content.ts', 'MAX_LAG_BYTES'], 'the slowest does not make far hold it all', 'waits', ['test/proxy-far/shared-content.test.ts', 'what all have read is dropped']),
  // What far sends near.
  row('a part that is held', 256 * KiB, 'bytes', ['shared/link/parts.ts', 'MAX_HELD_BYTES'], 'heads; contents are passed on as they come', 'LINK_BAD_PART', ['test/shared/link/parts.test.ts', 'would have to be held and is too long']),
  row('bases that an ask may name', 8, 'in all', ['shared/link/ask.ts', 'MAX_BASES'], 'near keeps four of an URL', 'CLIENT_BAD_REQUEST', ['test/shared/link/ask.test.ts', 'no more bases are written or read than can pay']),
  row('a base on its way, or rebuilt content that nothing vouches for', 64 * MiB, 'bytes', ['proxy-near/ask-far.ts', 'MAX_HELD_BYTES'], 'far checks every 64 KiB of what streams; eight times the largest base by default', 'LINK_BAD_PART', [RECEPTION, 'nothing vouches for what it made']),
  row('what one delta may make', 1024 * MiB, 'bytes', ['proxy-near/ask-far.ts', 'MAX_TARGET_BYTES'], 'far streams larger contents whole', 'DELTA_TOO_LARGE', ['test/shared/delta/vcdiff-reader.test.ts', 'limits are reached before they are passed']),
  row('what unfolds of a compressed piece at once', 256 * KiB, 'bytes', ['proxy-near/base-feed.ts', 'FIRST_BYTES'], 'the decoder stops when nobody takes what it made', 'waits', [RECEPTION, 'goes by in small pieces']),
  row('an unfolded head, and 1 KiB of facts', 254 * KiB, 'bytes', ['shared/http/fields.ts', 'MAX_RESPONSE_FIELDS_BYTES'], 'what far may send', 'LINK_BAD_PART', ['test/shared/link/head.test.ts', 'would unfold beyond the bound']),
  row('what far may have under way to near, of a stream as of a session', 16_777_216, 'bytes', ['shared/link/credit.ts', 'CEILING_BYTES'], 'four times what 50 Mbit/s with 680 ms holds', 'waits', ['test/shared/link/credit.test.ts', 'each round at least doubles it, up to 16 MiB']),
  row('times near asks again', 4, 'in all', ['shared/exchange/plan-repeat.ts', 'MAX_ASKS'], 'a link that breaks each time is down', 'LINK_CLOSED', ['test/shared/exchange/plan-repeat.test.ts', 'a link that breaks again and again is told in the end']),
  // Deltas as files.
  row('a VCDIFF window that is made', 8 * MiB, 'bytes', ['shared/delta/vcdiff-encode.ts', 'MAX_WINDOW_BYTES'], 'memory of who reads it', 'left out', ['test/shared/delta/vcdiff-encode.test.ts', 'a window is given out when it is full']),
  row('an application header', 64 * KiB, 'bytes', ['shared/delta/vcdiff-reader.ts', 'MAX_APPLICATION_BYTES'], 'file names', 'DELTA_UNSUPPORTED', ['test/shared/delta/vcdiff-reader.test.ts', 'limits are reached before they are passed']),
  row('digits of an integer', 8, 'bytes', ['shared/delta/vcdiff-integer.ts', 'MAX_INTEGER_BYTES'], '56 bits, exact in JavaScript', 'DELTA_MALFORMED', ['test/shared/delta/vcdiff-integer.test.ts', 'zeros in front are read as long as']),
  // Clients of near.
  row('connections to near', 4096, 'at once', ['proxy-near/front.ts', 'MAX_CONNECTIONS'], 'browsers open some hundred', 'connection refused', ['test/pair/door.test.ts', 'sends its head too slowly']),
  row("fields of a client's request", 64 * KiB, 'bytes', ['proxy-near/front-handlers.ts', 'MAX_FIELDS_BYTES'], 'servers accept 8 to 32 KiB', 'CLIENT_FIELDS_TOO_LARGE', ['test/pair/bad-client.test.ts', 'fields that are too large']),
  row("time for a client's head", 60_000, 'ms', ['proxy-near/front.ts', 'HEAD_TIMEOUT_MS'], 'uploads behind it may take as long as they take', 'connection closed', ['test/pair/door.test.ts', 'sends its head too slowly']),
  row('streams of one opened connection', 256, 'at once', ['proxy-near/front-http2.ts', 'MAX_STREAMS'], 'browsers open a hundred', 'stream reset', ['test/pair/https.test.ts', 'a hundred requests at once share one connection']),
  row("a client's first words inside CONNECT", 16 * KiB + 5, 'bytes', ['proxy-near/client-hello.ts', 'MAX_HELLO_BYTES'], 'one TLS record', 'left out', ['test/proxy-near/client-hello.test.ts', 'lies about its lengths, or never ends']),
  row('an URL', 64 * KiB, 'bytes', ['shared/http/url.ts', 'MAX_URL_CHARACTERS'], 'browsers send up to 32 KiB', 'CLIENT_BAD_URL', ['test/shared/http/url.test.ts', 'a fault repeats no more than the beginning of a long address']),
]

/** docs/bounds.md. */
export function describeBounds(): string {
  const lines = bounds.map(({ what, limit, unit, at: [path, name], why, beyond, test: [file] }) => {
    const cells = [what, show(limit, unit), why, beyond, `\`${name}\` in \`${path}\``, `\`${file}\``]
    return `| ${cells.join(' | ')} |\n`
  })
  return `# Bounds

Made from the table in \`shared/bounds.ts\` by \`npm run docs\`; do not edit.

What foreign bytes may make near and far hold or do. Bounds that are options can be set ([options.md](options.md)); what is
stored has quotas there. Faults are those of \`shared/fault.ts\`. "Waits" is back-pressure; "left out" means that the work
is not done and the answer is right without it.

| What | Bound | Because | Beyond it | Where | Test |
| --- | --- | --- | --- | --- | --- |
${lines.join('')}`
}

function show(limit: number, unit: Bound['unit']): string {
  if (unit === 'bytes' && limit % MiB === 0) return `${limit / MiB} MiB`
  if (unit === 'bytes' && limit % KiB === 0) return `${limit / KiB} KiB`
  if (unit === 'ms') return `${limit / 1000} s`
  if (unit === 'as a power of two') return `2^${limit} bytes`
  return unit === 'in all' ? `${limit}` : `${limit} ${unit}`
}

function row(
  what: string,
  limit: number,
  unit: Bound['unit'],
  at: Bound['at'],
  why: string,
  beyond: Bound['beyond'],
  test: Bound['test'],
): Bound {
  return { what, limit, unit, at, why, beyond, test }
}
