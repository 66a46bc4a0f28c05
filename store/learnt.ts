// What a proxy has learnt and wants back after a restart: restored once, noted every so often and at the end.
// Knows: notes in the store. Does not know: what is learnt; each kind says what of it may be written down.
import type { KeptVersions } from './kept-versions.ts'

export interface Learnt {
  readonly kind: string
  /** Plain data. */
  readonly entries: () => readonly unknown[]
  /** Must put up with entries of another version of the program. */
  readonly restore: (entries: readonly unknown[], notedAt: number) => void
}

// What a kill may cost of it.
const NOTE_MS = 30_000

export class LearntKeeper {
  readonly #kept: KeptVersions
  readonly #kinds: readonly Learnt[]
  readonly #written = new Map<string, string>()
  readonly #timer: NodeJS.Timeout

  /** Restores all kinds at once. */
  constructor(kept: KeptVersions, kinds: readonly Learnt[]) {
    this.#kept = kept
    this.#kinds = kinds
    for (const { kind, restore } of kinds) {
      for (const { text, at } of kept.notes(kind)) restore(parse(text), at)
    }
    this.#timer = setInterval(() => this.note(), NOTE_MS).unref()
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

function parse(text: string): readonly unknown[] {
  try {
    const entries: unknown = JSON.parse(text)
    return Array.isArray(entries) ? entries : []
  } catch {
    return []
  }
}
