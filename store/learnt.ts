// What a proxy has learnt and wants back after a restart: restored once, noted every so often and at the end.
// With a shared tier it is what the fars of all machines have learnt: each adds what it knows, and takes what it does not.
// Knows: notes in the store. Does not know: what is learnt; each kind says what of it may be written down.
import { readEntries } from '../shared/learnt-entries.ts'
import { sharedNames } from '../shared/store/shared-names.ts'
import type { KeptVersions } from './kept-versions.ts'
import type { SharedTier } from './shared-tier.ts'

export interface Learnt {
  readonly kind: string
  /** Plain data. */
  readonly entries: () => readonly unknown[]
  /** Must put up with entries of another version of the program. */
  readonly restore: (entries: readonly unknown[], notedAt: number) => void
}

// What a kill may cost of it.
const NOTE_MS = 30_000
// A first connection may still be on its way.
const SHARED_MS = 2000

export class LearntKeeper {
  readonly #kept: KeptVersions
  readonly #kinds: readonly Learnt[]
  readonly #shared: SharedTier | undefined
  readonly #written = new Map<string, string>()
  readonly #timer: NodeJS.Timeout

  /** Restores all kinds at once. */
  constructor(kept: KeptVersions, kinds: readonly Learnt[], shared?: SharedTier) {
    this.#kept = kept
    this.#kinds = kinds
    this.#shared = shared
    for (const { kind, restore } of kinds) {
      for (const { text, at } of kept.notes(kind)) restore(readEntries(text), at)
    }
    this.#timer = setInterval(() => {
      this.note()
      void this.exchange()
    }, NOTE_MS).unref()
  }

  /** Takes what other machines have learnt, and gives them all that is known then. Never fails. */
  async exchange(): Promise<void> {
    const shared = this.#shared
    if (!shared) return
    for (const { kind, entries, restore } of this.#kinds) {
      const name = sharedNames.note(kind)
      await shared.read(async () => {
        const text = await shared.get(name)
        if (text !== null) restore(readEntries(text), 0)
        await shared.set(name, JSON.stringify(entries()))
        return true
      }, SHARED_MS)
    }
  }

  /** Notes what has changed. */
  note(): void {
    for (const { kind, entries } of this.#kinds) {
      const text = JSON.stringify(entries())
      if (text === (this.#written.get(kind) ?? '[]')) continue
      this.#written.set(kind, text)
      this.#kept.note(kind, '', text)
    }
  }

  /** Before the store is closed. */
  close(): void {
    clearInterval(this.#timer)
    this.note()
  }
}
