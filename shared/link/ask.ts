// What near adds to a request so that far can answer it with less: the versions it holds, the delta formats it reads,
// how it wants speculation, and how the link has been. Structured Fields (RFC 9651) whose names start with `hunch-`.
// Knows: the fields. Does not know: HTTP/2, which versions make sense as bases.
import {
  type Item,
  parseDictionary,
  parseItem,
  parseList,
  serializeDictionary,
  serializeList,
  Token,
} from 'structured-headers'
import { thresholdOptions } from '../config/options.ts'
import type { DeltaFormat } from '../delta/format.ts'
import { Fault } from '../fault.ts'
import type { AskedThresholds } from '../exchange/agree-thresholds.ts'
import { SHORT_DIGEST_BYTES } from '../version.ts'
import { formatTraceParent, readTraceParent, type TraceParent } from './trace-parent.ts'

export interface NamedBase {
  /** Short digest of the content (hexadecimal). */
  readonly digest: string
  /** Names the exact fields that near keeps with it (`fieldsId`). */
  readonly fieldsId: string
}

export type SpeculationWish = 'latency' | 'balanced' | 'off'

/** How near measured the link; absent while it does not know. */
export interface LinkFacts {
  readonly bandwidthBytesPerSecond: number | undefined
  readonly roundTripMs: number | undefined
}

export interface Ask {
  /** Best first. */
  readonly bases: readonly NamedBase[]
  readonly formats: readonly DeltaFormat[]
  readonly speculation: SpeculationWish
  readonly link: LinkFacts
  /** Where near is set otherwise than by default. */
  readonly thresholds: AskedThresholds
  /** Whether near wants to be told what far weighed (told-plan.ts). */
  readonly trace?: true
  /** The span of near that it belongs to, where near makes spans. */
  readonly parent?: TraceParent
}

export const askFieldNames = {
  bases: 'hunch-bases',
  formats: 'hunch-deltas',
  speculation: 'hunch-speculation',
  link: 'hunch-link',
  thresholds: 'hunch-thresholds',
  trace: 'hunch-trace',
  parent: 'hunch-traceparent',
} as const

// More bases than this cost more on the uplink than they can save.
export const MAX_BASES = 8
const FIELDS_ID_BYTES = 4
const BASE_BYTES = SHORT_DIGEST_BYTES + FIELDS_ID_BYTES

const formatNames: readonly DeltaFormat[] = ['vcdiff', 'dcb']
const wishes: readonly SpeculationWish[] = ['latency', 'balanced', 'off']
const none = new Map<string, never>()

// Short, because an uplink may be slow; RFC 9651 §4.1.2 wants lower case.
const thresholdKeys = {
  min: 'minBaseBytes',
  max: 'maxBaseBytes',
  ratio: 'maxDeltaRatio',
  gain: 'minExpectedGainMs',
  waste: 'maxWastePercent',
  effort: 'deltaEffort',
} as const satisfies Record<string, keyof AskedThresholds>

/** The fields of an ask, for the request on the link. */
export function askFields(ask: Ask): Record<string, string> {
  const fields: Record<string, string> = { [askFieldNames.speculation]: ask.speculation }
  if (ask.formats.length > 0) {
    fields[askFieldNames.formats] = serializeList(ask.formats.map((name): Item => [new Token(name), none]))
  }
  if (ask.bases.length > 0) {
    const named = ask.bases.slice(0, MAX_BASES).map((base): Item => {
      return [Buffer.from(base.digest + base.fieldsId, 'hex'), none]
    })
    fields[askFieldNames.bases] = serializeList(named)
  }
  const { bandwidthBytesPerSecond: bandwidth, roundTripMs } = ask.link
  const link: Record<string, number> = {}
  // Two digits are as exact as such measurements are, and a value that stays the same costs one byte (RFC 7541 §6.1).
  if (bandwidth !== undefined && isWritable(bandwidth)) link['bw'] = twoDigits(bandwidth)
  if (roundTripMs !== undefined && isWritable(roundTripMs)) link['rtt'] = twoDigits(roundTripMs)
  if (Object.keys(link).length > 0) fields[askFieldNames.link] = serializeDictionary(link)
  const thresholds = Object.entries(thresholdKeys).flatMap(([key, name]) => {
    const value = ask.thresholds[name]
    return value === undefined ? [] : [[key, value === 'auto' ? new Token(value) : threeDecimals(value)] as const]
  })
  if (thresholds.length > 0) fields[askFieldNames.thresholds] = serializeDictionary(Object.fromEntries(thresholds))
  if (ask.trace) fields[askFieldNames.trace] = '?1'
  if (ask.parent) fields[askFieldNames.parent] = formatTraceParent(ask.parent)
  return fields
}

/**
 * Reads the fields of an ask. Raises CLIENT_BAD_REQUEST where one is malformed; passes over what it does not know.
 * Formats come in the order of this build: which of them is sent is far's choice.
 */
export function readAsk(fields: Readonly<Record<string, string | string[] | undefined>>): Ask {
  const text = (name: string) => {
    const value = fields[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  const parent = read(text(askFieldNames.parent), readTraceParent)
  return {
    bases: read(text(askFieldNames.bases), readBases) ?? [],
    formats: read(text(askFieldNames.formats), readFormats) ?? [],
    speculation: read(text(askFieldNames.speculation), readWish) ?? 'off',
    link: read(text(askFieldNames.link), readLink) ?? { bandwidthBytesPerSecond: undefined, roundTripMs: undefined },
    thresholds: read(text(askFieldNames.thresholds), readThresholds) ?? {},
    ...(read(text(askFieldNames.trace), wantsTrace) === true ? { trace: true } : {}),
    ...(parent ? { parent } : {}),
  }
}

function readBases(text: string): NamedBase[] {
  return parseList(text)
    .slice(0, MAX_BASES)
    .map(([value]) => {
      if (!(value instanceof ArrayBuffer) || value.byteLength !== BASE_BYTES) throw new Error('not a base')
      const hex = Buffer.from(value).toString('hex')
      return { digest: hex.slice(0, 2 * SHORT_DIGEST_BYTES), fieldsId: hex.slice(2 * SHORT_DIGEST_BYTES) }
    })
}

function readFormats(text: string): DeltaFormat[] {
  const names = parseList(text).map(([value]) => String(value))
  // Formats that far does not know belong to a later version; they are passed over.
  return formatNames.filter(name => names.includes(name))
}

function readWish(text: string): SpeculationWish {
  const [value] = parseItem(text)
  return wishes.find(wish => wish === String(value)) ?? 'off'
}

function wantsTrace(text: string): boolean {
  return parseItem(text)[0] === true
}

function readLink(text: string): LinkFacts {
  const link = parseDictionary(text)
  const number = (key: string) => {
    const value = link.get(key)?.[0]
    return typeof value === 'number' && value >= 0 ? value : undefined
  }
  return { bandwidthBytesPerSecond: number('bw'), roundTripMs: number('rtt') }
}

/** Values that no threshold can have are as if they had not been said. */
function readThresholds(text: string): AskedThresholds {
  const said = parseDictionary(text)
  const values = Object.entries(thresholdKeys).flatMap(([key, name]) => {
    const value = thresholdOptions[name].kind.parse(String(said.get(key)?.[0]))
    return value === undefined ? [] : [[name, value]]
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value was read by its row's kind
  return Object.fromEntries(values) as AskedThresholds
}

function read<Value>(text: string | undefined, parse: (text: string) => Value): Value | undefined {
  if (text === undefined) return undefined
  try {
    return parse(text)
  } catch (cause) {
    throw new Fault('CLIENT_BAD_REQUEST', `A field of the ask is malformed: ${text.slice(0, 100)}`, { cause })
  }
}

// RFC 9651 §3.3: a Decimal has twelve digits before its point and three behind it. Less than the last of these would be
// written as "0.", which nobody can read.
function isWritable(value: number): boolean {
  return value >= 0.001 && value < 1e12
}

// RFC 9651 §3.3.2.
function threeDecimals(value: number): number {
  return Math.round(value * 1000) / 1000
}

function twoDigits(value: number): number {
  return Math.round(Number(value.toPrecision(2)) * 1000) / 1000
}
