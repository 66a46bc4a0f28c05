// How long the origin thinks before it answers: drawn for each request from a seeded distribution.
// Knows: medians and spreads. Does not know: timers.

import { Chance } from './chance.ts'
import type { Page } from './page.ts'

/** No waits, waits like those of ordinary sites, or the same wait every time, in milliseconds. */
export type Waits = 'none' | 'typical' | number

/** Log-normal waits, in milliseconds: half are shorter than the median; the spread is that of the logarithm. */
const distributions = {
  // A file from a disk or a cache in front of the site.
  file: { medianMs: 18, spread: 0.5, leastMs: 4, mostMs: 120 },
  // A list out of a database.
  data: { medianMs: 120, spread: 0.6, leastMs: 30, mostMs: 900 },
  // A page put together by a program that asks others.
  page: { medianMs: 480, spread: 0.6, leastMs: 200, mostMs: 2000 },
  // Between two pieces of a page that is sent while it is made.
  piece: { medianMs: 150, spread: 0.5, leastMs: 40, mostMs: 600 },
} as const

export type WaitKind = keyof typeof distributions

const waitKinds = {
  html: 'page',
  json: 'data',
  xml: 'data',
  css: 'file',
  js: 'file',
  svg: 'file',
  png: 'file',
  text: 'file',
} as const satisfies Record<Page['kind'], WaitKind>

/** Which distribution the answer to a request for `page` is drawn from. */
export function waitKindOf(page: Page): WaitKind {
  return waitKinds[page.kind]
}

/** The wait of the `number`-th request under `path`, in whole milliseconds; 0 means none. */
export function drawWait(waits: Waits, kind: WaitKind, seed: number, path: string, number: number): number {
  if (waits === 'none') return 0
  if (waits !== 'typical') return waits
  const { medianMs, spread, leastMs, mostMs } = distributions[kind]
  const chance = new Chance(seed, 'wait', kind, path, number)
  // Twelve uniform numbers add up to nearly a normal one (variance 1), with no logarithm of nothing.
  let normal = -6
  for (let index = 0; index < 12; index++) normal += chance.unit()
  return Math.round(Math.min(mostMs, Math.max(leastMs, medianMs * Math.exp(normal * spread))))
}
