// What speculation cost and the whole link carried, month by month, and what near therefore wishes of far.
// Knows: bytes, months, thresholds. Does not know: where bytes were counted, how far decides.
import type { Thresholds } from '../config/options.ts'
import type { Way } from '../http/cache-status.ts'
import { readEntries } from '../learnt-entries.ts'
import type { SpeculationWish } from '../link/ask.ts'

/** The bytes of one month; months are those of UTC, named `2026-11`. */
export interface Account {
  readonly month: string
  /** Content bytes that the link carried. */
  readonly linkBytes: number
  /** Those of speculations, and those of them that were in vain. */
  readonly baseBytes: number
  readonly wastedBytes: number
}

export interface Spent {
  readonly linkBytes: number
  readonly baseBytes: number
  readonly wastedBytes: number
}

export type WishPlan =
  | { readonly kind: 'wish'; readonly wish: Exclude<SpeculationWish, 'off'> }
  | { readonly kind: 'off'; readonly why: 'setting' | 'budget' | 'waste' }

// Before this much was speculated, a share says nothing: one page that changed would end speculation for good.
const LEAST_BASE_BYTES = 64 * 1024
// The last tenth of a data plan is for what is asked for.
const BUDGET_FOR_SPECULATION = 0.9

export class Ledger {
  #account: Account

  /** Goes on with `account` if it is of this month. `now` in milliseconds since the epoch. */
  constructor(now: number, account?: Account) {
    const month = monthOf(now)
    this.#account = account?.month === month ? account : emptyAccount(month)
  }

  /** What was spent this month so far. */
  at(now: number): Account {
    const month = monthOf(now)
    if (this.#account.month !== month) this.#account = emptyAccount(month)
    return this.#account
  }

  note(spent: Spent, now: number): void {
    const { month, linkBytes, baseBytes, wastedBytes } = this.at(now)
    this.#account = {
      month,
      linkBytes: linkBytes + spent.linkBytes,
      baseBytes: baseBytes + spent.baseBytes,
      wastedBytes: wastedBytes + spent.wastedBytes,
    }
  }

  /** What near asks of far. Waste ends speculation only until other bytes have made it small again. */
  wish(thresholds: Thresholds, now: number): WishPlan {
    const { speculation, monthlyBudgetBytes, maxWastePercent } = thresholds
    if (speculation === 'off') return { kind: 'off', why: 'setting' }
    const { linkBytes, baseBytes, wastedBytes } = this.at(now)
    if (linkBytes >= monthlyBudgetBytes * BUDGET_FOR_SPECULATION) return { kind: 'off', why: 'budget' }
    const isTooMuch = wastedBytes * 100 > linkBytes * maxWastePercent
    if (speculation === 'balanced' && baseBytes >= LEAST_BASE_BYTES && isTooMuch) return { kind: 'off', why: 'waste' }
    return { kind: 'wish', wish: speculation }
  }
}

/** Bytes of a speculation that were in vain: what it and its correction cost beyond sending the whole. */
export function wastedBytes({
  way,
  baseBytes = 0,
  savedBytes = 0,
}: {
  readonly way?: Way
  readonly baseBytes?: number
  readonly savedBytes?: number
}): number {
  if (way === 'abandoned') return baseBytes
  return way === 'corrected' ? Math.min(baseBytes, Math.max(0, -savedBytes)) : 0
}

/** An account that was written down as JSON, alone or in a list; undefined when it is none. */
export function readAccount(text: string): Account | undefined {
  const [value] = readEntries(text)
  if (typeof value !== 'object' || value === null) return undefined
  const { month, linkBytes, baseBytes, wastedBytes } = value as { readonly [name: string]: unknown }
  if (typeof month !== 'string' || !isCount(linkBytes) || !isCount(baseBytes) || !isCount(wastedBytes)) return undefined
  return { month, linkBytes, baseBytes, wastedBytes }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function emptyAccount(month: string): Account {
  return { month, linkBytes: 0, baseBytes: 0, wastedBytes: 0 }
}

function monthOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7)
}
