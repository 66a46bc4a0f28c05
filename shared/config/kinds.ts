// The kinds of value that an option may have: how each is written, read and explained.
// Knows: text and bounds. Does not know: which options there are, or where their text comes from.

import type { Effort } from '../delta/effort.ts'
import { parseHostPatterns } from '../http/host-pattern.ts'
import type { PortRange } from '../http/reach.ts'
import { type JoinUrl, parseJoinUrl } from '../link/join-url.ts'
import { isHost, parseHostPort } from './host-port.ts'

export interface Kind<Value> {
  /** What stands for the value in the help: `HOST:PORT`; empty for a switch, which takes no value. */
  readonly label: string
  /** Completes the sentence "… is not …". */
  readonly expects: string
  /** The value that `text` means, or undefined when it means none; one that knows more may raise USAGE instead. */
  readonly parse: (text: string) => Value | undefined
  /** Whether `~/` at its start means the user's home. */
  readonly path?: true
}

export const file: Kind<string> = { label: 'FILE', expects: 'the path of a file', parse: nonEmpty, path: true }

export const directory: Kind<string> = { label: 'DIR', expects: 'the path of a directory', parse: nonEmpty, path: true }

export const hostPort = { label: 'HOST:PORT', expects: 'an address like 127.0.0.1:8080', parse: parseHostPort }

export const host: Kind<string> = {
  label: 'HOST',
  expects: 'the name or the address of a host',
  parse: value => (isHost(value) ? value : undefined),
}

/** Ports between commas, and ranges of them. */
export const portRanges: Kind<readonly PortRange[]> = {
  label: 'PORTS',
  expects: 'a list of ports and ranges like 443,8000-8999',
  parse: value => {
    const ranges = value.split(',').map(each => {
      const match = /^ *(\d{1,5})(?:-(\d{1,5}))? *$/.exec(each)
      return [Number(match?.[1]), Number(match?.[2] ?? match?.[1])] as const
    })
    return ranges.every(([first, last]) => first >= 1 && first <= last && last <= 65_535) ? ranges : undefined
  },
}

/** Hosts between commas, or `none`. */
export const hostPatterns = {
  label: 'HOSTS',
  expects: 'a list of hosts like bank.example,*.gov.example, or none',
  parse: parseHostPatterns,
}

/** Where versions are shared. */
export const storeUrl: Kind<URL> = {
  label: 'URL',
  expects: 'a URL like redis://store.example:6379',
  parse: value => {
    const url = /^rediss?(?:-cluster)?:\/\/./.test(value) && URL.canParse(value) ? new URL(value) : undefined
    return url?.hostname ? url : undefined
  },
}

/** Raises USAGE with the reason when it is not one. */
export const joinUrl: Kind<JoinUrl> = {
  label: 'URL',
  expects: 'the URL that far printed, in quotes',
  parse: parseJoinUrl,
}

export const toggle: Kind<boolean> = {
  label: '',
  expects: 'true or false',
  parse: value => switchWords.get(value.toLowerCase()),
}

const switchWords: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
])

/** One of a few words. */
export function word<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return {
    label: words.join('|'),
    expects: `one of ${words.join(', ')}`,
    parse: value => words.find(known => known === value),
  }
}

/** A whole number of `unit` from `min` to `max`. */
export function integer(unit: string, min: number, max: number): Kind<number> {
  return {
    label: 'N',
    expects: `a whole number of ${unit} from ${min} to ${max}`,
    parse: value => within(/^-?\d{1,15}$/.test(value) ? Number(value) : NaN, min, max),
  }
}

/** A time in whole milliseconds; the option's name says the unit. */
export function milliseconds(min: number, max: number): Kind<number> {
  return { ...integer('milliseconds', min, max), label: 'MS' }
}

/** The same, or `none`, which is Infinity. */
export function millisecondsOrNone(min: number, max: number): Kind<number> {
  const limited = milliseconds(min, max)
  return {
    label: 'MS|none',
    expects: `${limited.expects}, or none`,
    parse: value => (value.toLowerCase() === 'none' ? Infinity : limited.parse(value)),
  }
}

/** A TCP port; 0 lets the system choose. */
export const port: Kind<number> = { ...integer('a port', 0, 65535), expects: 'a port from 0 to 65535' }

// More would only wait for each other: no machine of today has as many cores.
const someProcesses = integer('processes', 1, 1024)

/** A number of processes; `auto`: as many as the machine has cores. */
export const processes: Kind<number | 'auto'> = {
  label: 'N|auto',
  expects: `${someProcesses.expects}, or auto`,
  parse: value => (value === 'auto' ? value : someProcesses.parse(value)),
}

const effortLevels = [1, 2, 3, 4, 5] as const satisfies readonly Effort[]

/** How hard to try; `auto`: as hard as the link is worth. */
export const effort: Kind<Effort | 'auto'> = {
  label: '1..5|auto',
  expects: 'an effort from 1 (fastest) to 5 (smallest), or auto',
  parse: value => (value === 'auto' ? value : effortLevels.find(level => String(level) === value)),
}

/** A part of one, written as a decimal fraction. */
export const ratio: Kind<number> = {
  label: 'RATIO',
  expects: 'a number from 0 to 1',
  parse: value => within(decimal(value), 0, 1),
}

export const percent: Kind<number> = {
  label: 'PERCENT',
  expects: 'a number from 0 to 100',
  parse: value => within(decimal(value.replace(/ ?%$/, '')), 0, 100),
}

// kB, MB, GB and TB are what network operators sell; KiB, MiB, GiB and TiB what memory has.
const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
}

/** A quantity of bytes, whole after its unit is applied: `65536`, `64KiB`, `1.5GB`. */
export function bytes(min: number, max: number): Kind<number> {
  return {
    label: 'BYTES',
    expects: `a quantity of bytes from ${formatBytes(min)} to ${formatBytes(max)}, like 500kB or 64MiB`,
    parse: value => within(parseBytes(value), min, max),
  }
}

/** A quantity of bytes, or `none` for no limit, which is Infinity so that comparisons need no special case. */
export function bytesOrNone(min: number, max: number): Kind<number> {
  const limited = bytes(min, max)
  return {
    label: 'BYTES|none',
    expects: `${limited.expects}, or none`,
    parse: value => (value.toLowerCase() === 'none' ? Infinity : limited.parse(value)),
  }
}

/** A quantity of bytes, or `none` for no room at all, which is 0. */
export function bytesOrNothing(min: number, max: number): Kind<number> {
  const limited = bytesOrNone(min, max)
  return { ...limited, parse: value => (value.toLowerCase() === 'none' ? 0 : limited.parse(value)) }
}

/** Writes a quantity in the largest binary unit that keeps it whole. */
export function formatBytes(sizeBytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB']) {
    const oneBytes = unitBytes[unit.toLowerCase()] ?? 1
    if (sizeBytes > 0 && sizeBytes % oneBytes === 0) return `${sizeBytes / oneBytes}${unit}`
  }
  return `${sizeBytes}B`
}

function parseBytes(value: string): number {
  const match = /^(?<count>\d{1,15}(?:\.\d{1,9})?) ?(?<unit>[A-Za-z]*)$/.exec(value)
  const oneBytes = unitBytes[match?.groups?.['unit']?.toLowerCase() ?? '']
  return oneBytes === undefined ? NaN : Math.round(Number(match?.groups?.['count']) * oneBytes)
}

function decimal(value: string): number {
  return /^(\d{1,15}(\.\d*)?|\.\d+)$/.test(value) ? Number(value) : NaN
}

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined
}

function nonEmpty(value: string): string | undefined {
  // A NUL ends a path for the system, so what follows it would be ignored.
  return value === '' || value.includes('\0') ? undefined : value
}
