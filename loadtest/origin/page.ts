// One page of the site and its exact bytes at any step of its ageing.
// Knows: what a page is, and the site's own time. Does not know: sockets, waits, the clock of this machine.
// 1. The same page, step, seed and user give the same bytes on every machine.

import { createHash } from 'node:crypto'

export type PageKind = 'html' | 'css' | 'js' | 'json' | 'svg' | 'png' | 'xml' | 'text'

/** How much of a page is new after one step, in the words that the site's list of pages uses. */
export const ageings = {
  unchanged: 'never changes',
  little: 'edited a little at each step',
  moderate: 'partly new at each step',
  much: 'mostly new at each step',
  personal: 'greets its user, and is edited a little at each step',
  random: 'new each time that it is asked for',
  recorded: 'successive versions of a recorded document',
} as const satisfies Record<string, string>

export type Ageing = keyof typeof ageings

/** How the content is put on the wire: with a length, without one, piece by piece with pauses, or compressed. */
export type Sending = 'whole' | 'chunked' | 'pieces' | 'coded'

export interface Moment {
  readonly step: number
  readonly seed: number
  readonly user: string | undefined
}

export interface Page {
  /** The path with its query, as a request names it. */
  readonly path: string
  readonly title: string
  readonly kind: PageKind
  readonly ageing: Ageing
  /** Roughly how long the content is, for the list of pages. */
  readonly aboutBytes: number
  /** How many versions there are before it stays as it is; undefined when it ages for ever. */
  readonly versions: number | undefined
  /** The Cache-Control field, when it has one. */
  readonly cache: string | undefined
  readonly validators: 'none' | 'etag' | 'weak' | 'date' | 'both'
  readonly sending: Sending
  readonly draw: (at: Moment) => string | Buffer
}

/** Only what is unlike most pages need be named: a page ages for ever, has a length and both validators. */
export type PageChoice = Omit<Page, 'versions' | 'cache' | 'validators' | 'sending'> &
  Partial<Pick<Page, 'versions' | 'cache' | 'validators' | 'sending'>>

/** Fills in what most pages have in common. */
export function makePage(choice: PageChoice): Page {
  const versions = choice.ageing === 'unchanged' ? 1 : undefined
  return { versions, cache: undefined, validators: 'both', sending: 'whole', ...choice }
}

/** The exact bytes of `page` at `step` (0 is the first); `user` matters to personal pages only. */
export function render(page: Page, step: number, seed: number, user?: string): Buffer {
  const content = page.draw({ step: versionOf(page, step), seed, user: page.ageing === 'personal' ? user : undefined })
  return typeof content === 'string' ? Buffer.from(content) : content
}

/** The number of the version that `page` has at `step`: the step itself, until the page has no newer version. */
export function versionOf(page: Page, step: number): number {
  return page.versions === undefined ? step : Math.min(step, page.versions - 1)
}

/** A strong validator's opaque part (RFC 9110 §8.8.3): equal bytes have equal tags. */
export function tagOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 20)
}

// Monday, well in the past: RFC 9110 §8.8.2.1 forbids a Last-Modified that is later than Date.
const FIRST_VERSION_MS = Date.UTC(2024, 8, 2, 6, 0, 0)

/** What one step is on the site's own calendar. 20 minutes: an edition of a news page, and years until today. */
export const STEP_MS = 20 * 60_000

/** The time on the site's own calendar at which the version of `step` was made, in milliseconds. */
export function madeAt(step: number): number {
  return FIRST_VERSION_MS + step * STEP_MS
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ')

/** As a reader sees it: “2 September 2024, 06:20”. */
export function showTime(timeMs: number): string {
  const date = new Date(timeMs)
  const clock = date.toISOString().slice(11, 16)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}, ${clock}`
}
