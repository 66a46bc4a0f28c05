// What near and far must agree on before any ask: versions of the protocol, names, the hello and the join, HTTP/2 settings.
// Knows: field names, the shapes of two small JSON bodies, which range of versions each side speaks.
// Does not know: sockets, credentials and how they are kept, asks and answers (they have files of their own).
//
// A session begins with one of two requests to FAR_AUTHORITY, an authority that no origin can have (RFC 6761 §6.4):
//   POST /join    first contact: a join code is exchanged for a lasting credential; the answer is a hello as well
//   POST /hello   every later session: proxy-authorization carries the credential
// Both name the range of protocol versions that near speaks; far picks the highest that both do and names its range.
//
// The hello costs no round trip when near holds a credential and knows the version of the last session: asks are sent
// right behind it in that version. Far judges each ask by itself (its `hunch-protocol`, its credential), so an ask that
// overtakes a hello's refusal is refused in the same words, and near ends the session when the first refusal arrives.

import { Fault, type FaultCode, faults } from '../fault.ts'

/** The authority of requests that are for far itself and never for an origin. */
export const FAR_AUTHORITY = 'far.hunch.invalid'
export const JOIN_PATH = '/join'
export const HELLO_PATH = '/hello'

/** On every ask: the version of the protocol that it is written in (RFC 9651 Integer). */
export const PROTOCOL_FIELD = 'hunch-protocol'
/** On an ask whose method is HEAD: its answer has parts, which a response to HEAD cannot carry, so it is sent as a GET. */
export const METHOD_FIELD = 'hunch-method'
/** On a refusal that far itself makes: the code of the fault (RFC 9651 Token). An origin's 407 never carries it. */
export const FAULT_FIELD = 'hunch-fault'

/** The media type of an answer that consists of parts (parts.ts); every other answer is a plain response. */
export const ANSWER_TYPE = 'application/vnd.hunch.answer'

/** A closed range of protocol versions. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** What this build speaks. */
export const spokenVersions: VersionRange = { min: 1, max: 1 }

/** The bodies are JSON of some hundred bytes; whoever sends more is not a near or a far. */
export const MAX_BODY_BYTES = 4096

export interface JoinRequest {
  readonly code: string
  readonly versions: VersionRange
}

export interface HelloRequest {
  readonly versions: VersionRange
}

/** Far agrees: `version` is what this session speaks from now on. */
export interface HelloAnswer {
  readonly version: number
  readonly versions: VersionRange
}

export interface JoinAnswer extends HelloAnswer {
  readonly credential: string
  readonly nearId: string
}

/** Far does not agree. `versions` lets an older or newer near say what would help. */
export interface Refusal {
  readonly fault: FaultCode
  readonly message: string
  readonly versions: VersionRange
}

/** The highest version that both ranges hold; undefined when they hold none in common. */
export function chooseVersion(ours: VersionRange, theirs: VersionRange): number | undefined {
  const version = Math.min(ours.max, theirs.max)
  return version >= Math.max(ours.min, theirs.min) ? version : undefined
}

/** The fault of two sides without a common version; names both ranges. */
export function describeMismatch(near: VersionRange, far: VersionRange): Fault {
  const message = `Near speaks ${showRange(near)} of the link protocol and far speaks ${showRange(far)}: there is none that both speak.`
  return new Fault('LINK_PROTOCOL', message)
}

/** Reads near's join request, undefined when it is not one. Unknown members are skipped: later versions may add some. */
export function readJoinRequest(text: string): JoinRequest | undefined {
  const { code, versions } = readMembers(text)
  return typeof code === 'string' && isRange(versions) ? { code, versions } : undefined
}

/** Reads near's hello, undefined when it is not one. */
export function readHelloRequest(text: string): HelloRequest | undefined {
  const { versions } = readMembers(text)
  return isRange(versions) ? { versions } : undefined
}

/** Reads far's agreement, undefined when it is not one. */
export function readHelloAnswer(text: string): HelloAnswer | undefined {
  const { version, versions } = readMembers(text)
  return isVersion(version) && isRange(versions) ? { version, versions } : undefined
}

/** Reads far's agreement to a join, undefined when it is not one. */
export function readJoinAnswer(text: string): JoinAnswer | undefined {
  const hello = readHelloAnswer(text)
  const { credential, nearId } = readMembers(text)
  if (hello === undefined || typeof nearId !== 'string') return undefined
  return isCredential(credential) ? { ...hello, credential, nearId } : undefined
}

/** Reads far's refusal as the fault that it names, undefined when it is not one. */
export function readRefusal(text: string): Fault | undefined {
  const { fault, message } = readMembers(text)
  return isFaultCode(fault) && typeof message === 'string' ? new Fault(fault, message) : undefined
}

/** Whether `value` can stand behind `Bearer ` in a field (RFC 9110 §11.2, token68). */
export function isCredential(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._~+/-]+=*$/.test(value)
}

// 64 KiB of HPACK table hold the cookies and fields of some dozen sites, so that a repeated field costs a byte or two.
// RFC 9113 §6.5.2 lets the receiver allow it; the sender must want it too, which Node leaves to an option of its own.
const HEADER_TABLE_BYTES = 65_536

// Cookies of 16 KiB are seen in the wild; a site that sends more than this has its own trouble.
const HEADER_LIST_BYTES = 262_144

/** The HTTP/2 settings that near announces; `creditBytes` is the window of each stream (RFC 9113 §6.9.2). */
export function nearHttp2Settings(creditBytes: number) {
  return {
    headerTableSize: HEADER_TABLE_BYTES,
    maxHeaderListSize: HEADER_LIST_BYTES,
    enablePush: false,
    initialWindowSize: creditBytes,
  } as const
}

// What far may hold of a request whose origin does not read; near bounds itself by what the link takes (pipe.ts). Windows are
// handed back by halves, so that an upload has 128 KiB in a round trip at least: 1.5 Mbit/s of a satellite far away.
const UPLOAD_BYTES = 256 * 1024

/** The window of a whole session with far: what is read off the connection is handed back, whatever streams hold. */
export const FAR_SESSION_BYTES = 4 * UPLOAD_BYTES

/** The HTTP/2 settings that far announces. */
export const farHttp2Settings = {
  initialWindowSize: UPLOAD_BYTES,
  headerTableSize: HEADER_TABLE_BYTES,
  maxHeaderListSize: HEADER_LIST_BYTES,
  // RFC 8441 §3: WebSocket over the link.
  enableConnectProtocol: true,
  // A browser with many tabs of long polls and tunnels. Far bounds its work by other means.
  maxConcurrentStreams: 1000,
} as const

/** Options beside the settings, for both ends of the link: `http2.connect`, `http2.createServer` and the secure one. */
export const linkHttp2Options = {
  maxDeflateDynamicTableSize: HEADER_TABLE_BYTES,
  // The default of 64 KiB is counted before compression, with 12 bytes for each field.
  maxSendHeaderBlockLength: HEADER_LIST_BYTES,
  // The default of 128 pairs refuses what browsers with many cookies send (one pair for each crumb, RFC 9113 §8.2.3).
  maxHeaderListPairs: 1024,
  // Mebibytes; the default of 10 refuses new streams on a fast link whose client is slow to read.
  maxSessionMemory: 256,
  // Marks of the schedule (pipe.ts): eight in a round trip, more when rounds grow longer.
  maxOutstandingPings: 1024,
  // Until far's SETTINGS arrive, Node would hold back every stream beyond the 100th.
  peerMaxConcurrentStreams: farHttp2Settings.maxConcurrentStreams,
} as const

/**
 * A TLS record that fits one packet, in bytes. What receives a record can use it, and hand back the credit for it, only when
 * its last byte has arrived: OpenSSL's own 16 KiB are 4.5 s of a 28.8 kbit/s link. So on slow links a turn of the event loop
 * writes no more (schedule.ts). The price is 22 bytes for each, 1.6 %. (Not `setMaxSendFragment`: OpenSSL 3.5 lets nobody raise
 * again what it lowered.)
 */
export const RECORD_BYTES = 1_369

function showRange(range: VersionRange): string {
  return range.min === range.max ? `version ${range.min}` : `versions ${range.min} to ${range.max}`
}

/** The members of the JSON object that `text` is; none when it is anything else. */
function readMembers(text: string): Partial<Record<string, unknown>> {
  if (text.length > MAX_BODY_BYTES) return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function isRange(value: unknown): value is VersionRange {
  if (typeof value !== 'object' || value === null || !('min' in value && 'max' in value)) return false
  return isVersion(value.min) && isVersion(value.max) && value.min <= value.max
}

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

function isFaultCode(value: unknown): value is FaultCode {
  return typeof value === 'string' && Object.hasOwn(faults, value)
}
