// The links that Hunch is tried on: one table of presets, and how custom figures are read.
// Knows: rates, round trips, loss, queues, their units and limits. Does not know: packets, sockets, argv.
// The command line's help, the comparison and docs/link-emulator.md all read `presets`.

import { Fault } from '../../shared/fault.ts'

/** How the sender on either side of the link answers loss and delay: Linux has both. */
export const congestionControls = ['cubic', 'bbr'] as const
export type CongestionControl = (typeof congestionControls)[number]

/** One emulated link. `down` is far to near, `up` is near to far. */
export interface LinkFigures {
  /** Bits per second, IP and TCP headers included. */
  readonly downBitsPerSecond: number
  readonly upBitsPerSecond: number
  /** Milliseconds there and back over an empty link, without the time that the packets themselves take. */
  readonly roundTripMs: number
  /** The share of packets that is lost, in each direction, 0 to below 1. */
  readonly loss: number
  /** Bytes that wait in front of each direction before packets are dropped. */
  readonly downQueueBytes: number
  readonly upQueueBytes: number
  readonly congestion: CongestionControl
}

interface PresetRow {
  readonly downBitsPerSecond: number
  readonly upBitsPerSecond: number
  readonly roundTripMs: number
  readonly loss: number
  readonly what: string
}

export const presets = {
  'modem-28.8': row(28_800, 28_800, 200, 0, 'a telephone modem'),
  gprs: row(40_000, 20_000, 700, 0, 'a mobile phone of 2001'),
  edge: row(200_000, 120_000, 400, 0, 'a mobile phone far from the mast'),
  '3g': row(1_600_000, 768_000, 300, 0, 'a busy mobile network'),
  geo: row(5_000_000, 1_000_000, 680, 0, 'a geostationary satellite'),
  leo: row(50_000_000, 10_000_000, 45, 0, 'satellites in a low orbit'),
  plane: row(1_000_000, 256_000, 750, 0.01, 'the wireless network of an airliner'),
  lan: row(100_000_000, 100_000_000, 2, 0, 'the wireless network at home'),
} as const satisfies Record<string, PresetRow>

export type PresetName = keyof typeof presets
export const presetNames: readonly PresetName[] = Object.keys(presets).filter(isPresetName)

/** Figures as a person writes them (`1.6mbit`, `300`, `0.01`, `64kB`); what is absent comes from the preset. */
export interface FigureWords {
  readonly preset?: string | undefined
  readonly down?: string | undefined
  readonly up?: string | undefined
  readonly rtt?: string | undefined
  readonly loss?: string | undefined
  readonly queue?: string | undefined
  readonly congestion?: string | undefined
}

/** The largest packet that the link carries: Ethernet's, as on nearly every path. */
export const PACKET_BYTES = 1500

/** Half a second of traffic, at least ten whole packets: roughly what access links of every age have. */
export function defaultQueueBytes(bitsPerSecond: number): number {
  return Math.max(Math.floor(bitsPerSecond / 8 / 2), 10 * PACKET_BYTES)
}

/** The figures of a preset. */
export function presetFigures(name: PresetName, congestion: CongestionControl = 'cubic'): LinkFigures {
  const { downBitsPerSecond, upBitsPerSecond, roundTripMs, loss } = presets[name]
  const downQueueBytes = defaultQueueBytes(downBitsPerSecond)
  const upQueueBytes = defaultQueueBytes(upBitsPerSecond)
  return { downBitsPerSecond, upBitsPerSecond, roundTripMs, loss, downQueueBytes, upQueueBytes, congestion }
}

export function isPresetName(name: string): name is PresetName {
  return Object.hasOwn(presets, name)
}

/**
 * Reads the words of a person. Without a preset, `down`, `up` and `rtt` must all be given.
 * A queue that is given holds for both directions; one that is not follows from the rate.
 * @throws Fault USAGE, naming the word that is wrong
 */
export function parseFigures(words: FigureWords): LinkFigures {
  const preset = parsePreset(words.preset)
  const downBitsPerSecond = words.down === undefined ? preset?.downBitsPerSecond : parseRate(words.down, '--down')
  const upBitsPerSecond = words.up === undefined ? preset?.upBitsPerSecond : parseRate(words.up, '--up')
  const roundTripMs = words.rtt === undefined ? preset?.roundTripMs : parseMs(words.rtt, '--rtt')
  if (downBitsPerSecond === undefined || upBitsPerSecond === undefined || roundTripMs === undefined) {
    const names = presetNames.join(', ')
    throw new Fault('USAGE', `Give --preset (${names}), or all of --down, --up and --rtt.`)
  }
  const queueBytes = words.queue === undefined ? undefined : parseBytes(words.queue, '--queue')
  return {
    downBitsPerSecond,
    upBitsPerSecond,
    roundTripMs,
    loss: words.loss === undefined ? (preset?.loss ?? 0) : parseLoss(words.loss),
    downQueueBytes: queueBytes ?? defaultQueueBytes(downBitsPerSecond),
    upQueueBytes: queueBytes ?? defaultQueueBytes(upBitsPerSecond),
    congestion: parseCongestion(words.congestion),
  }
}

function parsePreset(word: string | undefined): LinkFigures | undefined {
  if (word === undefined) return undefined
  if (isPresetName(word)) return presetFigures(word)
  throw new Fault('USAGE', `There is no preset "${word}". Presets: ${presetNames.join(', ')}.`)
}

const rateUnits: Readonly<Record<string, number>> = { '': 1, bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 }
const byteUnits: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1e3, kib: 1024, mb: 1e6, mib: 1_048_576 }

function parseRate(word: string, option: string): number {
  const bits = parseQuantity(word.replace(/\/s$|ps$/i, ''), rateUnits)
  // Below 1 kbit/s a packet takes 12 s and every timer of TCP gives up; above 1 Gbit/s Node itself is the link.
  if (bits !== undefined && bits >= 1000 && bits <= 1e9) return bits
  throw new Fault('USAGE', `${option} ${word} is not a rate from 1kbit to 1gbit, such as 28.8kbit or 1.6mbit.`)
}

function parseBytes(word: string, option: string): number {
  const bytes = parseQuantity(word, byteUnits)
  // A queue below one packet would drop whatever does not find the link idle.
  if (bytes !== undefined && bytes >= PACKET_BYTES && bytes <= 1e9) return Math.floor(bytes)
  throw new Fault('USAGE', `${option} ${word} is not a size of at least ${PACKET_BYTES} bytes, such as 64kB.`)
}

function parseMs(word: string, option: string): number {
  const ms = parseQuantity(word, { '': 1, ms: 1, s: 1000 })
  if (ms !== undefined && ms <= 60_000) return ms
  throw new Fault('USAGE', `${option} ${word} is not a round trip from 0 to 60000 ms.`)
}

function parseLoss(word: string): number {
  const loss = parseQuantity(word, { '': 1, '%': 0.01 })
  if (loss !== undefined && loss < 1) return loss
  throw new Fault('USAGE', `--loss ${word} is not a share from 0 to below 1, such as 0.01 or 1%.`)
}

function parseCongestion(word: string | undefined): CongestionControl {
  if (word === undefined) return 'cubic'
  const found = congestionControls.find(control => control === word)
  if (found !== undefined) return found
  throw new Fault('USAGE', `--congestion ${word} is not one of ${congestionControls.join(', ')}.`)
}

function parseQuantity(word: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z%]*)$/i.exec(word.trim())
  const unit = units[match?.[2]?.toLowerCase() ?? '-']
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit
}

function row(
  downBitsPerSecond: number,
  upBitsPerSecond: number,
  roundTripMs: number,
  loss: number,
  what: string,
): PresetRow {
  return { downBitsPerSecond, upBitsPerSecond, roundTripMs, loss, what }
}
